"""How far a benchmark is, and what it found: bars and tables on a terminal, lines in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

Row = Mapping[str, str]
"""Cells by their heads."""


@contextmanager
def progress() -> Iterator[Callable[..., list[Any]]]:
    """A function (title, items[, total]) that makes a list of items while showing how far it is, on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bars:

        def track(title: str, items: Iterable[Any], total: int | None = None) -> list[Any]:
            if not console.is_terminal:
                print(f"{title} ...", file=sys.stderr, flush=True)
            bar = bars.add_task(title, total=total)
            done = []
            for item in items:
                done.append(item)
                bars.advance(bar)
            bars.update(bar, total=len(done), completed=len(done))
            return done

        yield track


def show(name: str, tables: Mapping[str, Sequence[Row]]) -> None:
    """Tables by their titles; on no terminal all of their rows as lines of `name`."""
    for title, rows in tables.items():
        if sys.stdout.isatty():
            table(title, rows)
        else:
            for row in rows:
                line(f"{name}:", row)


def table(title: str, rows: Sequence[Row], *, grouped: bool = False) -> None:
    """At least one row; `grouped`: with a rule between those whose first cells differ."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(*rows[0], title=title)
    firsts = [next(iter(row.values())) for row in rows]
    last = [grouped and one != other for one, other in pairwise([*firsts, None])]
    for row, ends in zip(rows, last, strict=True):
        shown.add_row(*row.values(), end_section=ends)
    Console().print(shown)


def line(begin: str, row: Row) -> None:
    """`begin`, and those cells that are not empty."""
    print(begin, ", ".join(f"{head} {cell}" for head, cell in row.items() if cell), flush=True)
