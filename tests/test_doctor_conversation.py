"""The doctor on what starts a question, and on hearing while it speaks."""

from __future__ import annotations

import sys

import pytest

from glasses import config as configuration
from glasses.doctor import conversation


@pytest.mark.parametrize(
    ("how", "says"),
    [("always", "anything"), ("name", "hey glasses"), ("key", "press"), ("wake", "okay_nabu")],
)
def test_it_says_what_starts_a_question(how: str, says: str) -> None:
    (finding,) = conversation.start(configuration.defaults({"start.how": how}))
    assert (finding.state, says in finding.text) == ("ok", True)


def test_a_wake_word_that_nobody_knows_fails_with_those_that_are() -> None:
    config = configuration.defaults({"start.how": "wake", "start.wake_word": "hey_computer"})
    (finding,) = conversation.start(config)
    assert finding.state == "fail"
    assert "alexa" in finding.text


def test_it_says_that_it_can_be_spoken_over() -> None:
    (finding,) = conversation.echo(configuration.defaults({}))
    assert (finding.state, "speak over it" in finding.text) == ("ok", True)


@pytest.mark.parametrize(("echo", "state"), [("auto", "warn"), ("cancel", "fail"), ("half", "ok"), ("off", "ok")])
def test_without_echo_cancellation_it_says_half_duplex(echo: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    (finding,) = conversation.echo(configuration.defaults({"listen.echo": echo}))
    assert finding.state == state
    assert ("half duplex" in finding.text) == (echo != "off")
    assert finding.remedy or echo in ("half", "off")
