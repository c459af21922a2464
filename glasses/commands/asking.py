"""The options of `ask`, `replay` and `run` that say who is asked, how hard it thinks, and how far pictures may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pipeline.ask.modes import AUTO, MODES
from pipeline.errors import UsageError

_REACHES = ("machine", "lan", "hosted")


def asking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; `asking` makes settings of what they were given."""
    for option in (
        click.option("--offline", is_flag=True, help="Ask nobody but this machine: the same as --reach machine."),
        click.option("--reach", type=click.Choice(_REACHES), help="How far sound, words and pictures may go at most."),
        click.option("--mode", type=click.Choice((AUTO, *MODES)), help="How hard to think; auto goes by the question."),
        click.option(
            "--backend", metavar="ADDRESS", help="Who is asked: ondevice, meta:MODEL or http://HOST/v1#MODEL."
        ),
    ):
        command = option(command)
    return command


def asking(
    backend: str | None = None, mode: str | None = None, reach: str | None = None, offline: bool = False
) -> dict[str, str | None]:
    """The settings that the options stand for; None where one was not given. Raises UsageError if two are at odds."""
    if offline and reach not in (None, "machine"):
        raise UsageError(f"--offline and --reach {reach} are at odds; leave one of them out")
    return {"ask.backend": backend, "ask.mode": mode, "ask.reach": "machine" if offline else reach}
