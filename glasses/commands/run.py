"""`glasses run`: see, hear and answer, live."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from glasses.commands.asking import asking, asking_options
from pipeline.converse.attention import STARTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from glasses.live import Wish
    from pipeline.types import Event

_EPILOG = """\b
Examples:
  glasses run
  glasses run --camera webcam:1 --microphone card:USB --speaker default
  glasses run --camera rtsp://192.168.1.20/live --backend http://localhost:11434/v1#qwen3-vl:2b
  glasses run --camera none --json > events.jsonl

  glasses run --start wake
  glasses run --start name

Ask a question aloud, and speak over an answer to end it; say "stop", "say that again", "slower", "louder",
"spell it", "take a picture", "record this" or "stop recording". The space bar ends an answer, and begins a
question with --start key. Ctrl-C ends the session.
"""


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `run` and `record` share."""
    for option in (
        asking_options,
        click.option("--json", "as_json", is_flag=True, help="Print the event log live, one JSON object a line."),
        click.option("--preview", is_flag=True, help="Show the picture and the microphone's level in the terminal."),
        click.option("--speaker", metavar="ADDRESS", help="What speaks: default, card:NAME, wav:FILE or none."),
        click.option(
            "--start",
            type=click.Choice(STARTS),
            help="What begins a question: any speech, a wake word, a spoken name, or a key. Default: always.",
        ),
        click.option("--button", metavar="ADDRESS", help="What is pressed: keyboard (space bar or Enter) or none."),
        click.option("--microphone", metavar="ADDRESS", help="What hears: default, card:NAME, file:CLIP or none."),
        click.option(
            "--camera",
            metavar="ADDRESS",
            help="What sees: webcam, webcam:1, rtsp://..., http://..., file:CLIP or none.",
        ),
    ):
        command = option(command)
    return command


@click.command(epilog=_EPILOG)
@device_options
@click.option("--record", metavar="NAME", help="Record the session too, as `glasses record NAME --ask`.")
def command(record: str | None, **options: Any) -> None:
    """See, hear and answer, live, until Ctrl-C; every address is as `glasses devices` lists them.

    What is said is answered from the picture that was seen with it. Say which words are meant: all (--start always),
    those behind a wake word (okay nabu; start.wake_word in the configuration), behind "hey glasses", or behind a key.
    """
    from glasses.live import Wish

    begin(Wish(record=record), **options)


def begin(
    wish: Wish,
    *,
    camera: str | None,
    start: str | None,
    button: str | None,
    microphone: str | None,
    speaker: str | None,
    preview: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Run a live session with these options."""
    from dataclasses import replace

    from rich.console import Console

    from glasses import config as configuration
    from glasses.live import live
    from glasses.view import Timeline
    from pipeline.errors import UsageError

    config = configuration.load(
        {
            "camera.address": camera,
            "microphone.address": microphone,
            "speaker.address": speaker,
            "start.how": start,
            "start.button": button,
            **asking(**asked),
        }
    )
    console = Console(highlight=False)
    if preview and (as_json or not console.is_terminal):
        raise UsageError("--preview needs a terminal to draw on; leave it out, or --json")
    if config.microphone.address == "none" and wish.answers:
        raise UsageError("without a microphone no question can be heard; use `glasses record` to keep pictures only")
    terminal = console if console.is_terminal and not as_json else None
    show = _print_line if as_json else Timeline(console)
    live(config, replace(wish, console=terminal, preview=preview), show)
    # All is said and kept. Python's own end would wait for threads in libraries, and take the models apart first.
    os._exit(0)


def _print_line(event: Event) -> None:
    from pipeline.events import to_line

    click.echo(to_line(event))
