"""`glasses replay`: a recording through the whole pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from glasses.commands.asking import asking, asking_options
from pipeline.converse.attention import STARTS

if TYPE_CHECKING:
    from glasses.replaying import CostsName
    from pipeline.types import Event

_EPILOG = """\b
Examples:
  glasses replay recordings/shop-sign
  glasses replay my-clip.mp4 --backend http://localhost:11434/v1#qwen3-vl:2b
  glasses replay recordings/shop-sign --costs fixed --json > events.jsonl
  glasses replay recordings/shop-sign --realtime --speaker default
"""


@click.command(epilog=_EPILOG)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--realtime", is_flag=True, help="Replay at the speed of life.")
@click.option(
    "--costs",
    type=click.Choice(["measured", "fixed", "recorded"]),
    default="measured",
    show_default=True,
    help="What work costs in replay: what it takes here, the table [costs] of the configuration, or what "
    "events.jsonl of the recording says (with its answers).",
)
@asking_options
@click.option(
    "--start",
    type=click.Choice(STARTS),
    default="always",
    show_default=True,
    help="What begins a question in it, as for `glasses run`.",
)
@click.option(
    "--speaker", metavar="ADDRESS", help="Where the answer sounds: none, wav:FILE, or default (with --realtime)."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Keep events.jsonl and answer.wav there.")
@click.option("--play", is_flag=True, help="Play the answer at the end, where there is a sound card (needs --out).")
@click.option("--json", "as_json", is_flag=True, help="Print the event log, one JSON object a line, and nothing else.")
def command(
    path: Path,
    realtime: bool,
    costs: str,
    start: str,
    speaker: str | None,
    out: Path | None,
    play: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Replay PATH, a recording or any video with sound, through the whole pipeline.

    What was asked in it is heard, looked at and answered aloud, faster than life and without a device.
    """
    from glasses import config as configuration
    from glasses.models import Models
    from glasses.replaying import replay
    from pipeline.errors import GlassesError, UsageError
    from pipeline.events import to_line

    if play and not out:
        raise UsageError("--play needs --out DIR, where the answer is kept")
    if speaker == "default" and not realtime:
        raise UsageError("a sound card can only be used at the speed of life: add --realtime, or use --out DIR --play")
    if costs == "recorded" and asked["backend"]:
        raise UsageError("with --costs recorded the answers come from the recording's own log: leave out --backend")
    config = configuration.load(asking(**asked) | {"start.how": start})
    models = Models(config)
    show: Callable[[Event], None]
    if as_json:

        def show(event: Event) -> None:
            click.echo(to_line(event))
    else:
        from rich.console import Console

        from glasses.view import Timeline

        show = Timeline(Console(highlight=False))
    replay(
        path,
        config,
        models,
        costs=cast("CostsName", costs),
        realtime=realtime,
        speaker=speaker or "none",
        out=out,
        subscribers=[show],
    )
    if out and not as_json:
        click.echo(f"answer kept in {out / 'answer.wav'}, log in {out / 'events.jsonl'}")
    if play and out:
        from devices.speaker_card import play_file

        try:
            play_file(out / "answer.wav")
        except GlassesError as error:
            click.echo(f"not played: {error}", err=True)
