"""What packages of others bring: an entry point in one of our groups, loaded once somebody asks for it by its name."""

from __future__ import annotations

from typing import Any

from pipeline.errors import GlassesError


def brought(kind: str, name: str) -> Any | None:
    """What the entry point `name` in the group of this kind gives, `glasses.backends` for "backend"; None without one.

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
