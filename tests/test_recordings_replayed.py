"""Every recording of the project, with the real models, comes to what its session.toml expects."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from devices.resampling import resampled
from glasses.config import defaults
from glasses.expectations import unmet
from glasses.models import Models
from glasses.recordings import Expect, RecordingWriter, SessionInfo, open_recording
from glasses.replaying import Replayed
from glasses.testing import Replay
from pipeline.events import to_line
from pipeline.listen.transcriber import RATE
from pipeline.types import AudioChunk, Event

FOLDER = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/session.toml"))


def lines(session: Replayed) -> str:
    return "\n".join(map(to_line, session.events))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_answered_as_it_expects(name: str, glasses_replay: Replay) -> None:
    info = open_recording(FOLDER / name).info
    assert info is not None
    assert unmet(info, glasses_replay(FOLDER / name)) == []


@pytest.mark.parametrize(("limit", "fits"), [(None, True), (4, True), (3, False)])
def test_an_answer_may_have_so_many_words_and_no_more(limit: int | None, fits: bool) -> None:
    answered = Event(1.0, 0, 1, "answered", {"outcome": "ok"})
    spoken = Event(2.0, 1, 1, "spoken", {"heard_text": "It says: no entry."})
    info = SessionInfo(answers=1, expect=(Expect(mentions=(("no entry",),), words_at_most=limit),))
    assert (unmet(info, Replayed((answered, spoken))) == []) == fits


def test_what_is_expected_is_written_and_read_back(tmp_path: Path) -> None:
    info = SessionInfo(expect=(Expect(words_at_most=12),))
    info.write(tmp_path / "session.toml")
    assert SessionInfo.read(tmp_path / "session.toml") == info


def test_there_are_twelve_recordings_with_a_licence_and_they_are_small() -> None:
    assert len(NAMES) >= 12
    for name in NAMES:
        info = open_recording(FOLDER / name).info
        assert info is not None
        assert info.licence
        assert info.consent
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 15_000_000


@pytest.mark.slow
def test_a_replay_with_fixed_costs_is_the_same_to_the_byte_also_with_the_other_core_busy(
    glasses_replay: Replay, tmp_path: Path
) -> None:
    first = lines(glasses_replay(FOLDER / "two-questions"))
    busy = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    busy.start()
    try:
        second = lines(glasses_replay(FOLDER / "two-questions"))
    finally:
        busy.kill()
    # Another process too: nothing may depend on what a process has done before, or on hashes of its own.
    glasses = Path(sys.executable).parent / "glasses"
    command = [str(glasses), "replay", str(FOLDER / "two-questions"), "--costs", "fixed", "--json"]
    third = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout.strip()
    assert first == second == third


def _burn() -> None:
    while True:
        sum(range(10_000))


@pytest.mark.slow
def test_a_recorded_log_is_replayed_with_its_answers_and_costs(glasses_replay: Replay) -> None:
    session = glasses_replay(FOLDER / "shop-sign", costs="recorded")
    recorded = (FOLDER / "shop-sign" / "events.jsonl").read_text(encoding="utf-8")
    assert session.of("answered")[0].data["backend"] == "recorded"
    assert session.of("answered")[0].data["text"] in recorded
    assert lines(session) == lines(glasses_replay(FOLDER / "shop-sign", costs="recorded"))


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_on_open_speakers_is_nobodys_question_in_replay_if_what_was_played_is_kept(
    kept: bool, glasses_replay: Replay, tmp_path: Path
) -> None:
    question = open_recording(FOLDER / "shop-sign").sound()
    heard = np.concatenate([*(chunk.samples for chunk in question), np.zeros(8 * RATE, np.int16)])
    voice = Models(defaults({})).voice
    answer = "It closes at two in the afternoon on Saturday, and on Sunday it is closed all day."
    said = resampled(np.concatenate(list(voice.synthesise(answer))), voice.rate, RATE)
    begins = len(heard) - 8 * RATE
    heard[begins + RATE // 10 :][: len(said)] += said // 2  # a tenth of a second later, and half as loud
    played = np.zeros_like(heard)
    played[begins:][: len(said)] = said
    with RecordingWriter(tmp_path / "open", size=None, rate=RATE, played=kept) as writer:
        for n in range(0, len(heard), 512):
            writer.sound(AudioChunk(n / RATE, heard[n : n + 512], RATE))
            if kept and played[n : n + 512].any():
                writer.played(AudioChunk(n / RATE, played[n : n + 512], RATE))
    session = glasses_replay(tmp_path / "open")
    assert "What time does it close on Saturday?" in session.heard[0]
    assert (len(session.heard) == 1) == kept
