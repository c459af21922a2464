"""A card's samples in the session's time, with plain numbers: hours of drift, jitter and loss in no time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from devices.sound_clock import CHUNK, JUMP, RATE, Bent, SoundClock, Steered
from pipeline.listen.segmenter import GAP
from pipeline.types import AudioChunk, Samples

BLOCK = 0.02


@dataclass
class Card:
    """A sound card whose clock is off by `ppm`, whose callbacks come late at random, and sometimes very late."""

    rate: int = 16_000
    ppm: float = 0.0
    jitter: float = 0.005
    hiccups: float = 0.0  # of the callbacks, that are late by up to 0.3 s, and those behind them with them
    seed: int = 1

    def callbacks(
        self, seconds: float, *, t: float = 0.0, position: int = 0
    ) -> Iterator[tuple[float, int, int, float]]:
        """Arrival, position at its end, samples, and the true time of the last of them."""
        dice, samples = random.Random(self.seed), round(BLOCK * self.rate)
        true_rate, last = self.rate * (1 + self.ppm * 1e-6), 0.0
        for n in range(1, round(seconds / BLOCK) + 1):
            true = t + n * samples / true_rate
            late = dice.random() * self.jitter + (dice.random() * 0.3 if dice.random() < self.hiccups else 0.0)
            last = max(last, true + late)
            yield last, position + n * samples, samples, true


@pytest.mark.parametrize("ppm", [100, -100, 0, 1000])
@pytest.mark.parametrize("hiccups", [0.0, 0.02])
def test_hours_of_a_drifting_card_stay_within_milliseconds(ppm: float, hiccups: float) -> None:
    clock, worst = SoundClock(16_000), 0.0
    gaps = 0
    for arrival, position, samples, true in Card(ppm=ppm, hiccups=hiccups).callbacks(3600 * 2.5):
        verdict = clock.arrived(arrival, position, samples)
        gaps += verdict == "gap"
        if gaps:
            worst = max(worst, abs(clock.time(position) - true))
    assert gaps == 1  # the beginning
    assert worst < 0.008


def test_a_backlog_delivered_at_once_is_no_gap() -> None:
    clock = SoundClock(16_000)
    verdicts = []
    for arrival, position, samples, true in Card().callbacks(60):
        late = max(arrival, 30.4) if true > 30 else arrival  # nothing for 0.4 s, then all of it
        verdicts.append(clock.arrived(late, position, samples))
        if true > 1:
            assert clock.time(position) == pytest.approx(true, abs=0.006)
    assert verdicts.count("gap") == 1
    assert "wait" in verdicts[1500:1520]
    assert set(verdicts[1530:]) == {"on"}


def test_a_machine_that_is_late_for_seconds_is_no_gap() -> None:
    clock, verdicts = SoundClock(16_000), []
    for arrival, position, samples, true in Card().callbacks(60):
        late = max(arrival, 33.0) if 30 < true < 33 else arrival
        verdicts.append(clock.arrived(late, position, samples))
    assert verdicts.count("gap") == 1


@pytest.mark.parametrize("lost", [0.06, 0.2, 1.5, 20.0])
def test_lost_samples_are_one_gap_of_their_size(lost: float) -> None:
    clock, verdicts, off = SoundClock(16_000), [], []
    first = list(Card().callbacks(30))
    second = list(Card(seed=2).callbacks(30, t=30 + lost, position=first[-1][1]))
    for arrival, position, samples, true in first + second:
        verdicts.append(clock.arrived(arrival, position, samples))
        if verdicts[-1] != "wait":
            off.append(abs(clock.time(position) - true))
    assert verdicts.count("gap") == 2
    assert verdicts[len(first)] == "wait"  # from the first sample behind the loss
    assert max(off) < 0.008


def test_a_hiccup_just_before_a_loss_does_not_move_the_gap() -> None:
    clock = SoundClock(16_000)
    first = list(Card().callbacks(30))
    second = list(Card(seed=2).callbacks(30, t=31.2, position=first[-1][1]))
    first[-1] = (first[-1][0] + 0.07, *first[-1][1:])
    verdicts = [clock.arrived(*callback[:3]) for callback in first + second]
    assert verdicts.count("gap") == 2
    assert clock.gap == first[-1][1]
    assert clock.time(clock.gap) == pytest.approx(31.2, abs=0.006)
    assert clock.time(clock.gap - 320) == pytest.approx(29.98, abs=0.006)


@pytest.mark.parametrize(("lost", "verdict"), [(0.0, "on"), (0.3, "gap")])
def test_when_no_more_comes_it_is_decided_by_what_there_was(lost: float, verdict: str) -> None:
    clock = SoundClock(16_000)
    for arrival, position, samples, _ in Card().callbacks(0.4):
        assert clock.arrived(arrival, position, samples) == "wait"
    assert clock.settled() == "gap"  # the beginning
    assert clock.time(0) == pytest.approx(0.0, abs=0.006)
    for arrival, position, samples, _ in Card(seed=2).callbacks(0.4, t=0.4 + lost, position=6400):
        clock.arrived(arrival, position, samples)
    assert clock.settled() == verdict
    assert clock.time(6400) == pytest.approx(0.4 + lost, abs=0.006)


def lag(sound: Samples, t: float, *, pitch: float) -> float:
    """Seconds by which a tone that began at 0 comes late, to its period: `t` is when `sound` should begin."""
    turn = np.exp(-2j * np.pi * pitch * (t + np.arange(len(sound)) / RATE))
    return float(-np.angle(1j * np.sum(sound * turn)) / (2 * np.pi * pitch))


def stream(
    card: Card, seconds: float, *, lost: tuple[float, float] = (0.0, 0.0), pitch: float = 440.0
) -> Iterator[AudioChunk]:
    """A tone through clock and resampler, as a microphone does it; `lost` is a time and the seconds lost there."""
    clock, steered = SoundClock(card.rate), Steered(card.rate)
    held: list[tuple[int, Samples]] = []
    begins = list(card.callbacks(lost[0] or seconds))
    rest = list(card.callbacks(seconds - sum(lost), t=sum(lost), position=begins[-1][1])) if lost[1] else []
    for arrival, position, samples, true in begins + rest:
        t = true - np.arange(samples - 1, -1, -1) / card.rate
        held.append((position, (8000 * np.sin(2 * np.pi * pitch * t)).astype(np.int16)))
        verdict = clock.arrived(arrival, position, samples)
        if verdict == "wait":
            continue
        for end, sound in held:
            if verdict == "gap" and end - len(sound) == clock.gap:
                yield from steered.finish()
            yield from steered.feed(sound, clock.time(end - len(sound)))
        held.clear()
    yield from steered.finish()


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_chunks_lie_end_to_end_and_hold_the_sound_where_it_was(rate: int) -> None:
    chunks = list(stream(Card(rate=rate, ppm=100), 120, pitch=25.0))
    assert all(len(chunk.samples) == CHUNK and chunk.rate == RATE for chunk in chunks[:-1])
    for n, chunk in enumerate(chunks):
        assert chunk.t == pytest.approx(chunks[0].t + n * CHUNK / RATE, abs=1e-9)
    late = chunks[-100:-1]
    sound = np.concatenate([chunk.samples for chunk in late])
    assert abs(lag(sound, late[0].t, pitch=25.0)) < 0.006
    assert np.abs(sound).max() == pytest.approx(8000, rel=0.01)


@pytest.mark.parametrize("ratio", [1.0, 1.0003, 0.9, 1.1])
@pytest.mark.parametrize("pitch", [200.0, 3000.0, 7000.0])
def test_bending_changes_nothing_but_the_rate_and_is_a_millisecond_behind(ratio: float, pitch: float) -> None:
    bent = Bent()
    bent.set_io_ratio(ratio, 1.0)
    sound = (8000 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE)).astype(np.int16)
    made = [bent.resample_chunk(sound[start : start + 400]) for start in range(0, RATE, 400)]
    assert RATE - sum(map(len, made)) * ratio < 0.0012 * RATE
    whole = np.concatenate([*made, bent.resample_chunk(sound[:0], last=True)])
    assert len(whole) == pytest.approx(RATE / ratio, abs=1)
    expected = 8000 * np.sin(2 * np.pi * pitch * np.arange(len(whole)) * ratio / RATE)
    assert np.abs(whole - expected)[50:-50].max() < 8


@pytest.mark.parametrize("ppm", [600.0, -600.0])
def test_a_card_as_far_off_as_a_cheap_one_in_an_hour_is_in_step(ppm: float) -> None:
    end = max(chunk.t_end for chunk in stream(Card(ppm=ppm, hiccups=0.02), 600))  # 0.36 s off
    assert end == pytest.approx(600 / (1 + ppm * 1e-6), abs=0.008)


def test_what_was_lost_is_one_jump_and_nothing_overlaps() -> None:
    chunks = list(stream(Card(ppm=50), 20, lost=(10.0, 1.2)))
    jumps = [b.t - a.t_end for a, b in itertools.pairwise(chunks)]
    assert min(jumps) > -1e-9
    assert [jump for jump in jumps if jump > GAP] == pytest.approx([1.2], abs=0.01)
    assert JUMP < GAP


def test_sound_that_came_twice_is_worked_off_and_none_is_dropped() -> None:
    chunks: list[AudioChunk] = []
    clock, steered = SoundClock(16_000), Steered(16_000)
    first = list(Card().callbacks(10))
    twice = [(10.0, first[-1][1] + 320 * n, 320, 10.0) for n in range(1, 26)]  # half a second at once
    for arrival, position, samples, _ in first + twice + list(Card(seed=2).callbacks(20, t=10, position=twice[-1][1])):
        if clock.arrived(arrival, position, samples) != "wait":
            chunks += steered.feed(np.full(samples, 100, np.int16), clock.time(position - samples))
    assert all(b.t == pytest.approx(a.t_end, abs=1e-9) for a, b in itertools.pairwise(chunks))
    assert chunks[-1].t_end == pytest.approx(30.0, abs=0.06)
