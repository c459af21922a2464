"""What packages bring, ours and anybody's: entry points in our groups, each loaded once it is asked for by its name."""

from __future__ import annotations

from typing import Any

from pipeline.errors import GlassesError


def on_offer(kind: str) -> list[str]:
    """The names of all that there is of this kind, in the group `glasses.backends` for "backend"; nothing is loaded."""
    from importlib import metadata

    return sorted(metadata.entry_points(group=f"glasses.{kind}s").names)


def brought(kind: str, name: str) -> Any | None:
    """What the entry point `name` of this kind gives; None without one.

    Raises GlassesError if it can't be loaded.
    """
    from importlib import metadata

    point = next(iter(metadata.entry_points(group=f"glasses.{kind}s", name=name)), None)
    if point is None:
        return None
    try:
        return point.load()
    except Exception as error:  # a package of anybody's: whatever its import raises
        raise GlassesError(f"the {kind} '{name}' can't be loaded ({type(error).__name__}: {error})") from error
