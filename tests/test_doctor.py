"""The doctor: each check finds what is wrong and names the remedy, and none takes the others down."""

from __future__ import annotations

import itertools
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glasses import cli, doctor
from glasses import config as configuration
from glasses.doctor import Finding, machine, senses
from glasses.doctor.finding import Check
from glasses.recordings.recording import open_recording
from glasses.settings import Config
from pipeline.errors import MicrophoneLost, SpeakerLost
from pipeline.types import AudioChunk, SpeechChunk


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, no settings and no keys of the user's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("OPENAI_API_KEY", "GLASSES_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def findings(check: str) -> list[Finding]:
    return [finding for finding in doctor.examine(doctor.MACHINE) if finding.check == check]


def the(check: str) -> Finding:
    (finding,) = findings(check)
    return finding


def test_this_machine_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    checks = {finding["check"] for finding in report["findings"]}
    machine = {
        "python",
        "library",
        "packages",
        "opencv",
        "sound",
        "weights",
        "backend",
        "start",
        "echo",
        "config",
        "keys",
    }
    assert checks == machine | {"sound server", "camera", "microphone", "speaker"}
    assert all(finding["remedy"] for finding in report["findings"] if finding["state"] != "ok")


def test_a_failure_is_shown_with_its_remedy_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLASSES_ASK_BACKEND", "nobody")
    assert cli.run(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "fail  backend: backend 'nobody' is not known; use one of: ondevice" in shown


def test_a_mistake_in_the_settings_is_found_and_the_rest_still_checked(home: Path) -> None:
    (home / "glasses.toml").write_text('[listen]\nmodle = "tiny"')
    mistake, settings = findings("config")
    assert (mistake.state, settings.state) == ("fail", "ok")
    assert "did you mean 'listen.model'" in mistake.text
    assert the("backend").state == "ok"


def test_the_settings_files_in_force_are_named(home: Path) -> None:
    (home / "glasses.toml").touch()
    assert the("config").text == f"settings from {home}/glasses.toml"


def test_keys_are_only_said_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-123")
    states = the("keys").text.split(", ")
    assert "OPENAI_API_KEY set" in states
    assert "GLASSES_API_KEY not set" in states


def test_keys_that_others_may_read_are_found(home: Path) -> None:
    (home / "config" / "glasses").mkdir(parents=True)
    (home / "config" / "glasses" / "keys").write_text("OPENAI_API_KEY=sk-123")
    (home / "config" / "glasses" / "keys").chmod(0o644)
    assert "chmod 600" in the("keys").text


def test_a_missing_voice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSES_SPEAK_VOICE", "alto")
    ears, voice = findings("weights")
    assert (ears.state, voice.state) == ("ok", "fail")
    assert "alto" in voice.text


def test_a_missing_system_library_is_found_with_the_apt_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    finding = the("sound")
    assert finding.state == "warn"
    assert finding.remedy == "sudo apt install libportaudio2"


def test_an_emptied_cv2_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", types.ModuleType("cv2"))
    finding = the("opencv")
    assert finding.state == "fail"
    assert "--force-reinstall" in finding.remedy


def test_two_versions_of_opencv_in_one_folder_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_version", lambda name: "4.9" if name.endswith("headless") else "5.0")
    mixed, _ = findings("opencv")
    assert (mixed.state, mixed.text) == ("warn", "opencv-python 5.0 and opencv-python-headless 4.9 share one folder")


def test_another_distribution_in_front_of_our_packages_is_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = machine._root
    monkeypatch.setattr(machine, "_root", lambda name: home if name == "pipeline" else real(name))
    pipeline, devices = findings("packages")
    assert (pipeline.state, devices.state) == ("fail", "ok")


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def broken_check(config: Config) -> Iterator[Finding]:
        raise RuntimeError("loose wire")
        yield

    def fine_check(config: Config) -> Iterator[Finding]:
        yield Finding("fine", "ok", "it is")

    broken, fine = doctor.examine((broken_check, fine_check))
    assert (broken.check, broken.state, broken.text) == ("broken_check", "fail", "RuntimeError: loose wire")
    assert fine.state == "ok"


def test_a_tone_is_found_again_in_noise_at_its_delay() -> None:
    chance = np.random.default_rng(1)
    tone = senses.sweep(16_000)
    room = chance.normal(size=3 * 16_000) * 0.02
    assert senses.echo(room, tone, 0) is None
    room[20_000 : 20_000 + len(tone)] += 0.02 * tone
    delay = senses.echo(room, tone, 16_000)
    assert delay is not None
    assert abs(delay - 4_000) <= 16


def windows(recording: str) -> Iterator[np.ndarray]:
    """A recording's sound in pieces as long as the doctor listens, one every half second."""
    chunks = open_recording(Path(__file__).parents[1] / "recordings" / recording).sound()
    sound = np.concatenate([chunk.samples for chunk in chunks]).astype(np.float64)
    for start in range(0, len(sound) - 4 * 16_000, 8_000):
        yield sound[start : start + 4 * 16_000].copy()


@pytest.mark.parametrize("recording", ["kitchen-noise", "two-questions"])
def test_neither_noise_nor_speech_is_taken_for_the_tone(recording: str) -> None:
    tone = senses.sweep(16_000)
    assert [senses.echo(room, tone, 24_000) for room in windows(recording)] == [None] * len(list(windows(recording)))


@pytest.mark.parametrize("recording", ["kitchen-noise", "two-questions"])
@pytest.mark.parametrize("delay", [320, 4_000, 20_000])
def test_a_tone_far_below_noise_or_speech_is_found_at_its_delay(recording: str, delay: int) -> None:
    tone = senses.sweep(16_000)
    for room in windows(recording):
        quiet = tone / tone.std() * room.std() / 4  # 12 dB below
        room[24_000 + delay : 24_000 + delay + len(tone)] += quiet
        assert senses.echo(room, tone, 24_000) == pytest.approx(delay, abs=8)


def test_a_tone_that_sounds_too_early_or_too_late_is_not_the_echo() -> None:
    tone = senses.sweep(16_000)
    room = np.random.default_rng(1).normal(size=6 * 16_000)
    for start in (8_000, 60_000):
        room[start : start + len(tone)] += tone
    assert senses.echo(room, tone, 24_000) is None


def test_a_microphone_without_a_tone_or_sound_hears_none() -> None:
    tone = senses.sweep(16_000)
    assert senses.echo(np.zeros(48_000), tone, 0) is None
    assert senses.echo(np.zeros(10), tone, 0) is None


def sensed(check: Check, **addresses: str) -> Finding:
    """What a check of the devices finds with `camera`, `microphone` and `speaker` at these addresses."""
    (finding,) = check(configuration.defaults({f"{kind}.address": address for kind, address in addresses.items()}))
    return finding


@pytest.mark.parametrize(
    ("check", "kind", "address", "says"),
    [
        (senses.camera, "camera", "none", "none is wanted (camera.address)"),
        (senses.camera, "camera", "file:walk.mp4", "file:walk.mp4: a file, not tried"),
        (senses.microphone, "microphone", "none", "none is wanted (microphone.address)"),
        (senses.microphone, "microphone", "file:walk.mp4", "file:walk.mp4: a file, not tried"),
        (senses.speaker, "speaker", "none", "none is wanted (speaker.address)"),
        (senses.speaker, "speaker", "wav:answer.wav", "wav:answer.wav: a file, not tried"),
    ],
)
def test_what_is_no_device_is_not_tried(check: Check, kind: str, address: str, says: str) -> None:
    assert sensed(check, **{kind: address}) == Finding(kind, "ok", says)


def test_the_file_that_a_speaker_writes_to_is_left_as_it_is(home: Path) -> None:
    (home / "answer.wav").write_bytes(b"of yesterday")
    sensed(senses.speaker, speaker="wav:answer.wav")
    assert (home / "answer.wav").read_bytes() == b"of yesterday"


class Loudspeaker:
    """Takes the tone at once, and fails where it is said to."""

    def __init__(self) -> None:
        self.fails_in = ""
        self.played: list[SpeechChunk] = []

    async def play(self, chunk: SpeechChunk) -> float:
        self._fail("play")
        self.played.append(chunk)
        return chunk.t

    async def drain(self) -> None:
        self._fail("drain")

    async def close(self) -> None:
        pass

    def _fail(self, where: str) -> None:
        if where == self.fails_in:
            raise SpeakerLost("the sound card takes no more sound")


@pytest.fixture
def loudspeaker(monkeypatch: pytest.MonkeyPatch) -> Loudspeaker:
    """What the doctor finds at every address of a speaker."""
    speaker = Loudspeaker()
    monkeypatch.setattr(senses, "open_speaker", lambda address, clock, rate: speaker)
    return speaker


def room_sound(seconds: float) -> Iterator[AudioChunk]:
    """A faint noise, as fast as it is read; then the microphone is lost."""
    noise = np.random.default_rng(1).integers(-20, 20, 1600).astype(np.int16)
    for number in range(round(10 * seconds)):
        yield AudioChunk(number / 10, noise, 16_000)
    raise MicrophoneLost("the microphone broke off")


@pytest.mark.parametrize("where", ["play", "drain"])
def test_a_speaker_that_fails_in_the_tone_is_not_blamed_on_the_microphone(
    where: str, loudspeaker: Loudspeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    loudspeaker.fails_in = where
    monkeypatch.setattr(senses, "open_microphone", lambda address, clock, light: itertools.islice(room_sound(9.0), 50))
    finding = sensed(senses.speaker)
    assert (finding.state, finding.text) == ("warn", "default: the sound card takes no more sound")
    assert "microphone" not in finding.remedy


def test_a_microphone_that_fails_is_not_blamed_on_the_speaker(
    loudspeaker: Loudspeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senses, "open_microphone", lambda address, clock, light: room_sound(2.0))
    finding = sensed(senses.speaker)
    assert finding.text == "no tone could be heard back: the microphone broke off"
    assert finding.remedy == "see the microphone above"


def test_a_microphone_that_is_wrongly_named_is_not_blamed_on_the_speaker(loudspeaker: Loudspeaker) -> None:
    finding = sensed(senses.speaker, microphone="nobody")
    assert finding.text.startswith("no tone could be heard back: no microphone 'nobody'")


def test_without_a_microphone_the_tone_is_played_for_your_ears(loudspeaker: Loudspeaker) -> None:
    says = "default: a tone was played; no microphone is there to hear it back"
    assert sensed(senses.speaker, microphone="none") == Finding("speaker", "ok", says)
    assert len(loudspeaker.played) == 1


def test_a_sound_server_that_hangs_is_to_be_restarted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = home / "pactl"
    hanging.write_text("#!/bin/sh\nexec sleep 60")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=":")
    monkeypatch.setattr(senses, "_SERVER_PATIENCE", 0.1)
    finding = sensed(senses.sound_server)
    assert (finding.state, finding.text) == ("warn", "the sound server hangs: pactl got no answer in 0.1 s")
    assert finding.remedy.startswith("restart it: systemctl --user restart")


def test_an_address_can_be_tried_without_a_configuration_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "glasses.toml").write_text('[camera]\naddress = "webcam:7"')
    monkeypatch.setattr(doctor, "MACHINE", ())
    cli.run(["doctor", "--camera", "file:walk.mp4", "--microphone", "none", "--speaker", "wav:answer.wav"])
    out = capsys.readouterr().out
    assert "ok    camera: file:walk.mp4: a file, not tried" in out
    assert "ok    microphone: none is wanted" in out
    assert "ok    speaker: wav:answer.wav: a file, not tried" in out


def test_an_address_on_the_command_line_is_tried_though_the_settings_are_wrong(home: Path) -> None:
    (home / "glasses.toml").write_text('[listen]\nmodle = "tiny"')
    mistake, microphone = doctor.examine((senses.microphone,), {"microphone.address": "none"})
    assert (mistake.check, mistake.state) == ("config", "fail")
    assert microphone == Finding("microphone", "ok", "none is wanted (microphone.address)")


def test_an_empty_address_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--camera", " "]) == 2
    assert capsys.readouterr().err == "glasses: flag: camera.address is empty\n"
