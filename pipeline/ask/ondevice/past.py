"""What is said to a question about what was, or what has changed: each picture for itself, and no more than that.

Two pictures are not compared thing by thing: what recognition finds in one and misses in the other has not come or
gone, and a head that has turned sees something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.ask.ondevice.answers import Seen, answer
from pipeline.ask.ondevice.intents import Intent
from pipeline.ask.ondevice.reading import Told

_CHANGES = re.compile(r"\b(?:chang\w*|different)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class View:
    """A picture of several, and what was perceived of it."""

    t: float  # when the light fell, seconds
    seen: Seen


def over_time(asked: str, views: Sequence[View]) -> Told:
    """What each of `views` (at least one, in any order) shows, the oldest first."""
    return Told(tuple(_told(asked, sorted(views, key=lambda view: view.t))))


def _told(asked: str, views: Sequence[View]) -> Iterator[str]:
    *earlier, newest = views
    if not earlier:
        yield "I have only one view of that."
    elif _CHANGES.search(asked):
        yield "I can't tell for certain what changed, but I can tell what I recognise."
    for view in earlier:
        yield from _opened(f"{_ago(newest.t - view.t)} earlier", view.seen)
    yield from _opened("Now", newest.seen)


def _opened(when: str, seen: Seen) -> Iterator[str]:
    first, *others = answer(Intent("describe"), "", seen).sentences
    yield f"{when}: {first}"
    yield from others


def _ago(seconds: float) -> str:
    whole = max(1, round(seconds))
    return "A second" if whole == 1 else f"{whole} seconds"
