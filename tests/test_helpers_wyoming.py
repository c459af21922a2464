"""Hearing and voice by real Wyoming servers on loopback, and by what does not keep to the protocol."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soxr

from glasses import config as configuration
from glasses import egress
from glasses.models import Models
from glasses.replaying import CostsName, Replayed, replay
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.ask.reach import Reach
from pipeline.ask.sent import Sent
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.errors import GlassesError
from pipeline.events import EventLog, to_line
from pipeline.helpers.addresses import Helping, open_hearing, open_voice
from pipeline.helpers.helped import Helpers
from pipeline.helpers.helper import HelperLost
from pipeline.helpers.loudness import Meter
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.speak.voice import LocalVoice
from pipeline.types import Event, Samples
from tests import helper_servers
from tests.helper_servers import HANG, Process, Rude
from tests.timeline import Scripted

SIGN = Path(__file__).parents[1] / "recordings" / "shop-sign"
QUESTION = "What time does it close on Saturday?"
TOLD = "I can't reach my helper, so I go on without it."
WORDS = "What time does it close?"
TONE = (8000 * np.sin(np.arange(RATE) * 0.4)).astype(np.int16)


@pytest.fixture(scope="module")
def whisper() -> Iterator[Process]:
    with helper_servers.whisper() as server:
        yield server


@pytest.fixture(scope="module")
def piper() -> Iterator[Process]:
    with helper_servers.piper() as server:
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own: what is sent is written down there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are waited for, on a machine that has much else to do."""
    _patience(monkeypatch, 30.0)


@pytest.fixture
def quickly(unhurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long."""
    _patience(monkeypatch, 0.3)


def _patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for name in ("helper.PATIENCE", "wyoming.PATIENCE", "wyoming.CONNECT"):
        monkeypatch.setattr(f"pipeline.helpers.{name}", seconds)


def heard(
    address: str, samples: Samples, *, language: str | None = "en", sent: Callable[[Sent], None] | None = None
) -> Transcript:
    async def main(clock: Clock) -> Transcript:
        return await open_hearing(address, Helping(clock, "machine", on_sent=sent), language).transcribe(samples)

    return clocks.run(main, virtual=True)


def said(address: str, words: str = WORDS, *, sent: Callable[[Sent], None] | None = None) -> tuple[list[Samples], int]:
    async def main(clock: Clock) -> tuple[list[Samples], int]:
        voice = open_voice(address, Helping(clock, "machine", on_sent=sent))
        pieces = [piece async for piece in voice.speak(words, 1.0)]
        return [piece.samples for piece in pieces], pieces[0].rate

    return clocks.run(main, virtual=True)


def there(address: str) -> bool:
    async def main(clock: Clock) -> bool:
        return await open_hearing(address, Helping(clock, "machine"), "en").warm()

    return clocks.run(main, virtual=True)


def session(
    subscriber: Callable[[Event], None] = lambda event: None,
    answer: str = "It says open.",
    *,
    recording: Path = SIGN,
    costs: CostsName = "fixed",
    out: Path | None = None,
    **settings: object,
) -> Replayed:
    """The log of a recorded question that gets this answer, heard and spoken with the help in `settings`."""
    keys = {name.replace("_", ".", 1): value for name, value in settings.items()}
    config = configuration.defaults({"listen.model": "tiny", **keys})
    mind = Scripted(answer).on
    return replay(recording, config, models(), costs=costs, backend=mind, out=out, subscribers=[subscriber])


@cache
def models() -> Models:
    return Models(configuration.defaults({"listen.model": "tiny"}))


# Servers that are there.


def test_what_the_voice_says_the_recogniser_understands(whisper: Process, piper: Process) -> None:
    pieces, rate = said(f"{piper.address}#en_US-joe-medium")
    assert rate == 22_050
    assert len(pieces) > 3
    assert heard(whisper.address, soxr.resample(np.concatenate(pieces), rate, RATE)).text == WORDS


def test_pieces_are_as_long_as_those_of_our_own_voices(piper: Process) -> None:
    pieces, rate = said(piper.address)
    assert all(0.3 < len(samples) / rate < 0.5 for samples in pieces[:-1])


def test_a_voice_of_a_server_is_as_loud_as_our_own(piper: Process) -> None:
    clauses = ("It says open.", "The shop closes at two in the afternoon.", "I see two cups and a spoon on a table.")

    async def main(clock: Clock) -> tuple[Samples, Samples]:
        ours = LocalVoice(clock, models().voice)
        helpers = Helpers(clock, EventLog(clock), voice=open_voice(piper.address, Helping(clock, "machine")))
        theirs = helpers.voice(ours)
        said = [
            np.concatenate([piece for clause in clauses async for piece in voice.speak(clause, 1.0)])
            for voice in (ours, theirs)
        ]
        await helpers.close()
        return said[0], said[1]

    ours, theirs = clocks.run(main, virtual=True)
    rate = models().voice.rate
    assert Meter(rate).after(theirs) == pytest.approx(Meter(rate).after(ours), abs=1.0)


def test_what_is_no_speech_is_not_believed(whisper: Process) -> None:
    assert heard(whisper.address, np.zeros(RATE, np.int16)).text == ""


def test_a_server_says_that_it_is_there(whisper: Process, piper: Process) -> None:
    assert there(whisper.address)
    assert there(piper.address)


def test_a_voice_that_the_server_does_not_have_is_the_server_s_error(piper: Process) -> None:
    with pytest.raises(HelperLost, match=r"#nobody: .*; see the server's log"):
        said(f"{piper.address}#nobody")


def test_each_request_is_known_with_its_size_before_it_leaves(whisper: Process, piper: Process) -> None:
    sent: list[Sent] = []
    said(piper.address, "Yes.", sent=sent.append)
    heard(whisper.address, TONE, sent=sent.append)
    assert [(one.what, one.size, one.host) for one in sent] == [
        ("words", 4, "127.0.0.1"),
        ("sound", 2 * RATE, "127.0.0.1"),
    ]


def test_a_question_is_heard_and_answered_with_both_and_in_the_same_way_each_time(
    whisper: Process, piper: Process
) -> None:
    first, second = (session(listen_helper=whisper.address, speak_helper=piper.address) for _ in range(2))
    assert first.heard == [QUESTION]
    assert first.answers == ["It says open."]
    stages = {event.data["stage"] for event in first.of("span")}
    assert {"helper.transcribe", "helper.synthesise", "helper.sound"} <= stages
    assert not {"transcribe", "synthesise"} & stages
    assert [event.data["what"] for event in first.of("sent")] == ["sound", "words"]
    assert [entry.what for entry in egress.read()] == ["sound", "words"] * 2
    assert [*map(to_line, first.events)] == [*map(to_line, second.events)]


def test_a_session_with_helpers_is_replayed_without_them_in_the_time_that_they_took(
    whisper: Process, piper: Process, tmp_path: Path
) -> None:
    folder = shutil.copytree(SIGN, tmp_path / "shop-sign", ignore=shutil.ignore_patterns("events.jsonl"))
    session(listen_helper=whisper.address, speak_helper=piper.address, recording=folder, out=folder)
    again = session(listen_helper=whisper.address, speak_helper=piper.address, recording=folder, costs="recorded")
    assert again.answers == ["It says open."]
    assert again.of("sent") == []
    took = {event.data["stage"]: event.data["seconds"] for event in again.of("span")}
    assert took["transcribe"] == pytest.approx(Config().costs["helper.transcribe"])
    assert took["synthesise"] == pytest.approx(Config().costs["helper.synthesise"])


# Servers that come and go.


def test_helpers_killed_in_the_middle_of_a_turn_and_restarted_are_back_afterwards(
    whisper: Process, piper: Process
) -> None:
    answer = "It is red. It is round. " + "It is heavy, or so it seems to me, and it smells of nothing. " * 6

    def pull_the_plug(event: Event) -> None:
        if event.kind == "speech.started":
            whisper.kill()
        elif event.kind == "speaking" and event.turn:
            piper.kill()
        elif event.kind == "helper.lost":
            (whisper if event.data["helper"] == "hearing helper" else piper).start()

    result = session(pull_the_plug, answer.strip(), listen_helper=whisper.address, speak_helper=piper.address)
    assert result.heard == [QUESTION]
    assert result.answers == [answer.strip(), TOLD]
    assert [event.data["helper"] for event in result.of("helper.lost")] == ["hearing helper", "voice helper"]
    assert [event.data["helper"] for event in result.of("helper.back")] == ["voice helper"]


def test_with_nobody_there_everything_is_done_here_and_told_once() -> None:
    nobody = Process("nobody").address
    result = session(listen_helper=nobody, speak_helper=nobody)
    assert result.heard == [QUESTION]
    assert result.answers == ["It says open.", TOLD]
    assert [event.data["helper"] for event in result.of("helper.lost")] == ["hearing helper", "voice helper"]
    assert "nothing listens there" in result.of("helper.lost")[0].data["what"]


# What does not keep to the protocol.


def line(kind: str, data: object = None, payload: bytes = b"", **more: object) -> bytes:
    header = {"type": kind, "data": data or {}, **({"payload_length": len(payload)} if payload else {}), **more}
    return json.dumps(header).encode() + b"\n" + payload


SOUND = {"rate": 16_000, "width": 2, "channels": 1}

WRONG = {
    "it hangs up": ((), "hung up"),
    "it hangs": ((HANG,), "nothing came within"),
    "it speaks HTTP": ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), "hung up, or what it said is no Wyoming"),
    "its line never ends": ((b"x" * 200_000, HANG), "no Wyoming"),
    "it sends noise": ((bytes(range(256)) * 50,), "no Wyoming"),
    "a line is no event": ((b"[1, 2]\n",), "no Wyoming"),
    "a line is a number": ((b"7\n",), "no Wyoming"),
    "it nests without end": ((b"[" * 50_000 + b"\n",), "no Wyoming"),
    "an event has no type": ((b"{}\n",), "no Wyoming"),
    "it is cut in an event": ((line("audio-chunk", SOUND, b"\0" * 64)[:-10],), "the connection broke"),
    "an event is too big": ((line("audio-chunk", SOUND, payload_length=10**12),), "no Wyoming"),
    "it says what is wrong": ((line("error", {"text": "no model\nis loaded"}),), "no model is loaded"),
    "an error without words": ((line("error"),), "no Wyoming"),
}


@pytest.mark.parametrize(("says", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_a_server_does_wrong_is_one_kind_of_failure_of_hearing(
    says: tuple[bytes, ...], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if says == (HANG,):
        _patience(monkeypatch, 0.3)
    with Rude(*says) as server, pytest.raises(HelperLost, match=why):
        heard(server.address, TONE)


@pytest.mark.parametrize(("says", "why"), WRONG.values(), ids=WRONG.keys())
def test_what_a_server_does_wrong_is_one_kind_of_failure_of_speaking(
    says: tuple[bytes, ...], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if says == (HANG,):
        _patience(monkeypatch, 0.3)
    with Rude(*says) as server, pytest.raises(HelperLost, match=why):
        said(server.address)


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        ({**SOUND, "rate": 0}, b"\0\0"),
        ({**SOUND, "rate": "fast"}, b"\0\0"),
        ({**SOUND, "width": 4}, b"\0\0\0\0"),
        ({**SOUND, "channels": 0}, b"\0\0"),
        (SOUND, b"\0\0\0"),
        ({}, b"\0\0"),
    ],
)
def test_sound_that_can_not_be_played_is_a_failure(data: object, payload: bytes) -> None:
    with Rude(line("audio-chunk", data, payload)) as server, pytest.raises(HelperLost, match="no Wyoming"):
        said(server.address)


def test_of_two_channels_the_first_is_heard() -> None:
    both = np.repeat(TONE[:6000], 2)
    both[1::2] = 0
    says = line("audio-chunk", {**SOUND, "channels": 2}, both.tobytes()) + line("audio-stop")
    with Rude(says) as server:
        pieces, rate = said(server.address)
    assert rate == 16_000
    assert np.array_equal(np.concatenate(pieces), TONE[:6000])


@pytest.mark.parametrize(("set_to", "told", "language"), [("de", None, "de"), (None, "de_CH", "de"), (None, None, "")])
def test_the_language_is_the_one_that_is_set_or_told_or_not_known(
    set_to: str | None, told: str | None, language: str
) -> None:
    with Rude(line("transcript", {"text": "Und das?", "language": told})) as server:
        assert heard(server.address, TONE, language=set_to).language == language


def test_words_that_are_no_text_are_a_failure() -> None:
    with Rude(line("transcript", {"words": 3})) as server, pytest.raises(HelperLost, match="no Wyoming"):
        heard(server.address, TONE)


def test_other_events_before_the_words_are_passed_over() -> None:
    says = line("info") + line("transcript-start") + line("transcript", {"text": "And that?", "language": "de"})
    with Rude(says) as server:
        words = heard(server.address, TONE, language=None)
    assert (words.text, words.language) == ("And that?", "de")
    assert 0.6 < words.confidence < 0.8


@pytest.mark.parametrize("text", ["Thank you.", "you you you you you", "", "..."])
def test_what_whisper_invents_is_not_believed_of_a_helper_either(text: str) -> None:
    with Rude(line("transcript", {"text": text})) as server:
        assert heard(server.address, TONE).text == ""


def test_a_server_that_answers_late_but_in_time_is_waited_for() -> None:
    with Rude(0.5, line("transcript", {"text": "And that?"})) as server:
        assert heard(server.address, TONE).text == "And that?"


def test_one_that_is_rude_is_not_there(quickly: None) -> None:
    with Rude(b"hello\n") as rude, Rude(HANG) as silent:
        assert not there(rude.address)
        assert not there(silent.address)


def test_a_network_that_takes_no_packets_is_not_waited_for(quickly: None) -> None:
    with socket.socket() as full, ExitStack() as others:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(2):  # the kernel takes no more, and drops what comes
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        with pytest.raises(HelperLost, match=r"nothing came within 0.3 s; see whether .* the network is slow"):
            heard(f"wyoming://127.0.0.1:{full.getsockname()[1]}", TONE)


def test_a_turn_that_ends_while_a_helper_is_asked_lets_go_of_it() -> None:
    async def main(clock: Clock) -> None:
        voice = open_voice(server.address, Helping(clock, "machine"))
        with pytest.raises(TimeoutError):
            await clock.within(0.05, anext(voice.speak(WORDS, 1.0)))

    with Rude(HANG) as server:
        clocks.run(main, virtual=False)


# Where sound and words may go.


def refused(address: str, limit: Reach) -> str:
    async def main(clock: Clock) -> str:
        with pytest.raises(HelperLost) as failure:
            await open_hearing(address, Helping(clock, limit), "en").transcribe(TONE)
        return str(failure.value)

    return clocks.run(main, virtual=True, costs=fixed({"helper.connect": 0.01}))


def test_a_name_that_leads_farther_than_is_allowed_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a name that is looked up leads anywhere."""
    (there,) = [("192.168.1.7", 10300)]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", there)])
    assert "is lan: what is said would go farther than machine; allow it with --reach lan" in refused(
        "wyoming://desk:10300", "machine"
    )


def test_a_name_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no host is known as 'desk.invalid'" in refused("wyoming://desk.invalid:10300", "machine")


@pytest.mark.parametrize(
    "address",
    ["desk:10300", "wyoming://desk", "wyoming://:10300", "wyoming://desk:port", "wyoming://desk:1/x", "wyoming://[::1"],
)
def test_what_is_no_address_is_said_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(GlassesError, match=r"not an address; write it like wyoming://HOST:10300 or http://"):
        session(listen_helper=address)


def test_a_helper_on_the_local_network_has_to_be_allowed() -> None:
    with pytest.raises(GlassesError, match=r"is lan: what is said would go farther than machine; .* --reach lan"):
        session(listen_helper="wyoming://192.168.1.7:10300")


def test_offline_leaves_it_out_and_says_so_in_the_log() -> None:
    result = session(listen_helper="wyoming://192.168.1.7:10300", ask_reach="machine")
    assert result.heard == [QUESTION]
    assert result.of("sent") == []
    assert "would go farther than machine" in result.of("fault")[0].data["what"]
