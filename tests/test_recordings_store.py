"""Where recordings lie: their names, their list, what is deleted and what never is, and single pictures."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags
from PIL import Image as Pillow

from glasses.recordings import Recorder, RecordingWriter, SessionInfo, Summary
from glasses.recordings.claim import Claim
from glasses.recordings.store import Store, Stored
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, Event, VideoFrame
from tests.clips import QUADRANTS, colours, quadrants

NOON = datetime.fromisoformat("2026-11-25T12:00:00+01:00")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path), tmp_path / "no timesync")  # whatever keeps the clock of this machine


def recorded(store: Store, name: str) -> Path:
    """A second of pictures and sound, as the recorder leaves it."""

    async def session(clock: Clock) -> Summary:
        recording = Recorder(
            clock, store.folder_for(name), SessionInfo(title=f"The {name}"), size=(96, 64), rate=16_000, on_fault=print
        )
        for n in range(10):
            recording.frame(VideoFrame(recording.start + n / 10, n, quadrants(96, 64)))
            recording.sound(AudioChunk(recording.start + n / 10, np.ones(1_600, np.int16), 16_000))
        recording.event(Event(recording.start + 0.5, 0, 0, "heard"))
        return await recording.close()

    return clocks.run(session, virtual=False).path


def made(store: Store, name: str, *, days: float = 0, megabytes: float = 0, unsure: bool = False) -> Path:
    """The folder of a recording of some age and size; nobody looks at what is in it."""
    folder = store.recordings / name
    folder.mkdir(parents=True)
    start = datetime.now().astimezone() - timedelta(days=days)
    info = SessionInfo(start=start.isoformat(), start_unsure=unsure, seconds=1.0, frames=1)
    info.write(folder / "session.toml")
    (folder / "session.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(round(megabytes * 1e6)))
    return folder


def names(stored: list[Stored]) -> list[str]:
    return [each.name for each in stored]


def test_recordings_lie_where_the_users_data_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert Store().recordings == Path("/somewhere/glasses/recordings")
    assert Store().pictures == Path("/somewhere/glasses/pictures")
    assert Store("~/kept").recordings == Path.home() / "kept" / "recordings"


def test_a_recording_without_a_name_is_called_by_the_time(store: Store) -> None:
    name = store.folder_for("").name
    assert abs(datetime.strptime(name, "%Y-%m-%d_%H-%M-%S") - datetime.now()) < timedelta(seconds=5)
    (store.recordings / name).mkdir(parents=True)
    assert store.folder_for("").name != name


def test_a_name_that_is_taken_is_refused_with_one_that_is_free(store: Store) -> None:
    made(store, "walk")
    made(store, "walk-2")
    with pytest.raises(UsageError, match="there is a recording called 'walk' already; how about 'walk-3'"):
        store.folder_for("walk")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("a/b", "how about 'ab'"),
        ("../up", "plain word"),
        ("..", "plain word"),
        (".hidden", "begins with a dot"),
        ("tab\there", "how about 'tabhere'"),
        (" ", "plain word"),
        ("NUL", "Windows reserves it"),
        ("x" * 300, "too long"),
    ],
)
def test_a_name_that_is_no_file_name_everywhere_is_refused(store: Store, name: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        store.folder_for(name)


def test_the_list_says_what_each_recording_holds(store: Store) -> None:
    folder = recorded(store, "walk")
    (stored,) = store.listing()
    assert (stored.name, stored.path, stored.title, stored.state) == ("walk", folder, "The walk", "whole")
    assert stored.seconds == pytest.approx(1.0, abs=0.01)
    assert (stored.has_video, stored.has_sound, stored.has_events) == (True, True, True)
    assert stored.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert abs(stored.start - datetime.now().astimezone()) < timedelta(seconds=10)


def test_the_list_is_by_age_and_passes_over_what_is_no_recording(store: Store) -> None:
    made(store, "new", days=1)
    made(store, "old", days=2)
    (store.recordings / "holiday").mkdir()
    (store.recordings / "holiday" / "beach.jpg").touch()
    (store.recordings / "notes.txt").touch()
    assert names(store.listing()) == ["old", "new"]


def test_a_recording_that_was_broken_off_is_listed_with_its_length(store: Store) -> None:
    folder = store.recordings / "walk"
    writer = RecordingWriter(folder, size=(96, 64), rate=16_000)
    SessionInfo(start=NOON.isoformat()).write(folder / "session.toml")
    for n in range(200):
        writer.frame(VideoFrame(n / 10, n, quadrants(96, 64)))
        writer.sound(AudioChunk(n / 10, np.ones(1_600, np.int16), 16_000))
    (stored,) = store.listing()
    assert (stored.state, stored.damage) == ("broken off", "")
    assert stored.seconds == pytest.approx(20, abs=0.3)
    assert (stored.start, stored.has_video, stored.has_sound) == (NOON, True, True)
    writer.close()


def test_damage_is_listed_and_hides_nothing_else(store: Store) -> None:
    made(store, "good")
    (made(store, "empty") / "session.mkv").write_bytes(b"")
    (made(store, "gone") / "session.mkv").unlink()
    (made(store, "torn") / "session.toml").write_bytes(b"\xff\x00 not toml")
    damaged = {stored.name: stored.damage for stored in store.listing() if stored.state == "damaged"}
    assert damaged.keys() == {"empty", "gone", "torn"}
    assert "is empty" in damaged["empty"]
    assert "No such file" in damaged["gone"]
    assert "session.toml" in damaged["torn"]


def test_hundreds_are_listed_in_a_moment(store: Store) -> None:
    for n in range(300):
        made(store, f"walk-{n}", megabytes=0.1)
    begun = time.process_time()
    assert len(store.listing()) == 300
    assert time.process_time() - begun < 1


def test_a_recording_is_deleted_and_what_is_not_its_own_is_left(store: Store) -> None:
    folder = recorded(store, "walk")
    assert store.delete("walk") == ()
    assert not folder.exists()
    folder = recorded(store, "walk")
    (folder / "notes.txt").touch()
    assert store.delete("walk") == (folder / "notes.txt",)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert store.listing() == []


@pytest.mark.parametrize("name", ["wlak", "", "..", "../elsewhere", "walk/../walk"])
def test_only_a_recording_can_be_deleted(store: Store, name: str) -> None:
    folder = made(store, "walk")
    shutil.copytree(folder, store.recordings.parent / "elsewhere")
    shutil.copy(folder / "session.mkv", store.recordings.parent)
    with pytest.raises(UsageError, match="there is no recording called"):
        store.delete(name)
    assert len(list(store.recordings.parent.rglob("session.mkv"))) == 3


def test_a_link_is_deleted_not_what_it_leads_to(store: Store, tmp_path: Path) -> None:
    folder = made(Store(str(tmp_path / "elsewhere")), "walk")
    store.recordings.mkdir()
    (store.recordings / "walk").symlink_to(folder)
    store.delete("walk")
    assert (folder / "session.mkv").exists()
    assert store.listing() == []


RECORDING = """
import sys
from pathlib import Path
from glasses.recordings.claim import Claim
claim = Claim(Path(sys.argv[1]))
print("claimed", flush=True)
sys.stdin.read()
"""


def test_what_another_process_records_now_is_left_alone_until_that_has_died(store: Store) -> None:
    folder = made(store, "walk", days=100, megabytes=1)
    command = [sys.executable, "-c", RECORDING, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": Path(__file__).parent.parent}
    with subprocess.Popen(command, text=True, **pipes) as other:  # type: ignore[call-overload]
        assert other.stdout.readline() == "claimed\n"
        assert [stored.state for stored in store.listing()] == ["recording"]
        assert store.prune(keep_days=1, budget=0.000001) == []
        with pytest.raises(UsageError, match="is being recorded now; end that first"):
            store.delete("walk")
        other.send_signal(signal.SIGKILL)
    assert [stored.state for stored in store.listing()] == ["whole"]
    assert names(store.prune(keep_days=1, budget=0)) == ["walk"]


def test_what_this_process_records_now_is_left_alone_too(store: Store) -> None:
    claim = Claim(made(store, "walk", days=100))
    assert store.prune(keep_days=1, budget=0) == []
    claim.release()
    assert names(store.prune(keep_days=1, budget=0)) == ["walk"]


def test_recordings_older_than_the_days_to_keep_are_pruned(store: Store) -> None:
    for days in (1, 6, 8, 30):
        made(store, f"{days}-days", days=days)
    assert names(store.too_much(keep_days=7, budget=0)) == ["30-days", "8-days"]
    assert len(store.listing()) == 4
    store.prune(keep_days=7, budget=0)
    assert names(store.listing()) == ["6-days", "1-days"]


def test_nothing_is_pruned_by_age_before_the_clock_is_set_by_the_network_and_it_is_said(tmp_path: Path) -> None:
    timesync = tmp_path / "timesync"
    timesync.mkdir()  # timesyncd runs, but has reached nobody yet
    store = Store(str(tmp_path), timesync)
    made(store, "old", days=30)
    room = store.make_room(keep_days=7)
    assert room.deleted == ()
    assert room.warning.startswith("the clock has not been set")
    assert store.make_room(budget=1.0).warning == ""  # nothing to do with age
    (timesync / "synchronized").touch()
    assert names(list(store.make_room(keep_days=7).deleted)) == ["old"]


def test_what_was_recorded_before_the_clock_was_set_is_never_too_old(store: Store) -> None:
    made(store, "old", days=3000, megabytes=1)
    made(store, "before-the-network", days=2000, megabytes=1, unsure=True)
    assert names(store.too_much(keep_days=7, budget=0)) == ["old"]
    assert names(store.too_much(keep_days=0, budget=0.0005)) == ["old", "before-the-network"]  # by room it goes as ever
    assert names(store.too_much(keep_days=7, budget=0.0005)) == ["old", "before-the-network"]


def test_nothing_is_pruned_by_age_where_a_recording_is_from_the_future(store: Store) -> None:
    made(store, "old", days=30, megabytes=1)
    made(store, "future", days=-2)
    room = store.make_room(keep_days=7)
    assert room.deleted == ()
    assert "'future' is from a time to come" in room.warning
    assert names(store.too_much(keep_days=7, budget=0.0005)) == ["old"]  # the budget is kept all the same


def test_the_oldest_are_pruned_until_the_budget_is_kept(store: Store) -> None:
    for days in (1, 2, 3, 4):
        made(store, f"{days}-days", days=days, megabytes=1)
    store.prune(keep_days=0, budget=0.0025)
    assert names(store.listing()) == ["2-days", "1-days"]
    store.prune(keep_days=0, budget=0)
    assert names(store.listing()) == ["2-days", "1-days"]


def test_nothing_but_recordings_is_ever_pruned(store: Store, tmp_path: Path) -> None:
    elsewhere = made(Store(str(tmp_path / "elsewhere")), "linked", days=50)
    holiday = store.recordings / "holiday"
    holiday.mkdir(parents=True)
    (holiday / "beach.jpg").write_bytes(bytes(1_000_000))
    os.utime(holiday / "beach.jpg", (0, 0))
    (store.recordings / "linked").symlink_to(elsewhere)
    assert store.prune(keep_days=1, budget=0.0000001) == []
    assert (holiday / "beach.jpg").exists()
    assert (elsewhere / "session.mkv").exists()


def test_room_is_made_before_a_recording_and_a_disk_that_is_nearly_full_is_said(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.make_room().warning == ""
    made(store, "old", days=30)
    usage = shutil.disk_usage(store.recordings)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=120_000_000))
    room = store.make_room(keep_days=7)
    assert names(list(room.deleted)) == ["old"]
    assert room.warning.startswith("only 120 MB are free at ")


def test_a_picture_is_named_and_dated_by_when_the_light_fell(store: Store) -> None:
    frame = VideoFrame(62.25, 7, quadrants(96, 64))
    path = store.save_picture(frame, NOON)
    assert path == store.pictures / "2026-11-25_12-01-02.jpg"
    assert path.stat().st_mtime == pytest.approx((NOON + timedelta(seconds=62.25)).timestamp())
    with Pillow.open(path) as picture:
        exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
        image = np.asarray(picture)[:, :, ::-1]
    assert colours(image) == QUADRANTS
    assert exif[ExifTags.Base.DateTimeOriginal] == "2026:11:25 12:01:02"
    assert exif[ExifTags.Base.OffsetTimeOriginal] == "+01:00"
    assert exif[ExifTags.Base.SubsecTimeOriginal] == "250"


def test_two_pictures_of_one_second_are_both_kept(store: Store) -> None:
    frame = VideoFrame(0.0, 7, quadrants(96, 64))
    kept = [store.save_picture(frame, NOON).name for _ in range(2)]
    assert kept == ["2026-11-25_12-00-00.jpg", "2026-11-25_12-00-00-2.jpg"]


def test_a_picture_that_cannot_be_kept_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "pictures").touch()
    with pytest.raises(GlassesError, match="cannot be written") as refused:
        Store(str(tmp_path)).save_picture(VideoFrame(0.0, 0, quadrants(96, 64)), NOON)
    assert refused.value.told == "I can't write to the disk, so I couldn't keep the picture."
