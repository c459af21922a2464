"""session.toml: what it says comes back as it was written, and what is wrong with it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.recordings import Expect, RecordingWriter, SessionInfo, open_recording
from pipeline.errors import GlassesError
from pipeline.types import VideoFrame
from tests.clips import quadrants

WHOLE = """
title = "A bakery's sign"
device = "made by recordings/make.py"
start = 2026-11-23T12:00:00+00:00
consent = "nobody is seen or heard"
licence = "CC0-1.0"
answers = 2

[[expect]]
heard = ["what", "sign"]
frame_between = [1, 2.5]
mentions = ["bakery", ["seven", "7"]]
never_mentions = ["butcher"]

[[expect]]
outcome = "refused"
"""


def read(tmp_path: Path, text: str) -> SessionInfo:
    path = tmp_path / "session.toml"
    path.write_text(text, encoding="utf-8")
    return SessionInfo.read(path)


def test_everything_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == SessionInfo(
        title="A bakery's sign",
        device="made by recordings/make.py",
        start="2026-11-23T12:00:00+00:00",
        consent="nobody is seen or heard",
        licence="CC0-1.0",
        answers=2,
        expect=(
            Expect(("what", "sign"), (1.0, 2.5), (("bakery",), ("seven", "7")), ("butcher",), "ok"),
            Expect(outcome="refused"),
        ),
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    info = read(tmp_path, WHOLE)
    info.write(tmp_path / "copy.toml")
    assert SessionInfo.read(tmp_path / "copy.toml") == info


@pytest.mark.parametrize("unsure", [True, False])
def test_it_is_said_where_the_clock_had_not_been_set(tmp_path: Path, unsure: bool) -> None:
    SessionInfo(start_unsure=unsure).write(tmp_path / "session.toml")
    assert SessionInfo.read(tmp_path / "session.toml").start_unsure is unsure
    assert ("start_unsure" in (tmp_path / "session.toml").read_text()) is unsure


def test_everything_may_be_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "") == SessionInfo()
    SessionInfo().write(tmp_path / "empty.toml")
    assert SessionInfo.read(tmp_path / "empty.toml") == SessionInfo()


def test_none_answered_is_something_else_than_not_said(tmp_path: Path) -> None:
    SessionInfo(answers=0).write(tmp_path / "session.toml")
    assert SessionInfo.read(tmp_path / "session.toml").answers == 0


def test_the_time_may_be_a_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'start = "2026-11-23T12:00:00Z"').start == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("titel = 'x'", "unknown key 'titel'; did you mean title?"),
        ("title = 3", "title must be a text"),
        ("answers = 'two'", "answers must be a whole number"),
        ("answers = true", "answers must be a whole number"),
        ("start = 'yesterday'", "start must be a date and time"),
        ("expect = 'ok'", "expect must be a list"),
        ("expect = ['ok']", "expect 1: must be a table"),
        ("[[expect]]\n[[expect]]\nherd = ['x']", "expect 2: unknown key 'herd'; did you mean heard?"),
        ("[[expect]]\nheard = 'sign'", "heard must be a list"),
        ("[[expect]]\nheard = [1]", "heard must be a list of texts"),
        ("[[expect]]\nmentions = [[]]", "mentions must be a list of texts, or of lists of alternatives"),
        ("[[expect]]\nmentions = [['a', 1]]", "mentions must be a list of texts, or of lists of alternatives"),
        ("[[expect]]\nframe_between = [2.0, 1.0]", "frame_between must be two times in seconds, the earlier first"),
        ("[[expect]]\nframe_between = [1.0]", "frame_between must be two times"),
        ("[[expect]]\noutcome = 'fine'", "outcome must be one of ok, truncated"),
        ("title = ", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(GlassesError) as caught:
        read(tmp_path, text)
    assert fault in str(caught.value)
    assert str(tmp_path / "session.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "session.toml"
    path.write_bytes(b"title = 'Caf\xe9'")
    with pytest.raises(GlassesError, match=r"session\.toml: cannot be read"):
        SessionInfo.read(path)


def test_a_recording_carries_its_title_and_what_is_expected(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, size=(96, 64), rate=None) as writer:
        writer.frame(VideoFrame(0.0, 0, quadrants(96, 64)))
    (tmp_path / "session.toml").write_text(WHOLE)
    recording = open_recording(tmp_path)
    assert recording.title == "A bakery's sign"
    assert recording.info is not None
    assert recording.info.answers == 2
    assert recording.events_path is None
