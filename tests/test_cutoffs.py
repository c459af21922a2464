"""The cut-off benchmark hears the same to the sample each time, and puts hesitations where it says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks import cutoffs_sounds as sounds
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK
from pipeline.types import Samples, Word

BLOCKS = 60


@dataclass
class LoudIsSpeech:
    """A detector that needs no model."""

    def probability(self, block: Samples) -> float:
        return float(np.abs(block).max() > 1000)

    def reset(self) -> None:
        pass


def spoken(*stretches: tuple[int, int]) -> Samples:
    """Two seconds with a tone in these blocks, from and to, and faint noise elsewhere."""
    samples = np.random.default_rng(4).normal(0, 20, BLOCKS * BLOCK)
    for begin, end in stretches:
        samples[begin * BLOCK : end * BLOCK] = 8000 * np.sin(np.arange((end - begin) * BLOCK) / 10)
    return samples.astype(np.int16)


def seconds(blocks: int) -> float:
    return blocks * BLOCK / RATE


def test_pauses_lie_between_and_behind_what_is_spoken() -> None:
    found = sounds.pauses(spoken((5, 15), (25, 40)), LoudIsSpeech())
    assert [pause.t_last for pause in found] == [seconds(15), seconds(40)]
    assert [pause.length for pause in found] == [seconds(11), math.inf]


def test_a_gap_that_is_over_before_the_decider_has_heard_it_is_no_pause() -> None:
    (last,) = sounds.pauses(spoken((5, 15), (20, 40)), LoudIsSpeech())
    assert last.t_last == seconds(40)


def test_the_decider_gets_a_little_silence_but_nothing_of_what_follows() -> None:
    samples = spoken((5, 15), (25, 40))
    first, _ = sounds.pauses(samples, LoudIsSpeech())
    assert np.array_equal(first.early, samples[: (15 + sounds.EARLY) * BLOCK])
    assert np.array_equal(first.sound, samples[: (15 + sounds.LISTENED) * BLOCK])


def test_a_click_behind_an_order_is_no_part_of_it() -> None:
    (only,) = sounds.pauses(spoken((5, 15), (40, 42)), LoudIsSpeech())
    assert only.t_last == seconds(15)


def test_silence_has_no_pauses() -> None:
    assert sounds.pauses(spoken(), LoudIsSpeech()) == []


def order() -> tuple[Samples, list[Word]]:
    """ "Get me a large coffee with milk.", a tenth of a second between the words."""
    texts = ["Get", "me", "a", "large", "coffee", "with", "milk."]
    words = [Word(text, 0.1 + n * 0.25, 0.25 + n * 0.25) for n, text in enumerate(texts)]
    samples = np.random.default_rng(4).normal(0, 20, 2 * RATE)
    for word in words:
        samples[round(word.t_start * RATE) : round(word.t_end * RATE)] *= 100
    return samples.astype(np.int16), words


def test_a_hesitation_follows_the_word_that_it_says() -> None:
    samples, words = order()
    tone = spoken()[:RATE]
    clips = list(sounds.hesitations("a.flac", samples, words, tone, each=9))
    assert [(clip.kind, clip.after) for clip in clips] == [
        ("function", "me"),
        ("function", "a"),
        ("function", "with"),
        ("content", "large"),
        ("content", "coffee"),
    ]
    for clip in clips:
        (word,) = (word for word in words if word.text == clip.after)
        assert word.t_end <= clip.cut <= word.t_end + 0.1
        added = len(clip.samples) - len(samples)
        assert 0.3 * RATE <= added <= 1.0 * RATE
        quiet = clip.samples[round(clip.cut * RATE) + 200 :][: added - 400]
        assert np.abs(quiet).max() < 200, "room tone, and no speech"


def test_hesitations_are_the_same_every_time() -> None:
    samples, words = order()
    first, second = ([*sounds.hesitations("a.flac", samples, words, spoken(), each=2)] for _ in range(2))
    assert [clip.samples.tobytes() for clip in first] == [clip.samples.tobytes() for clip in second]


def test_room_tone_is_the_longest_stretch_without_speech() -> None:
    samples = spoken((0, 5), (20, 25))
    tone = sounds.room_tone(samples, LoudIsSpeech())
    assert tone is not None
    assert np.array_equal(tone, samples[27 * BLOCK : (BLOCKS - 2) * BLOCK])


def test_a_recording_without_silence_has_no_room_tone() -> None:
    assert sounds.room_tone(spoken((0, BLOCKS - 5)), LoudIsSpeech()) is None
