"""`glasses latency`: where the time goes between a question and the first sound of its answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.types import Event

_EPILOG = """\b
Examples:
  glasses latency recordings/two-questions
  glasses latency recordings/shop-sign --runs 10
  glasses latency out/demo/events.jsonl
"""


@click.command(epilog=_EPILOG)
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="How often to replay it.")
@click.option("--backend", metavar="ADDRESS", help="Who is asked: ondevice, openai:MODEL or http://HOST:PORT/v1#MODEL.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(recording: Path, runs: int, backend: str | None, as_json: bool) -> None:
    """Show the stages of each turn of RECORDING, their median and 95th percentile.

    RECORDING is replayed with the costs measured on this machine; an event log (events.jsonl) is read as it is.
    """
    import json

    from glasses import config as configuration
    from glasses.models import Models
    from glasses.replaying import replay
    from pipeline.errors import GlassesError
    from pipeline.latency import STAGES, latencies, summary

    if recording.suffix == ".jsonl":
        try:
            turns = latencies(_read(recording))
        except KeyError as error:
            raise GlassesError(f"{recording}: an event lacks {error}; replay the recording again") from error
    else:
        config = configuration.load({"ask.backend": backend, "start.how": "always"})
        models = Models(config)
        turns = []
        for _ in range(runs):
            turns += latencies(replay(recording, config, models).events)
    if not turns:
        raise GlassesError(f"{recording}: no turn was asked and answered aloud, so there is no latency to show")
    if not as_json:
        from rich.console import Console

        from glasses.view import latency_table

        latency_table(turns, Console(highlight=False))
        return
    columns = {stage: [turn.stages[stage] for turn in turns] for stage in STAGES}
    columns["first sound"] = [turn.first_sound for turn in turns]
    totals = {name: dict(zip(("median", "p95"), summary(values), strict=True)) for name, values in columns.items()}
    rows = [{"turn": turn.turn, **turn.stages, "first sound": turn.first_sound} for turn in turns]
    click.echo(json.dumps({"turns": rows, "seconds": totals}))


def _read(log: Path) -> list[Event]:
    """The events of a log. Raises UsageError if it can't be read, GlassesError if it is none."""
    from pipeline.errors import UsageError
    from pipeline.events import from_lines

    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{log}: {error.strerror}; name an event log or a recording") from error
    return list(from_lines(text.split("\n"), where=str(log)))
