"""The cut-off benchmark hears the same to the sample each time, and puts hesitations where it says."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import cutoffs_sounds as sounds
from benchmarks.cutoffs import Row, judge
from benchmarks.cutoffs_fit import Example, fit
from benchmarks.cutoffs_heard import Asked, Case
from pipeline.listen.end_of_turn import Ended, Evidence
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.listen.voice_activity import BLOCK
from pipeline.types import Samples, Word
from tests.timeline import LoudnessVad

BLOCKS = 60


def spoken(*stretches: tuple[int, int]) -> Samples:
    """Two seconds with a tone in these blocks, from and to, and faint noise elsewhere."""
    samples = np.random.default_rng(4).normal(0, 20, BLOCKS * BLOCK)
    for begin, end in stretches:
        samples[begin * BLOCK : end * BLOCK] = 8000 * np.sin(np.arange((end - begin) * BLOCK) / 10)
    return samples.astype(np.int16)


def seconds(blocks: int) -> float:
    return blocks * BLOCK / RATE


def pauses_in(samples: Samples) -> list[sounds.Pause]:
    return sounds.pauses(samples, sounds.chances(samples, LoudnessVad()))


def test_pauses_lie_between_and_behind_what_is_spoken() -> None:
    found = pauses_in(spoken((5, 15), (25, 40)))
    assert [pause.t_last for pause in found] == [seconds(15), seconds(40)]
    assert [pause.length for pause in found] == [seconds(11), math.inf]


def test_a_gap_that_is_over_before_the_decider_has_heard_it_is_no_pause() -> None:
    (last,) = pauses_in(spoken((5, 15), (20, 40)))
    assert last.t_last == seconds(40)


def test_the_decider_gets_a_little_silence_but_nothing_of_what_follows() -> None:
    samples = spoken((5, 15), (25, 40))
    first, _ = pauses_in(samples)
    assert np.array_equal(first.early, samples[: (15 + sounds.EARLY_IF_QUIET) * BLOCK])
    assert np.array_equal(first.sound, samples[: (15 + sounds.LISTENED) * BLOCK])


def test_a_click_behind_an_order_is_no_part_of_it() -> None:
    (only,) = pauses_in(spoken((5, 15), (40, 42)))
    assert only.t_last == seconds(15)


def test_silence_has_no_pauses() -> None:
    assert pauses_in(spoken()) == []


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


def room_tone_in(samples: Samples) -> Samples | None:
    return sounds.room_tone(samples, sounds.chances(samples, LoudnessVad()))


def test_room_tone_is_the_longest_stretch_without_speech() -> None:
    samples = spoken((0, 5), (20, 25))
    tone = room_tone_in(samples)
    assert tone is not None
    assert np.array_equal(tone, samples[27 * BLOCK : (BLOCKS - 2) * BLOCK])


def test_a_recording_without_silence_has_no_room_tone() -> None:
    assert room_tone_in(spoken((0, BLOCKS - 5))) is None


def asked(length: float, confidence: float = 0.8) -> Asked:
    return Asked(1.0, length, Transcript("A coffee.", confidence, "en"), Evidence("closed", confidence, Ended()))


def judged(patience: float) -> Row:
    """Two orders as they were spoken, one with a pause of 0.4 s, and one with a hesitation of 0.9 s."""
    cases = [
        Case("a", "natural", math.inf, (asked(math.inf),)),
        Case("b", "natural", math.inf, (asked(0.4), asked(math.inf))),
        Case("b", "content", 1.0, (asked(0.9), asked(math.inf))),
    ]
    return judge("", "", cases, lambda file, asked: patience, there=0.3)


@pytest.mark.parametrize(("patience", "natural", "content"), [(0.2, 1, 1.0), (0.5, 0, 1.0), (1.0, 0, 0.0)])
def test_who_waits_less_than_a_pause_lasts_cuts_off(patience: float, natural: int, content: float) -> None:
    row = judged(patience)
    assert (row.natural, row.content) == (natural, content)


def test_nothing_is_committed_to_before_the_words_are_there() -> None:
    assert judged(0.0).median == 0.3
    assert judged(0.5).median == 0.5


def test_what_tells_finished_from_unfinished_gets_the_weight() -> None:
    chance = np.random.default_rng(7)
    examples = [
        Example("a", kind, finished, Evidence("closed", 0.9 if finished else 0.6, Ended(chance.uniform(0, 0.1))))
        for finished in (True, False)
        for kind in ("natural", "function", "content")
        for _ in range(30)
    ]
    weights = fit(examples)
    assert weights.log_odds(Evidence("closed", 0.85, Ended(0.05))) > 1
    assert weights.log_odds(Evidence("closed", 0.65, Ended(0.05))) < -1
    *_, confidence, fading = weights.each
    assert confidence > 10 * abs(fading)


def test_it_says_what_it_wants() -> None:
    run = [sys.executable, "-m", "benchmarks.cutoffs", "--speech", "nowhere"]
    done = subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 2
    assert "nowhere: no labels.json there" in done.stderr
