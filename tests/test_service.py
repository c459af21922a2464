"""glasses as a systemd service: its unit, what it says to systemd, and its configuration from the boot partition."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glasses import config as configuration
from glasses import service
from glasses.service_boot import take_over
from glasses.service_notify import Notify
from glasses.service_privacy import Remembered
from glasses.service_watch import Watch, journal
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.types import AudioChunk, Event, VideoFrame, read_only
from tests.sound import Room, SoundSystem, ears, room, sound_system

__all__ = ["ears", "room", "sound_system"]

ROOT = Path(__file__).parents[1]
GLASSES = Path(sys.executable).parent / "glasses"
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")


class Systemd:
    """systemd's end of the notification socket, as a real one."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.environ = {"NOTIFY_SOCKET": address}

    def said(self, seconds: float = 0.0) -> list[str]:
        """What was said since, one assignment each; waits so long for the first."""
        lines: list[str] = []
        self._socket.settimeout(seconds or 0.001)
        with contextlib.suppress(TimeoutError):
            while True:
                lines += self._socket.recv(4096).decode().splitlines()
                self._socket.settimeout(0.001)
        return lines

    def until(self, line: str, seconds: float = 60.0) -> list[str]:
        """What was said until `line`."""
        lines: list[str] = []
        end = time.monotonic() + seconds
        while line not in lines and time.monotonic() < end:
            lines += self.said(1.0)
        assert line in lines, lines
        return lines

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(str(tmp_path / "notify"))
    yield systemd
    systemd.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "glasses"


# The unit.


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs the program systemd-analyze, which reads units")
    command = tmp_path / "of 100%h here" / "glasses"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    file = tmp_path / service.NAME
    file.write_text(service.unit(command))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_starts_the_program_of_this_environment_and_waits_for_the_sound_server() -> None:
    unit = service.unit(Path("/opt/my glasses/glasses"))
    assert 'ExecStart="/opt/my glasses/glasses" service run' in unit
    for line in ("Type=notify", "Restart=always", "WatchdogSec=60", "WantedBy=default.target"):
        assert line in unit.splitlines()
    after = next(line for line in unit.splitlines() if line.startswith("After="))
    assert "pipewire" in after
    assert "pulseaudio" in after


@pytest.mark.parametrize("script", ["install.sh", "scripts/aarch64.sh", ".ci/run"])
def test_shellcheck_finds_nothing_wrong_with_a_script(script: str) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("needs the program shellcheck, which reads scripts")
    done = subprocess.run(["shellcheck", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


# What is said to systemd.


@pytest.mark.parametrize("abstract", [False, True])
def test_what_is_said_arrives_at_the_socket_that_systemd_names(tmp_path: Path, abstract: bool) -> None:
    systemd = Systemd(f"@{tmp_path}" if abstract else str(tmp_path / "notify"))
    Notify(systemd.environ)(READY=1, STATUS="waiting for:\n the camera")
    assert systemd.said() == ["READY=1", "STATUS=waiting for: the camera"]
    systemd.close()


def test_without_systemd_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    Notify({})(READY=1)
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")})(READY=1)


def test_somebody_who_does_not_listen_holds_nobody_up(systemd: Systemd) -> None:
    notify = Notify(systemd.environ)
    for _ in range(2000):  # far more than a socket takes
        notify(WATCHDOG=1)


class Session:
    """A session in virtual time, as its watch sees it."""

    def __init__(self, clock: Clock, systemd: Systemd, *devices: str, hwmon: Path = Path("/none")) -> None:
        self.clock = clock
        self.watch = Watch(clock, devices, Notify(systemd.environ), hwmon)
        self.told: list[str] = []
        self._systemd = systemd

    async def tell(self, what: str, told: str) -> None:
        self.told.append(told)

    def happens(self, kind: str, **data: object) -> None:
        self.watch.event(Event(self.clock.now(), 0, 0, kind, data))

    def sees(self) -> None:
        self.watch.frame(VideoFrame(self.clock.now(), 0, read_only(np.zeros((2, 2, 3), np.uint8))))

    def hears(self) -> None:
        self.watch.sound(AudioChunk(self.clock.now(), read_only(np.zeros(160, np.int16)), 16_000))

    async def goes_on(self, seconds: float, *senses: str) -> list[str]:
        """So many seconds in which those senses get something; what systemd was told in them."""
        end, said = self.clock.now() + seconds, list[str]()
        while self.clock.now() < end:
            for sense in senses:
                getattr(self, sense)()
            await self.clock.sleep_until(self.clock.now() + 0.5)
            said += self._systemd.said()
        return said


def test_it_is_ready_once_its_devices_are_open_and_the_wearer_hears_it(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "camera", "microphone")
        async with session.watch.going(session.tell):
            session.happens("camera.opened")
            assert await session.goes_on(3, "sees") == ["STATUS=opening the devices"]
            session.happens("microphone.opened")
            said = await session.goes_on(3, "sees", "hears")
            assert said[:3] == ["READY=1", "WATCHDOG=1", "STATUS=ready"]
            assert session.told == ["Ready."]
        assert systemd.said()[-2:] == ["STOPPING=1", "STATUS=ending"]

    clocks.run(main, virtual=True)


def test_what_is_missing_is_said_and_waited_for_without_being_started_anew(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "camera", "microphone")
        async with session.watch.going(session.tell):
            session.happens("camera.lost", what="no such camera")
            session.happens("microphone.lost", what="no sound card")
            said = await session.goes_on(300)
            assert "READY=1" in said
            assert "STATUS=waiting for: camera (no such camera); microphone (no sound card)" in said
            assert said.count("WATCHDOG=1") >= 300 / 60
            assert session.told == []  # nobody can ask without a microphone
            session.happens("microphone.opened")
            session.happens("microphone.back")
            said = await session.goes_on(10, "hears")
            assert "STATUS=waiting for: camera (no such camera)" in said
            assert session.told == ["Ready."]
            session.happens("camera.back")
            assert "STATUS=ready" in await session.goes_on(3, "hears", "sees")
            assert session.told == ["Ready."]

    clocks.run(main, virtual=True)


def test_a_session_that_gets_nothing_and_does_not_know_it_gives_no_sign_of_life(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "camera", "microphone")
        async with session.watch.going(session.tell):
            session.happens("camera.opened")
            session.happens("microphone.opened")
            await session.goes_on(5, "sees", "hears")
            await session.goes_on(25, "sees")
            said = await session.goes_on(60, "sees")
            assert "WATCHDOG=1" not in said
            assert session.watch.hanging == ["microphone"]
            assert "WATCHDOG=1" in await session.goes_on(5, "sees", "hears")

    clocks.run(main, virtual=True)


def test_a_session_without_a_camera_does_not_wait_for_one(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "microphone")
        async with session.watch.going(session.tell):
            session.happens("microphone.opened")
            assert "STATUS=ready" in await session.goes_on(3, "hears")

    clocks.run(main, virtual=True)


def test_too_little_power_is_told_once(systemd: Systemd, tmp_path: Path) -> None:
    for name, alarm in (("rpi_volt", "0"), ("cpu_thermal", "1")):  # as the kernel's driver shows it
        chip = tmp_path / "hwmon" / f"hwmon_{name}"
        chip.mkdir(parents=True)
        (chip / "name").write_text(f"{name}\n")
        (chip / "in0_lcrit_alarm").write_text(f"{alarm}\n")

    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, hwmon=tmp_path / "hwmon")
        async with session.watch.going(session.tell):
            await session.goes_on(5)
            assert session.told == []
            (tmp_path / "hwmon" / "hwmon_rpi_volt" / "in0_lcrit_alarm").write_text("1\n")
            await session.goes_on(20)
            assert session.told == ["The power is too weak. Please check the battery."]

    clocks.run(main, virtual=True)


def test_in_privacy_nothing_is_expected_of_the_devices_and_all_of_it_again_behind_it(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "camera", "microphone")
        async with session.watch.going(session.tell):
            session.happens("camera.opened")
            session.happens("microphone.opened")
            await session.goes_on(5, "hears")
            session.happens("camera.lost", what="unplugged")
            session.happens("privacy", state="on")
            said = await session.goes_on(300)
            assert "STATUS=privacy: camera and microphone are closed" in said
            assert said.count("WATCHDOG=1") >= 300 / 60
            assert session.watch.hanging == []
            session.happens("privacy", state="off")
            assert "STATUS=ready" in await session.goes_on(3)  # as if just opened; what was lost before is past
            await session.goes_on(25)
            assert "WATCHDOG=1" not in await session.goes_on(60)
            assert session.watch.hanging == ["camera", "microphone"]

    clocks.run(main, virtual=True)


def test_a_session_that_is_private_before_its_devices_are_open_has_started(systemd: Systemd) -> None:
    async def main(clock: Clock) -> None:
        session = Session(clock, systemd, "camera", "microphone")
        async with session.watch.going(session.tell):
            session.happens("privacy", state="on")
            assert "READY=1" in await session.goes_on(3)

    clocks.run(main, virtual=True)


def test_the_journal_has_devices_and_faults_and_never_what_was_said() -> None:
    lines: list[str] = []
    note = journal(lines.append)
    note(Event(0.0, 0, 0, "camera.lost", {"what": "no such\ncamera"}))
    note(Event(0.0, 1, 0, "camera.back", {}))
    note(Event(0.0, 2, 1, "heard", {"text": "my secret", "confidence": 1.0}))
    note(Event(0.0, 3, 1, "speaking", {"text": "my secret"}))
    note(Event(0.0, 4, 1, "fault", {"what": "no answer", "told": ""}))
    note(Event(0.0, 5, 0, "privacy", {"state": "on"}))
    note(Event(0.0, 6, 0, "light", {"open": []}))
    assert lines == [
        "<4>camera.lost: no such camera",
        "camera.back: is back",
        "<4>fault: no answer",
        "privacy: camera and microphone are closed",
        "light: off: nothing is open",
    ]


# The real thing.


@pytest.mark.slow
@pytest.mark.live
def test_the_service_says_what_it_loads_and_waits_for_and_is_ready_when_it_can_be_asked(
    systemd: Systemd, sound_system: SoundSystem, room: Room, tmp_path: Path
) -> None:
    sound_system.kill()  # no microphone and no speaker yet
    environ = {
        **os.environ,
        **systemd.environ,
        "HF_HUB_OFFLINE": "1",
        "XDG_CACHE_HOME": CACHE,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "GLASSES_CAMERA_ADDRESS": "webcam:99",
    }
    process = subprocess.Popen(
        [str(GLASSES), "service", "run"], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environ
    )
    try:
        assert systemd.until("READY=1")[0] == "STATUS=loading the models"
        systemd.until("WATCHDOG=1")
        sound_system.start()  # plugged in
        end, status = time.monotonic() + 60, "microphone"
        while "microphone" in status and time.monotonic() < end:
            status = next((line for line in systemd.said(1.0) if line.startswith("STATUS=")), status)
        assert status.startswith("STATUS=waiting for: camera (")
        assert "microphone" not in status
        process.send_signal(signal.SIGTERM)
        systemd.until("STOPPING=1", 5.0)
        assert process.wait(10) == 0
    finally:
        process.kill()
        journal, _ = process.communicate()
    assert "<4>camera.lost: " in journal
    assert "<4>microphone.lost: " in journal
    assert "microphone.back: is back" in journal


# Privacy.


def test_that_privacy_was_wanted_outlives_a_session(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert not Remembered(environ).wanted()
    Remembered(environ).remember(True)
    assert Remembered(environ).wanted()
    Remembered(environ).remember(False)
    assert not Remembered(environ).wanted()


@pytest.mark.parametrize("environ", [{}, {"XDG_RUNTIME_DIR": "/nowhere/at/all"}])
def test_where_nothing_can_be_remembered_nothing_is(environ: dict[str, str]) -> None:
    Remembered(environ).remember(True)
    assert not Remembered(environ).wanted()
    Remembered(environ).remember(False)


# Configuration from the boot partition.


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    folder = tmp_path / "boot"
    folder.mkdir()
    return folder


def test_settings_and_keys_on_the_boot_partition_are_taken_over_and_the_keys_kept_from_others(
    boot: Path, home: Path
) -> None:
    (boot / "glasses.toml").write_bytes(b'\xef\xbb\xbf[ask]\r\nbackend = "openai:gpt-5"\r\n')  # as Windows writes it
    (boot / "glasses-keys.txt").write_bytes(b"OPENAI_API_KEY=abc\r\n")
    lines = list(take_over(boot))
    assert configuration.load({}, {}).ask.backend == "openai:gpt-5"
    assert configuration.read_keys({}) == {"OPENAI_API_KEY": "abc"}
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o600
    assert lines[-1].endswith(f"run: sudo rm {boot / 'glasses-keys.txt'}")
    assert not any("abc" in line for line in lines)


def test_a_file_is_taken_over_once_so_that_later_changes_of_the_user_stay(boot: Path, home: Path) -> None:
    (boot / "glasses.toml").write_text("[speak]\nspeed = 1.5")
    list(take_over(boot))
    (home / "config.toml").write_text("[speak]\nspeed = 1.2")
    assert list(take_over(boot)) == []
    assert configuration.load({}, {}).speak.speed == 1.2

    (boot / "glasses.toml").write_text("[speak]\nspeed = 0.8")
    assert len(list(take_over(boot))) == 2
    assert configuration.load({}, {}).speak.speed == 0.8
    assert (home / "config.toml.before-boot").read_text() == "[speak]\nspeed = 1.2"


def test_settings_that_can_not_be_used_are_named_and_left_out(boot: Path, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "config.toml").write_text("[speak]\nspeed = 1.2")
    for wrong, complaint in (
        ("[speak\n", "not valid TOML"),
        ("[speak]\nsped = 1", "did you mean"),
        ('[ask]\napi_key = "abc"', "looks like a secret"),
    ):
        (boot / "glasses.toml").write_text(wrong)
        (line,) = take_over(boot)
        assert complaint in line
        assert configuration.load({}, {}).speak.speed == 1.2


def test_a_folder_that_can_not_be_written_is_named_and_the_service_starts(
    boot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    (boot / "glasses.toml").write_text("[speak]\nspeed = 1.5")
    (line,) = take_over(boot)
    assert "is not taken over" in line


def test_without_files_on_the_boot_partition_nothing_happens(boot: Path, home: Path) -> None:
    assert list(take_over(boot)) == []
    assert list(take_over(boot / "not mounted")) == []
    assert not home.exists()
