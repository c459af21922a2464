"""Where speech begins and ends: counted in samples, so these need neither sound nor clock."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from pipeline.listen.segmenter import (
    FalseOnset,
    Onset,
    Paused,
    Resumed,
    Segment,
    Segmenter,
    SegmenterSettings,
    Speech,
    SpeechStarted,
)
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK
from pipeline.types import AudioChunk, Samples, read_only

STEP = BLOCK / RATE  # 0.032 s

SETTINGS = SegmenterSettings(min_speech=0.09, end_silence=0.3, pre_roll=0.064, tail=0.064)


class Probabilities:
    """A voice activity model that says what it is told to, block by block; silence after that."""

    def __init__(self, *values: float) -> None:
        self._values = list(values)
        self.resets = 0

    def probability(self, block: Samples) -> float:
        assert block.shape == (BLOCK,)
        return self._values.pop(0) if self._values else 0.0

    def reset(self) -> None:
        self.resets += 1


def sound(blocks: float, start: float = 0.0, *, first: int = 0) -> AudioChunk:
    """Samples that count up from `first`, so that each can be recognised."""
    count = round(blocks * BLOCK)
    return AudioChunk(start, read_only((np.arange(first, first + count) % 30_000).astype(np.int16)), RATE)


def all_heard(*probabilities: float, settings: SegmenterSettings = SETTINGS, suspicions: bool = False) -> list[Speech]:
    segmenter = Segmenter(Probabilities(*probabilities), settings)
    items = [*segmenter.feed(sound(len(probabilities))), *segmenter.finish()]
    return items if suspicions else certain(items)


def certain(items: Iterable[Speech]) -> list[Speech]:
    """Without what is only suspected."""
    return [item for item in items if not isinstance(item, Onset | FalseOnset)]


def ends(items: Iterable[Speech]) -> list[SpeechStarted | Segment]:
    """Where speech begins and ends, whatever pauses are in it."""
    return [item for item in items if isinstance(item, SpeechStarted | Segment)]


def heard(*probabilities: float, settings: SegmenterSettings = SETTINGS) -> list[SpeechStarted | Segment]:
    return ends(all_heard(*probabilities, settings=settings))


def test_silence_holds_nothing() -> None:
    assert heard(*[0.1] * 100) == []


def test_a_click_is_no_speech() -> None:
    assert heard(0.0, 0.9, 0.9, 0.0, 0.9, 0.0, *[0.0] * 20) == []


def test_speech_is_dated_from_its_first_to_its_last_voiced_block() -> None:
    started, segment = heard(*[0.0] * 10, *[0.9] * 20, *[0.0] * 20)
    assert started.t == pytest.approx(10 * STEP)
    assert isinstance(segment, Segment)
    assert segment.t_start == pytest.approx(10 * STEP)
    assert segment.t_end == pytest.approx(30 * STEP)


def test_pre_roll_and_tail_are_kept_around_it() -> None:
    _, segment = heard(*[0.0] * 10, *[0.9] * 20, *[0.0] * 20)
    assert isinstance(segment, Segment)
    assert segment.samples[0] == 8 * BLOCK
    assert len(segment.samples) == (2 + 20 + 2) * BLOCK


def test_speech_that_has_begun_goes_on_at_a_lower_probability() -> None:
    _, segment = heard(*[0.9] * 5, *[0.4] * 10, *[0.0] * 20)
    assert isinstance(segment, Segment)
    assert segment.t_end == pytest.approx(15 * STEP)


def test_a_pause_shorter_than_the_end_silence_does_not_end_it() -> None:
    pause = [0.0] * 8  # 0.256 s
    assert len(heard(*[0.9] * 5, *pause, *[0.9] * 5, *[0.0] * 20)) == 2


def test_the_segment_comes_as_soon_as_the_end_silence_has_passed() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 10), SETTINGS)
    assert len(ends(segmenter.feed(sound(10 + 9)))) == 1
    assert len(ends(segmenter.feed(sound(1, 19 * STEP)))) == 1


def test_the_end_of_the_sound_ends_the_utterance() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 11), SETTINGS)
    list(segmenter.feed(sound(10.5)))
    (segment,) = segmenter.finish()
    assert isinstance(segment, Segment)
    assert segment.t_end == pytest.approx(10.5 * STEP)
    assert len(segment.samples) == 10.5 * BLOCK


def test_chunks_of_any_size_give_the_same() -> None:
    probabilities = [*[0.0] * 10, *[0.9] * 20, *[0.0] * 20]
    whole = heard(*probabilities)
    segmenter = Segmenter(Probabilities(*probabilities), SETTINGS)
    pieces: list[SpeechStarted | Segment] = []
    for n in range(0, 50 * BLOCK, 700):
        count = min(700, 50 * BLOCK - n)
        pieces += ends(segmenter.feed(sound(count / BLOCK, n / RATE, first=n)))
    pieces += ends(segmenter.finish())
    assert [type(item) for item in pieces] == [type(item) for item in whole]
    first, second = pieces[-1], whole[-1]
    assert isinstance(first, Segment)
    assert isinstance(second, Segment)
    assert (first.t_start, first.t_end) == pytest.approx((second.t_start, second.t_end))
    assert np.array_equal(first.samples, second.samples)


def test_a_gap_in_the_sound_ends_the_utterance_where_the_sound_stopped() -> None:
    vad = Probabilities(*[0.9] * 10, *[0.0] * 5, *[0.9] * 10)
    segmenter = Segmenter(vad, SETTINGS)
    first = ends(segmenter.feed(sound(10)))
    second = ends([*segmenter.feed(sound(15, 2.0)), *segmenter.finish()])
    assert [type(item) for item in (*first, *second)] == [SpeechStarted, Segment, SpeechStarted, Segment]
    assert isinstance(second[0], Segment)
    assert second[0].t_end == pytest.approx(10 * STEP)
    assert second[1].t == pytest.approx(2.0 + 5 * STEP)
    assert vad.resets == 2


def test_words_right_after_an_end_lose_nothing() -> None:
    end = [0.0] * 10
    _, first, _, second = heard(*[0.9] * 5, *end, *[0.9] * 5, *[0.0] * 20)
    assert isinstance(first, Segment)
    assert isinstance(second, Segment)
    assert second.samples[0] == 13 * BLOCK
    assert second.t_start == pytest.approx(15 * STEP)


def test_speech_that_never_ends_is_cut_at_its_quietest_place_and_loses_nothing() -> None:
    settings = SegmenterSettings(min_speech=0.09, max_segment=8.0, pre_roll=0.064, tail=0.064)
    probabilities = [0.9] * 600
    probabilities[200] = 0.5
    items = heard(*probabilities, settings=settings)
    segments = [item for item in items if isinstance(item, Segment)]
    assert len(segments[0].samples) == 200 * BLOCK
    assert sum(len(segment.samples) for segment in segments) == 600 * BLOCK
    assert [type(item) for item in items] == [SpeechStarted, Segment] * len(segments)
    assert all(len(segment.samples) <= settings.max_segment * RATE for segment in segments)


def test_speech_that_ends_just_before_it_would_be_cut_is_one_utterance() -> None:
    settings = SegmenterSettings(min_speech=0.09, max_segment=8.0)
    items = heard(*[0.9] * 240, *[0.0] * 60, settings=settings)
    assert [type(item) for item in items] == [SpeechStarted, Segment]
    assert isinstance(items[1], Segment)
    assert items[1].t_end == pytest.approx(240 * STEP)


# Onsets.


def test_the_first_speech_is_an_onset_and_a_click_a_false_one() -> None:
    segmenter = Segmenter(Probabilities(0.0, 0.9, 0.9, 0.9, 0.9), SETTINGS)
    onset, started = segmenter.feed(sound(5))
    assert isinstance(onset, Onset)
    assert isinstance(started, SpeechStarted)
    assert onset.t == pytest.approx(2 * STEP)
    assert started.t == pytest.approx(1 * STEP)
    segmenter = Segmenter(Probabilities(0.0, 0.9, 0.9, 0.0), SETTINGS)
    assert [type(item) for item in segmenter.feed(sound(7))] == [Onset, FalseOnset]


def test_an_onset_with_a_gap_in_it_is_still_the_same() -> None:
    segmenter = Segmenter(Probabilities(0.9, 0.9, 0.0, 0.9, 0.9, 0.9), SETTINGS)
    assert [type(item) for item in segmenter.feed(sound(6))] == [Onset, SpeechStarted]


def test_a_noise_that_hints_at_speech_for_long_is_none() -> None:
    kinds = [type(item) for item in all_heard(*[0.3] * 100, suspicions=True)]
    assert kinds == [Onset, FalseOnset]


def test_it_is_known_whether_something_has_begun_behind_a_cut_too() -> None:
    settings = SegmenterSettings(min_speech=0.09, end_silence=0.3, max_segment=8.0)
    speech = [*[0.0] * 5, 0.3, *[0.0] * 10, *[0.9] * 200, 0.5, *[0.9] * 69, *[0.0] * 20]
    segmenter = Segmenter(Probabilities(*speech), settings)
    begun = []
    for n in range(len(speech)):
        list(segmenter.feed(sound(1, n * STEP)))
        begun.append(segmenter.begun)
    silent = 10  # blocks that end it
    assert begun == [*[False] * 5, *[True] * 4, *[False] * 7, *[True] * (270 + silent - 1), *[False] * (21 - silent)]


# Pauses.


def test_the_first_short_silence_is_a_pause_with_all_that_was_said_so_far() -> None:
    started, paused, segment = all_heard(*[0.9] * 10, *[0.0] * 20)
    assert isinstance(started, SpeechStarted)
    assert isinstance(paused, Paused)
    assert isinstance(segment, Segment)
    assert paused.segment.t_end == segment.t_end
    assert len(paused.segment.samples) == (10 + 1) * BLOCK


def pauses(*probabilities: float, start: float = 0.0, hum: int = 1) -> list[tuple[int, type[Paused | Resumed]]]:
    """After which blocks there was a pause or speech went on; where nobody speaks there is `hum` times as much sound
    as in the first block of all, which is the floor.
    """
    segmenter = Segmenter(Probabilities(*probabilities), SETTINGS)
    found = []
    for n, probability in enumerate(probabilities):
        steps = np.arange(BLOCK) * (1 if n == 0 else 9 if probability > 0.5 else hum)
        chunk = AudioChunk(start + n * STEP, read_only(steps.astype(np.int16)), RATE)
        found += [(n, type(item)) for item in segmenter.feed(chunk) if isinstance(item, Paused | Resumed)]
    return found


@pytest.mark.parametrize("start", [0.0, 0.7, 12.345, 100.01, 1234.567, 98765.4])
def test_a_pause_takes_two_blocks_and_one_that_is_as_quiet_as_the_room(start: float) -> None:
    silence = [*[0.9] * 10, *[0.0] * 5]
    assert pauses(*silence, start=start, hum=3) == [(11, Paused)]
    assert pauses(*silence, start=start) == [(10, Paused)]


def test_what_sounds_behind_one_quiet_block_is_the_end_of_a_consonant_and_belongs_to_the_words() -> None:
    assert pauses(*[0.9] * 10, 0.0, 0.9, *[0.0] * 5) == [(10, Paused), (11, Resumed), (12, Paused)]
    assert pauses(*[0.9] * 10, *[0.0] * 2, 0.9, *[0.0] * 5) == [(10, Paused)]  # a breath


def test_speech_that_goes_on_ends_the_pause_and_a_breath_does_not() -> None:
    kinds = [type(item) for item in all_heard(*[0.9] * 5, *[0.0] * 5, *[0.9] * 5, *[0.0] * 20)]
    assert kinds == [SpeechStarted, Paused, Resumed, Paused, Segment]
    kinds = [type(item) for item in all_heard(*[0.9] * 5, *[0.0] * 5, *[0.9] * 2, *[0.0] * 20)]
    assert kinds == [SpeechStarted, Paused, Segment]


@pytest.mark.parametrize(("seconds", "blocks"), [(0.2, 7), (0.9, 29)])
def test_whoever_knows_better_decides_how_long_this_pause_may_last(seconds: float, blocks: int) -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 10), SETTINGS)
    _, paused = certain(segmenter.feed(sound(13)))
    assert isinstance(paused, Paused)
    segmenter.wait(paused, seconds)
    assert ends(segmenter.feed(sound(blocks - 4, 13 * STEP))) == []
    assert len(ends(segmenter.feed(sound(1, (9 + blocks) * STEP)))) == 1


def test_what_was_decided_about_one_pause_does_not_hold_for_the_next() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 5, *[0.0] * 3, *[0.9] * 5), SETTINGS)
    _, paused = certain(segmenter.feed(sound(8)))
    assert isinstance(paused, Paused)
    segmenter.wait(paused, 5.0)
    assert len(ends(segmenter.feed(sound(5 + 10, 8 * STEP)))) == 1


def test_whoever_hurries_it_ends_it_with_the_next_block() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 20), SETTINGS)
    list(segmenter.feed(sound(10)))
    segmenter.hurry()
    (segment,) = segmenter.feed(sound(1, 10 * STEP))
    assert isinstance(segment, Segment)
    assert len(segment.samples) == 11 * BLOCK


def test_whoever_hurries_it_in_a_pause_is_not_made_to_wait_by_what_is_decided_then() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 10), SETTINGS)
    _, paused = certain(segmenter.feed(sound(13)))
    assert isinstance(paused, Paused)
    segmenter.hurry()
    segmenter.wait(paused, 1.0)
    assert len(ends(segmenter.feed(sound(1, 13 * STEP)))) == 1


def test_what_is_forgotten_is_in_no_segment_and_what_follows_begins_anew() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 30), SETTINGS)
    list(segmenter.feed(sound(20)))
    (started,) = certain(segmenter.forget(15 * STEP))
    assert isinstance(started, SpeechStarted)
    assert started.t == pytest.approx(15 * STEP)
    _, segment = segmenter.feed(sound(30, 20 * STEP, first=20 * BLOCK))
    assert isinstance(segment, Segment)
    assert segment.samples[0] == 15 * BLOCK


def test_what_little_is_left_of_what_was_forgotten_is_no_speech() -> None:
    segmenter = Segmenter(Probabilities(*[0.9] * 20), SETTINGS)
    list(segmenter.feed(sound(20)))
    assert certain(segmenter.forget(19 * STEP)) == []
    assert certain(segmenter.feed(sound(30, 20 * STEP))) == []
