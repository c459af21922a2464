"""Wake words: heard once, when they were said, and from nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from benchmarks import hearing_sounds as sounds
from benchmarks import wake_speech as made
from benchmarks.wake_breath import compared
from pipeline.errors import UsageError
from pipeline.listen.transcriber import RATE
from pipeline.listen.wake import WORDS, MicroWakeWord, Woken
from pipeline.listen.wake_ear import Ear, Impression, SecondHearing
from pipeline.types import AudioChunk, Samples
from tests.people import SPEECH, WAKE, needs_flite, needs_speech, needs_wake


@cache
def detector(word: str) -> MicroWakeWord:
    return MicroWakeWord(word)


def alexa(name: str) -> Samples:
    """Somebody's "Alexa", with quiet around it: the microphone was on before."""
    return np.concatenate([made.quiet(1.5), sounds.read(WAKE / f"alexa-{name}.flac"), made.quiet(1.0)])


def woken(word: str, samples: Samples, size: int = 1600, t: float = 0.0) -> list[Woken]:
    """What the detector for `word` makes of `samples` that come in chunks of `size`, the first at `t`."""
    heard = detector(word)
    heard.reset()
    chunks = [AudioChunk(t + n / RATE, samples[n : n + size], RATE) for n in range(0, len(samples), size)]
    return [one for chunk in chunks for one in heard.feed(chunk)]


@needs_wake
@pytest.mark.parametrize("name", ["0", "10", "113", "141", "19"])
def test_people_are_heard_once_and_the_end_of_the_word_is_known(name: str) -> None:
    samples = alexa(name)
    (one,) = woken("alexa", samples)
    end = made.word_ends(samples)
    assert one.word == "alexa"
    assert 0 < one.t - one.t_end < 0.5
    assert end is None or abs(one.t_end - end) < 0.2


@needs_wake
@pytest.mark.parametrize("size", [1, 160, 777, 16_000, 1_000_000])
def test_it_does_not_matter_how_the_sound_is_cut(size: int) -> None:
    samples = alexa("1")
    (expected,), (one,) = woken("alexa", samples), woken("alexa", samples, size)
    assert (one.t, one.t_end) == pytest.approx((expected.t, expected.t_end))


@needs_wake
def test_times_are_those_of_the_sound() -> None:
    samples = alexa("10")
    (early,), (late,) = woken("alexa", samples), woken("alexa", samples, t=3600.0)
    assert late.t - early.t == pytest.approx(3600)
    assert late.t_end - early.t_end == pytest.approx(3600)


@needs_wake
@needs_speech
@pytest.mark.parametrize("name", ["11", "14", "17", "20", "22"])
def test_a_question_right_behind_the_word_keeps_its_first_sound_and_gets_nothing_of_the_word(name: str) -> None:
    word = alexa(name)
    end = made.word_ends(word)
    assert end is not None
    order = sounds.utterances(sounds.read(SPEECH / "0075d273.flac"))[0]
    question = order.samples[round((order.t_start - order.t) * RATE) :]
    pause = 0.06
    (one,) = woken("alexa", np.concatenate([word[: round(end * RATE)], made.quiet(pause), question]))
    assert end - 0.03 < one.t_end < end + pause + 0.03


@needs_wake
@needs_speech
@pytest.mark.parametrize("name", ["0", "136", "145", "150", "159"])
def test_a_word_that_is_unsure_for_the_question_right_behind_it_is_heard_again_without(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = alexa(name)
    end = made.word_ends(word)
    assert end is not None
    order = sounds.utterances(sounds.read(SPEECH / "0075d273.flac"))[0]
    question = order.samples[round((order.t_start - order.t) * RATE) :]
    samples = np.concatenate([word[: round(end * RATE)], made.quiet(0.06), question])
    (one,) = woken("alexa", samples)
    assert one.t_end == pytest.approx(end, abs=0.15)
    assert one.t - end < 0.3
    monkeypatch.setattr(SecondHearing, "sure", lambda self, sound: False)
    assert woken("alexa", samples) == []


@needs_flite
@pytest.mark.parametrize("words", ["The election is over.", "We can relax a bit.", "They went to Alaska."])
def test_what_sounds_a_little_like_the_word_is_not_it(words: str) -> None:
    voices = [voice for voice in made.voices() if voice.family == "flite"]
    assert [woken("alexa", made.placed(voice.say(words), "near")) for voice in voices] == [[] for _ in voices]


@needs_wake
def test_five_wakes_in_a_row_are_five() -> None:
    samples = np.concatenate([alexa("104")] * 5)
    times = [one.t for one in woken("alexa", samples)]
    assert len(times) == 5
    assert [b - a for a, b in pairwise(times)] == pytest.approx([len(samples) / RATE / 5] * 4, abs=0.1)


@needs_wake
@pytest.mark.parametrize("name", ["0", "10", "113", "141", "19"])
def test_after_a_minute_of_quiet_the_word_is_heard_as_ever_though_nobody_listened(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (expected,) = woken("alexa", alexa(name))
    heard, hear = [], Ear.hear

    def counted(ear: Ear, piece: Samples) -> Iterator[Impression]:
        heard.append(len(piece))
        return hear(ear, piece)

    monkeypatch.setattr(Ear, "hear", counted)
    (one,) = woken("alexa", np.concatenate([made.quiet(60.0), alexa(name)]))
    assert one.t - 60 == pytest.approx(expected.t, abs=0.06)
    assert one.t_end - 60 == pytest.approx(expected.t_end, abs=0.06)
    assert sum(heard) < 4 * 10 * RATE  # of four ears, and of more than a minute


@needs_wake
def test_a_gap_within_the_word_makes_it_none() -> None:
    samples = alexa("10")
    (one,) = woken("alexa", samples)
    middle = round((one.t_end - 0.3) * RATE)
    heard = detector("alexa")
    heard.reset()
    parts = AudioChunk(0.0, samples[:middle], RATE), AudioChunk(middle / RATE + 5, samples[middle:], RATE)
    assert [found for part in parts for found in heard.feed(part)] == []


@needs_wake
def test_a_word_after_a_gap_is_heard_at_its_time() -> None:
    samples = alexa("10")
    (one,) = woken("alexa", samples)
    heard = detector("alexa")
    heard.reset()
    parts = AudioChunk(0.0, made.quiet(3.0), RATE), AudioChunk(60.0, samples, RATE)
    (after,) = [found for part in parts for found in heard.feed(part)]
    assert after.t == pytest.approx(60 + one.t)


@needs_wake
@needs_speech
def test_a_word_behind_other_speech_is_heard() -> None:
    talk = sounds.read(sorted(SPEECH.glob("*.flac"))[0])
    samples = np.concatenate([made.quiet(1.0), talk, alexa("10")[RATE:]])
    (one,) = woken("alexa", samples)
    assert one.t > 1 + len(talk) / RATE


@needs_speech
@pytest.mark.parametrize("word", WORDS)
def test_a_kitchen_says_nothing(word: str) -> None:
    assert woken(word, sounds.read(SPEECH / sounds.NOISE)[: 60 * RATE]) == []


@needs_flite
@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_heard_by_its_own_detector_only(word: str) -> None:
    voice = next(voice for voice in made.voices() if voice.name == "rms 1.0")
    samples = made.placed(voice.say(made.SPOKEN[word]), "near")
    assert [one.word for other in WORDS for one in woken(other, samples)] == [word]


def test_an_unknown_word_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="'computer' is not known; choose one of okay_nabu, hey_jarvis, hey_mycroft, "):
        MicroWakeWord("computer")


def test_what_is_left_of_the_word_and_what_is_lost_of_the_question_is_told_apart() -> None:
    question = "Is the light green?"
    assert compared("is the light green", question) == (False, False)
    assert compared("Xa, is the light green?", question) == (True, False)
    assert compared("The light green.", question) == (False, True)
    assert compared("Its the light green.", question) == (False, False)  # misheard
    assert compared("", question) == (False, False)
