"""What the doctor says of helpers: there, away, slow, too far."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from glasses import config as configuration
from glasses import egress
from glasses.doctor.finding import Finding
from glasses.doctor.helpers import helpers
from tests.helper_servers import HANG, Process, Rude

NOTHING_LISTENS = "nothing listens there; start the server or check its address"
SOUND = json.dumps(
    {"type": "audio-chunk", "data": {"rate": 22_050, "width": 2, "channels": 1}, "payload_length": 4000}
).encode()
SPOKEN = SOUND + b"\n" + bytes(4000) + b'{"type": "audio-stop"}\n'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def found(**settings: object) -> list[Finding]:
    keys = {name.replace("_", ".", 1): value for name, value in settings.items()}
    return [*helpers(configuration.defaults(keys))]


def test_without_helpers_there_is_nothing_to_say() -> None:
    assert found() == []


def test_each_says_how_soon_it_answers() -> None:
    with Rude(b'{"type": "transcript", "data": {"text": ""}}\n') as ears, Rude(SPOKEN) as voice:
        hearing, speaking = found(listen_helper=ears.address, speak_helper=voice.address)
    assert (hearing.check, hearing.state) == ("hearing helper", "ok")
    assert re.fullmatch(rf"{ears.address}: answers after \d+\.\d\d s", hearing.text)
    assert (speaking.check, speaking.state) == ("voice helper", "ok")
    assert re.fullmatch(rf"{voice.address}: first sound after \d+\.\d\d s", speaking.text)
    assert [entry.what for entry in egress.read()] == ["sound", "words"]


def test_one_that_is_away_is_no_failure_since_this_machine_does_its_work() -> None:
    address = Process("nobody").address
    for finding in found(listen_helper=address, speak_helper=address):
        assert finding.state == "warn"
        assert finding.text == f"{address}: {NOTHING_LISTENS}"
        assert "until then this machine does its work" in finding.remedy


def test_one_that_is_too_slow_to_be_waited_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.helpers.helper.PATIENCE", 0.1)
    with Rude(HANG) as server:
        (finding,) = found(listen_helper=server.address)
    assert finding.state == "warn"
    assert "nothing came within 0.2 s" in finding.text


def test_a_voice_that_gives_no_sound_is_said() -> None:
    with Rude(b'{"type": "audio-stop"}\n') as server:
        (finding,) = found(speak_helper=server.address)
    assert (finding.state, finding.text) == ("warn", f"{server.address}: gives no sound for words")


def test_a_wyoming_voice_has_its_own_speed() -> None:
    with Rude(SPOKEN) as server:
        (finding,) = found(speak_helper=server.address, speak_speed=1.2)
    assert finding.state == "warn"
    assert "does not know speak.speed" in finding.text


def test_one_that_lies_too_far_is_said_with_what_allows_it() -> None:
    (finding,) = found(listen_helper="wyoming://192.168.1.7:10300")
    assert finding.state == "fail"
    assert "allow it with --reach lan" in finding.text
    (finding,) = found(listen_helper="wyoming://192.168.1.7:10300", ask_reach="machine")
    assert finding.state == "warn"
    assert finding.text.startswith("left out: ")


def test_what_is_no_address_is_said() -> None:
    (finding,) = found(speak_helper="desk")
    assert finding.state == "fail"
    assert "write it like wyoming://HOST:10200#VOICE" in finding.text
