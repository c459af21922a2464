"""What people see of helpers: who is away, and what was sent to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from glasses import cli, egress
from glasses import config as configuration
from glasses.helping import opened
from glasses.situation import Situation
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.types import Event
from tests.helper_servers import Rude


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def situation(*events: tuple[str, Mapping[str, object]]) -> Situation:
    stands = Situation()
    for number, (kind, data) in enumerate(events):
        stands(Event(float(number), number, 0, kind, dict(data)))
    return stands


LOST = ("helper.lost", {"helper": "hearing helper", "what": "desk: nothing listens there"})
VOICE_LOST = ("helper.lost", {"helper": "voice helper", "what": "desk: nothing listens there"})
BACK = ("helper.back", {"helper": "hearing helper"})


def test_a_helper_that_is_away_is_shown_until_it_is_back() -> None:
    assert situation(LOST, VOICE_LOST).lost == ("hearing helper", "voice helper")
    assert situation(LOST, VOICE_LOST, BACK).lost == ("voice helper",)


def test_privacy_closes_devices_and_says_nothing_about_helpers() -> None:
    camera_lost = ("camera.lost", {"what": "unplugged"})
    assert situation(LOST, camera_lost, ("privacy", {"state": "on"})).lost == ("hearing helper",)


def test_what_was_sent_to_a_helper_can_be_read_and_is_not_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async def main(clock: Clock) -> None:
        config = configuration.defaults({"listen.helper": ears.address, "speak.helper": voice.address})
        hearing, speaking = opened(config, clock, EventLog(clock))
        assert hearing
        assert speaking
        assert await hearing.warm()
        await hearing.transcribe(np.zeros(16_000, np.int16))
        _ = [piece async for piece in speaking.speak("My secret.", 1.0)]

    says = b'{"type": "info"}\n{"type": "transcript", "data": {"text": ""}}\n'
    with Rude(says) as ears, Rude(b'{"type": "audio-stop"}\n') as voice:
        clocks.run(main, virtual=True)
    assert [(entry.what, entry.bytes, entry.reach) for entry in egress.read()] == [
        ("contact", 0, "machine"),
        ("sound", 32_000, "machine"),
        ("words", 10, "machine"),
    ]
    assert "secret" not in egress.path().read_text()
    assert cli.run(["egress"]) == 0
    contact, sound, words, _ = capsys.readouterr().out.splitlines()
    assert contact.endswith(f"{ears.address}  nothing: whether it is there")
    assert sound.endswith(f"32.0 kB  127.0.0.1 (machine)               {ears.address}  sound")
    assert words.endswith(f"{voice.address}  words")


def test_a_line_from_before_there_were_helpers_was_a_question() -> None:
    line = {"when": "2026-01-01T00:00:00", "backend": "b", "host": "h", "reach": "lan", "bytes": 1, "frames": []}
    egress.path().parent.mkdir(parents=True)
    egress.path().write_text(json.dumps({**line, "session": "2026-01-01"}) + "\n")
    (entry,) = egress.read()
    assert entry.what == "question"
