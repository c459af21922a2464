"""Recognised things in words: how many, where, what they look like, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.see.coco import BY_NAME
from pipeline.see.objects import LIKELY, SURE, Thing

_CLOSE, _FAR = 1.2, 8.0
"""Metres up to which a thing is close, and from which it is far away. The estimate may be wrong by half."""

_BESIDE = 0.36
"""Share of the picture's width from either edge that is left or right."""

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_MANY = 5
"""From here on the count is a lower limit: in crowds, the detector misses as many as it finds."""

_PLAIN_COLOURS = ("black", "white", "red", "yellow", "green", "blue", "purple", "pink")
"""Colours told unasked: by lamplight, many a red or white thing is orange, brown or grey to a camera."""

_COLOURLESS = ("person", "table", "bed")
"""Kinds of which no colour is told unasked: what is on them counts more than they do."""


def named(things: Sequence[Thing]) -> list[Thing]:
    """Those that are certain enough to be named at all."""
    return [thing for thing in things if thing.confidence >= LIKELY]


def listed(things: Sequence[Thing]) -> str:
    """Things in words, those of a kind together: "two cups, one on the left and one ahead, and a cat on the right"."""
    kinds = list(dict.fromkeys(thing.name for thing in things))
    return joined([_group([thing for thing in things if thing.name == kind]) for kind in kinds])


def joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"; with longer parts a comma before the last as well."""
    comma = "," if any("," in part for part in parts) else ""
    return f"{comma} and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def counted(number: int, name: str, plural: str) -> str:
    """ "one cup", "two cups", "at least six people"."""
    how_many = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{'at least ' if number >= _MANY else ''}{how_many} {name if number == 1 else plural}"


def with_article(name: str) -> str:
    """ "a cup", "an orange"; a plural stays alone."""
    if name.endswith("s") and not name.endswith("ss") and name not in BY_NAME:
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def places(things: Sequence[Thing]) -> str:
    """Where several of a kind are: "one on the left and one ahead", "all on the left"."""
    found = [where(thing) for thing in things]
    if len(set(found)) == 1:
        return f"{'both' if len(found) == 2 else 'all'} {found[0]}"
    different = list(dict.fromkeys(found))
    return joined([f"{_NUMBERS[min(10, found.count(place))]} {place}" for place in different])


def where(thing: Thing) -> str:
    """Left, ahead or right, as somebody sees it who looks through the camera."""
    left, _, right, _ = thing.box
    middle = (left + right) / 2
    if right - left > 1 - 2 * _BESIDE + 0.3:
        return "right ahead"
    return "on the left" if middle < _BESIDE else "on the right" if middle > 1 - _BESIDE else "ahead"


def _group(things: Sequence[Thing]) -> str:
    kind = BY_NAME[things[0].name]
    if len(things) > 1:
        return f"{counted(len(things), kind.name, kind.plural)}, {places(things)}"
    return ", ".join(_one(things[0]))


def _one(thing: Thing) -> Iterator[str]:
    colour = thing.colour if thing.colour in _PLAIN_COLOURS and thing.name not in _COLOURLESS else ""
    name = with_article(f"{colour} {thing.name}".strip())
    hedge = "" if thing.confidence >= SURE else "what looks like "
    distance = "close" if 0 < thing.metres < _CLOSE else "far away" if thing.metres > _FAR else ""
    yield f"{hedge}{name} {where(thing)}"
    if distance:
        yield distance
