"""`glasses recordings`: what was kept, to list, play and delete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from glasses.recordings.store import Store, Stored

_EPILOG = """\b
Examples:
  glasses recordings
  glasses recordings play walk
  glasses recordings delete walk kitchen
  glasses recordings prune --keep-days 30 --budget 20 --dry-run
  glasses replay "$(glasses recordings path walk)"
"""

_PLAYERS = {"mpv": (), "ffplay": ("-autoexit",), "vlc": ("--play-and-exit",), "open": (), "xdg-open": ()}
"""Commands that play a file, the better first, and what they need to end with it."""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def command(context: click.Context) -> None:
    """List what was recorded, play it, delete it."""
    if not context.invoked_subcommand:
        context.invoke(list_)


@command.command("list", epilog="\b\nExamples:\n  glasses recordings list\n  glasses recordings list --json")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_(as_json: bool = False) -> None:
    """List recordings, the oldest first: when, how long, how large, what they hold."""
    import json
    import sys

    store = _store()
    every = store.listing()
    if as_json:
        click.echo(json.dumps([_fields(stored) for stored in every], ensure_ascii=False))
    elif not every:
        click.echo(f"no recordings in {store.recordings}; glasses record makes one", err=True)
    elif sys.stdout.isatty():
        _table(every)
    else:
        for stored in every:
            click.echo("\t".join(_cells(stored)))


@command.command(epilog="\b\nExamples:\n  glasses recordings play walk\n  glasses recordings play walk --print-path")
@click.argument("name")
@click.option("--print-path", is_flag=True, help="Only print the path of the video file.")
def play(name: str, print_path: bool) -> None:
    """Play the recording NAME with mpv, ffplay, vlc or what the desktop has for videos."""
    import shutil
    import subprocess

    from pipeline.errors import GlassesError

    media = _store().find(name) / "session.mkv"
    if print_path:
        click.echo(media)
        return
    if not media.is_file():
        raise GlassesError(f"{media}: is not there; the recording was broken off before it held anything")
    player = next((player for player in _PLAYERS if shutil.which(player)), None)
    if player is None:
        raise GlassesError(f"no player found for {media}; run: sudo apt install mpv, or open it with your own")
    done = subprocess.run([player, *_PLAYERS[player], str(media)], check=False)
    if done.returncode:
        raise GlassesError(
            f"{player} could not play {media} (exit code {done.returncode}); open it with another player"
        )


@command.command(
    epilog="\b\nExamples:\n  glasses recordings delete walk\n  glasses recordings delete walk kitchen --yes"
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--yes", is_flag=True, help="Don't ask.")
def delete(names: tuple[str, ...], yes: bool) -> None:
    """Delete the recordings NAME... for good. Files in their folders that are not their own are left."""
    store = _store()
    for name in names:
        store.find(name)  # a slip in one of them deletes nothing
    _agree(f"Delete {_listed(names)} for good?", yes)
    for name in dict.fromkeys(names):
        left = store.delete(name)
        click.echo(
            f"deleted {_printable(name)}" + (f", but left {_listed([path.name for path in left])}" if left else "")
        )


@command.command(
    epilog="\b\nExamples:\n  glasses recordings prune --dry-run\n  glasses recordings prune --keep-days 30 --budget 20"
)
@click.option("--keep-days", type=click.IntRange(0), metavar="N", help="Delete what is older (record.keep_days).")
@click.option(
    "--budget",
    type=click.FloatRange(0),
    metavar="GB",
    help="Delete the oldest beyond so many gigabytes (record.budget).",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def prune(keep_days: int | None, budget: float | None, dry_run: bool, yes: bool) -> None:
    """Delete what is older or more than you want to keep; 0 is no limit. Never what is being recorded now."""
    from glasses import config as configuration
    from glasses.recordings.store import Store
    from pipeline.errors import UsageError

    record = configuration.load({"record.keep_days": keep_days, "record.budget": budget}).record
    if not record.keep_days and not record.budget:
        raise UsageError("nothing says what to keep: add --keep-days N or --budget GB, or set them in [record]")
    store = Store(record.folder)
    chosen = store.too_much(record.keep_days, record.budget)
    if chosen and not dry_run:
        _agree(f"Delete {_listed([stored.name for stored in chosen])} for good?", yes)
        chosen = store.prune(record.keep_days, record.budget)
    for stored in chosen:
        click.echo(f"{'would delete' if dry_run else 'deleted'} {'  '.join(_cells(stored)[:4])}")
    if not chosen:
        click.echo("nothing to delete")
    if record.keep_days and (doubt := store.clock_doubt(store.listing())):
        click.echo(f"{doubt}: nothing is deleted by its age", err=True)


@command.command(epilog="\b\nExamples:\n  glasses recordings path\n  glasses recordings path walk")
@click.argument("name", required=False)
def path(name: str | None) -> None:
    """Print the folder of the recording NAME, or the one that all lie in."""
    store = _store()
    click.echo(store.find(name) if name else store.recordings)


def _store() -> Store:
    from glasses import config as configuration
    from glasses.recordings.store import Store

    return Store(configuration.load({}).record.folder)


def _agree(question: str, yes: bool) -> None:
    """Raises UsageError where there is nobody to ask, click.Abort if they don't agree."""
    import sys

    from pipeline.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on whether to delete for good; add --yes")
    click.confirm(question, abort=True)


def _table(every: Sequence[Stored]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in ("name", "start"):
        table.add_column(title, overflow="fold")
    for title in ("length", "size"):
        table.add_column(title, justify="right")
    for title in ("holds", ""):
        table.add_column(title)
    for stored in every:
        *cells, state = _cells(stored)
        style = {"damaged": "red", "broken off": "yellow", "recording": "green"}.get(stored.state, "")
        table.add_row(*map(Text, cells), Text(state, style))
    total = sum(stored.bytes for stored in every)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(every)} recordings, {_size(total)}", style="dim")


def _cells(stored: Stored) -> tuple[str, str, str, str, str, str]:
    held = (("video", stored.has_video), ("sound", stored.has_sound), ("events", stored.has_events))
    return (
        _printable(stored.name),
        f"{stored.start:%Y-%m-%d %H:%M}",
        "" if stored.seconds is None else _length(stored.seconds),
        _size(stored.bytes),
        " ".join(name for name, there in held if there),
        _printable(f"damaged: {stored.damage}" if stored.damage else "" if stored.state == "whole" else stored.state),
    )


def _fields(stored: Stored) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(stored), "path": str(stored.path), "start": stored.start.isoformat(timespec="seconds")}


def _listed(names: Sequence[str] | Sequence[Path]) -> str:
    return ", ".join(_printable(str(name)) for name in names)


def _printable(text: str) -> str:
    from glasses.view import printable

    return printable(text).replace("\n", " ")


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _size(number: int) -> str:
    if number < 1e9:
        return f"{number / 1e6:.1f} MB"
    return f"{number / 1e9:.2f} GB"
