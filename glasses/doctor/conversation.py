"""Checks of the conversation: what starts a question, whether it hears others while it speaks, what ends a turn."""

from __future__ import annotations

from collections.abc import Iterator

from glasses.doctor.finding import Finding
from glasses.settings import Config
from pipeline.errors import GlassesError

_STARTS = {
    "always": "anything that is said is taken as a question",
    "name": "a question begins behind its name: “hey {name}, ...”",
    "key": "a question begins at the press of a key",
}


def start(config: Config) -> Iterator[Finding]:
    """What begins a question, and whether that can be heard."""
    how = config.start.how
    if how != "wake":
        yield Finding("start", "ok", _STARTS[how].format(name=config.start.name))
        return
    from pipeline.listen.wake import MicroWakeWord

    try:
        MicroWakeWord(config.start.wake_word)
    except GlassesError as error:
        yield Finding("start", "fail", str(error), 'or begin questions by name: start.how = "name"')
    else:
        yield Finding("start", "ok", f"a question begins behind the wake word {config.start.wake_word}")


def echo(config: Config) -> Iterator[Finding]:
    """Whether it can be interrupted on open speakers."""
    wanted = config.listen.echo
    if wanted == "off":
        yield Finding("echo", "ok", "no echo is cancelled: for headphones")
        return
    if wanted == "half":
        yield Finding("echo", "ok", "half duplex: nothing is heard while it speaks; a key ends an answer")
        return
    from pipeline.listen.echo import FullDuplex

    try:
        FullDuplex()
    except GlassesError as error:
        remedy = 'or use headphones and listen.echo = "off"'
        yield Finding("echo", "fail" if wanted == "cancel" else "warn", f"half duplex: {error}", remedy)
    else:
        yield Finding("echo", "ok", "its own voice is taken out of what it hears: speak over it to end an answer")
