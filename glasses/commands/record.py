"""`glasses record`: keep what is seen and heard."""

from __future__ import annotations

from typing import Any

import click

from glasses.commands.run import device_options

_EPILOG = """\b
Examples:
  glasses record walk-to-the-station
  glasses record kitchen --camera webcam:1 --preview
  glasses record demo --ask
  glasses replay "$(glasses recordings path demo)"

Ctrl-C ends it, and so does a double tap of the button or the space bar. A long press, or the
key p, closes camera and microphone, and opens them again.

`glasses recordings` lists, plays and deletes what was kept.
"""


@click.command(epilog=_EPILOG)
@click.argument("name", required=False)
@device_options
@click.option("--ask", is_flag=True, help="Questions are answered too, as by `glasses run`.")
def command(name: str | None, ask: bool, **options: Any) -> None:
    """Record what the glasses see and hear as NAME (the time, if there is none), until Ctrl-C.

    A recording is a folder with a video that any player opens; it survives a killed process and a power cut.
    """
    from glasses.commands.run import begin
    from glasses.live import Wish
    from pipeline.errors import UsageError

    for_answers = ("speaker", "start", "backend", "mode", "reach", "offline")
    useless = [option for option in for_answers if options[option]]
    if useless and not ask:
        raise UsageError(f"--{useless[0]} is for answers, and without --ask there are none")
    begin(Wish(title=name or "Recording", answers=ask, record=name or ""), **options)
