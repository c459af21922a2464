"""`glasses replay`, `ask` and `latency` as other programs see them: streams, files and exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from glasses.testing import Replay
from tests import clips

ROOT = Path(__file__).parents[1]
GLASSES = Path(sys.executable).parent / "glasses"
SIGN = ROOT / "recordings" / "shop-sign"


def glasses(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in another folder, so that no glasses.toml of a developer counts."""
    return subprocess.run(
        [str(GLASSES), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT / "tests",
        env={**os.environ, "HF_HUB_OFFLINE": "1", **environment},
    )


def complaint(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line on stderr of a command that failed with `code` and printed nothing."""
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("glasses: ")
    return line


@pytest.mark.slow
def test_json_is_the_event_log_and_nothing_else(tmp_path: Path) -> None:
    done = glasses("replay", SIGN, "--json", "--costs", "fixed", "--out", tmp_path)
    assert done.returncode == 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert all(list(event) == ["t", "seq", "turn", "kind", "data"] for event in events)
    assert (events[0]["kind"], events[-1]["kind"]) == ("session.started", "session.ended")
    assert (tmp_path / "events.jsonl").read_text(encoding="utf-8") == done.stdout
    spoken = next(event for event in events if event["kind"] == "spoken")
    with wave.open(str(tmp_path / "answer.wav")) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(spoken["data"]["seconds"], abs=0.01)
        assert np.frombuffer(file.readframes(file.getnframes()), np.int16).max() > 3000


@pytest.mark.slow
def test_the_timeline_tells_people_what_happened() -> None:
    done = glasses("replay", SIGN, "--costs", "fixed")
    assert done.returncode == 0
    for word in ("heard", "looked", "settled frame", "asked", "ondevice", "answer", "first sound", "spoken"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout, "colours are for terminals"


def test_latency_reads_a_log_and_counts() -> None:
    done = glasses("latency", SIGN / "events.jsonl", "--json")
    table = json.loads(done.stdout)
    (turn,) = table["turns"]
    stages = ("silence", "transcribe", "look", "first token", "voice")
    assert turn["first sound"] == pytest.approx(sum(turn[stage] for stage in stages))
    assert table["seconds"]["first sound"]["median"] == pytest.approx(turn["first sound"])
    assert "median" in glasses("latency", SIGN / "events.jsonl").stdout


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [(None, 2, "no such"), (b"", 1, "empty"), (b"not a video at all\n" * 100, 1, "not a video")],
)
def test_what_is_no_recording_is_refused_with_a_remedy(
    content: bytes | None, code: int, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    line = complaint(glasses("replay", path), code)
    assert str(path) in line
    assert says in line.lower()


def test_recorded_costs_need_a_log() -> None:
    line = complaint(glasses("replay", ROOT / "recordings" / "blank-wall", "--costs", "recorded"), 2)
    assert "events.jsonl" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--backend", "nonsense"], "is not known"),
        (["--backend", "http://localhost:1/v1"], "no model"),
        (["--backend", "openai:gpt-5"], "OPENAI_API_KEY"),
        (["--speaker", "loud"], "no speaker 'loud'"),
        (["--speaker", "default"], "--realtime"),
        (["--play"], "--out"),
        (["--costs", "recorded", "--backend", "ondevice"], "leave out --backend"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_right(arguments: list[str], says: str) -> None:
    assert says in complaint(glasses("replay", SIGN, *arguments, OPENAI_API_KEY=""), 2)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "File exists" in complaint(glasses("replay", SIGN, "--out", tmp_path / "file"), 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    assert "No space left" in complaint(glasses("replay", SIGN, "--speaker", "wav:/dev/full"), 1)
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    done = glasses("replay", SIGN, "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


def test_a_wrong_command_leaves_the_log_that_was_kept_before(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("precious")
    complaint(glasses("replay", SIGN, "--out", tmp_path, "--backend", "nonsense"), 2)
    assert (tmp_path / "events.jsonl").read_text() == "precious"


def test_an_empty_log_is_no_source_of_answers(tmp_path: Path) -> None:
    shutil.copy(SIGN / "session.mkv", tmp_path)
    (tmp_path / "events.jsonl").touch()
    assert "is empty" in complaint(glasses("replay", tmp_path, "--costs", "recorded"), 2)


@pytest.mark.parametrize(("content", "code"), [(None, 2), (b"\xff\xfe\x00", 1), (b"[]", 1)])
def test_a_log_that_is_none_is_refused(content: bytes | None, code: int, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert str(path) in complaint(glasses("latency", path), code)


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("text")
    assert "not a picture" in complaint(glasses("ask", tmp_path / "x.png", "What is it?"), 1)
    assert "No such file" in complaint(glasses("ask", tmp_path / "y.png", "What is it?"), 2)


def test_ask_prints_one_object_and_fails_if_the_answer_is_not_whole(tmp_path: Path) -> None:
    import cv2

    picture = np.full((360, 640, 3), 220, np.uint8)
    cv2.putText(picture, "PLATFORM 9", (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (20, 20, 20), 6)
    cv2.imwrite(str(tmp_path / "sign.png"), picture)
    answer = json.loads(glasses("ask", tmp_path / "sign.png", "What does it say?", "--json").stdout)
    assert list(answer) == ["text", "outcome", "mode", "backend", "tokens", "seconds"]
    assert "platform 9" in answer["text"].lower()
    assert (answer["outcome"], answer["backend"]) == ("ok", "ondevice")
    nobody = ["--backend", "http://127.0.0.1:9/v1#none", "--json"]
    failed = glasses("ask", tmp_path / "sign.png", "What does it say?", *nobody)
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["outcome"] == "error"
    assert "127.0.0.1:9" in failed.stderr


def test_a_clip_without_sound_says_so_aloud(glasses_replay: Replay, tmp_path: Path) -> None:
    session = glasses_replay(clips.make(tmp_path / "silent.mp4", clips.Video()))
    assert session.of("fault")[0].data["what"] == "there was no sound at all"
    assert session.answers == ["There is no sound, so I can't hear a question."]


def test_a_clip_without_a_picture_runs_and_sees_nothing(glasses_replay: Replay, tmp_path: Path) -> None:
    session = glasses_replay(clips.make(tmp_path / "sound.mp4", sound=clips.Sound()))
    assert session.of("session.ended")[0].data["frames"] == 0
