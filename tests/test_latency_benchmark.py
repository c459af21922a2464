"""What the latency benchmark says is what was heard: its card, its model, its scores, and one whole run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from benchmarks.latency import utterance
from benchmarks.latency_card import PipeCard
from benchmarks.latency_model import models
from benchmarks.latency_score import Stamped, asked
from devices.speaker_card import SoundCard
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.types import Event, SpeechChunk
from tests.people import SPEECH, needs_speech
from tests.sound import SoundSystem, sound_system

__all__ = ["sound_system"]

ROOT = Path(__file__).parents[1]
RATE = 22_050
CLICK = np.concatenate([np.full(40, 12_000, np.int16), np.zeros(180, np.int16)])


@pytest.fixture
def card(sound_system: SoundSystem) -> Iterator[PipeCard]:
    """The default output, which knows when each sample is heard."""
    card = PipeCard(sound_system)
    yield card
    card.close()


@pytest.mark.live
def test_clicks_are_heard_when_they_were_played_and_as_far_apart(card: PipeCard) -> None:
    played: list[float] = []

    async def main(clock: Clock) -> None:
        speaker = SoundCard(clock, RATE)
        await clock.sleep_until(0.5)
        for _ in range(3):
            train = np.concatenate([CLICK, np.zeros(RATE // 4 - len(CLICK), np.int16), CLICK])
            played.append(await speaker.play(SpeechChunk(1, clock.now(), train, RATE, "")) - clock.from_monotonic(0.0))
            await speaker.drain()
            await clock.sleep_until(clock.now() + 0.4)
        await speaker.close()

    clocks.run(main, virtual=False)
    late, apart = [], []
    for t in played:
        first, second = card.first(t, t + 0.2), card.first(t + 0.2, t + 0.4)
        assert first is not None
        assert second is not None
        late.append(first - t)
        apart.append(second - first)
    assert 0 < median(late) < 0.04  # the speaker says when it is heard, but for what the card holds
    assert median(apart) == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize("wait", [0.0, 0.3])
def test_the_model_waits_as_told_before_its_first_word(wait: float) -> None:
    with models([wait]) as (address,):
        url = f"{address.partition('#')[0]}/chat/completions"
        body = json.dumps({"model": "m", "messages": [], "stream": True}).encode()
        began = time.monotonic()
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as reply:
            assert reply.headers["content-type"] == "text/event-stream"
            reply.readline()
            waited = time.monotonic() - began
            assert b"[DONE]" in reply.read()
    assert wait <= waited < wait + 0.25


@needs_speech
def test_the_reference_end_is_where_a_recording_falls_silent() -> None:
    from benchmarks import hearing_sounds as sounds

    spoken = utterance("a", sounds.read(SPEECH / "0075d273.flac"))
    end = round(spoken.end * 16_000)
    level = [
        float(np.abs(part.astype(int)).mean()) for part in (spoken.samples[end - 8000 : end], spoken.samples[end:])
    ]
    assert level[0] > 10 * level[1]
    assert len(spoken.samples) - end <= 1.5 * 16_000


def stamped(t: float, kind: str, turn: int = 1, **data: object) -> Stamped:
    return Stamped(Event(t, 0, turn, kind, data), 100.0)


ANSWERED = [
    stamped(3.2, "speech.ended", 0, t_end=3.0),
    stamped(3.3, "heard", text="a cup", t_end=3.0),
    stamped(3.35, "asked"),
    stamped(3.4, "answer.delta", text="Yes."),
    stamped(3.5, "speaking", t_audible=3.55),
    stamped(4.5, "spoken"),
]


def test_first_sound_is_counted_from_the_reference_end_to_what_was_heard() -> None:
    one = asked("ours", "a", ANSWERED, (102.95, 103.56, None), 0.5, ANSWERED)
    assert one.first_sound == pytest.approx(0.61)
    assert one.claimed == pytest.approx(0.6)
    assert one.end == pytest.approx(0.05)
    assert sum(one.stages.values()) == pytest.approx(0.55)
    assert (one.cut_off, one.why) == ("", "")


def test_an_answer_before_the_end_has_cut_somebody_off_and_has_no_first_sound() -> None:
    one = asked("ours", "a", ANSWERED, (104.0, 104.0, 103.56), 0.5, ANSWERED)
    assert (one.cut_off, one.first_sound) == ("audible", None)
    held = asked("ours", "a", ANSWERED, (103.4, 103.56, None), 0.5, ANSWERED)
    assert held.cut_off == "committed"
    assert held.first_sound == pytest.approx(0.16)


def test_who_gets_no_answer_is_told_with_the_reason() -> None:
    ignored = [stamped(3.3, "ignored", 0, reason="no words")]
    one = asked("ours", "a", ignored, (103.0, None, None), 0.5, ignored)
    assert (one.why, one.first_sound) == ("no words", None)


def test_what_is_said_of_a_fault_is_no_answer() -> None:
    events = [stamped(3.45, "fault", what="the model: 500", told="It failed."), *ANSWERED]
    one = asked("ours", "a", events, (102.95, 103.56, None), 0.5, events)
    assert (one.why, one.first_sound) == ("the model: 500", None)


@pytest.mark.slow
@pytest.mark.live
@needs_speech
@pytest.mark.skipif(not shutil.which("pulseaudio"), reason="needs PulseAudio")
def test_one_utterance_is_answered_under_every_setting() -> None:
    command = [sys.executable, "-m", "benchmarks.latency", "--speech", str(SPEECH), "--limit", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [score["answered"] for score in result["scores"]] == [1, 1, 1], result["asked"]
    ours, slow, plain = (score["first_sound"][0] for score in result["scores"])
    assert ours < slow < plain + 0.5
    assert ours < plain
