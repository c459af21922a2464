"""The order in which print is read: pieces to lines, lines to signs, columns and tables told apart. Pure geometry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median
from typing import TypeVar

T = TypeVar("T")

_SIGN_GAP = 2.5
"""Heights of the larger print between two lines beyond which they belong to two signs."""

_ROW_GAP = 3.0
"""The same beside each other; a number may stand farther from its name, as on every price list."""

_NUMBER_GAP = 20.0

_BLOCK_GAP = 1.3
"""Heights between two lines beyond which they are two paragraphs."""

_HEADING = 1.4
"""How many times larger a heading is than what stands below it: it may stand over two columns."""

_CELL = 14
"""Characters of the mean entry beyond which two columns side by side are prose, and not a table."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of print as it was found, before the lines are put together."""

    text: str
    confidence: float  # 0 to 1
    corners: tuple[tuple[float, float], ...]  # x, y in pixels: top left, top right, bottom right, bottom left


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print."""

    text: str
    confidence: float  # 0 to 1, of its least certain part
    height: float = 0.0  # of its letters, pixels
    sign: int = 0  # lines of one sign have the same number
    centre: tuple[float, float] = (0.0, 0.0)  # x, y in pixels, along and across the print


def in_reading_order(spans: Sequence[Span]) -> tuple[Line, ...]:
    """Spans put together to lines: sign after sign, column after column, row after row, along the print's own slope.

    Print that is close is one sign. Within it, paragraphs are found by their gaps; two of them side by side are a
    table if their rows stand level and their entries are short or numbers (read row by row), else columns (read one
    after the other). Signs and columns are ordered by recursive cuts through the white between them (Nagy and Seth,
    "Hierarchical representation of optically scanned documents", ICPR 1984).
    """
    if not spans:
        return ()
    slope = _slope(spans)
    pieces = sorted((_Piece(span, slope) for span in spans), key=lambda piece: piece.y)
    signs = _ordered([_Area(group) for group in _joined(pieces, _of_one_sign)])
    lines: list[Line] = []
    for number, sign in enumerate(signs):
        blocks = [_Area(group) for group in _joined(sign.pieces, _of_one_block)]
        blocks = [_Area([piece for block in group for piece in block.pieces]) for group in _joined(blocks, _a_table)]
        for block in _ordered(blocks):
            lines += [_line(row, number) for row in _rows(block.pieces)]
    return tuple(lines)


class _Box:
    """Anything with edges, in coordinates along and across the lines."""

    left: float
    right: float
    top: float
    bottom: float

    def beside(self, other: _Box) -> float:
        """The gap between them along the lines; negative where they overlap."""
        return max(self.left, other.left) - min(self.right, other.right)

    def above(self, other: _Box) -> float:
        """The gap between them across the lines; negative where they overlap."""
        return max(self.top, other.top) - min(self.bottom, other.bottom)


class _Piece(_Box):
    """A span, and where it is."""

    def __init__(self, span: Span, slope: float) -> None:
        cos, sin = math.cos(slope), math.sin(slope)
        along = [x * cos + y * sin for x, y in span.corners]
        across = [y * cos - x * sin for x, y in span.corners]
        top_left, _, _, bottom_left = span.corners
        self.span = span
        self.height = math.dist(top_left, bottom_left)
        self.left, self.right = min(along), max(along)
        self.y = mean(across)
        self.top, self.bottom = self.y - self.height / 2, self.y + self.height / 2

    @property
    def is_number(self) -> bool:
        """A time, a price, an amount: at least half of what is no punctuation are digits."""
        written = [character for character in self.span.text if character.isalnum()]
        return 2 * sum(character.isdigit() for character in written) >= max(1, len(written))

    def level_with(self, other: _Piece) -> bool:
        """As high up, to half of the smaller one's height."""
        return bool(abs(self.y - other.y) < min(self.height, other.height) / 2)

    def shares_row_with(self, other: _Piece) -> bool:
        """Level, and beside each other: boxes of neighbours may overlap a little."""
        return self.level_with(other) and self.beside(other) > -min(self.height, other.height)


class _Area(_Box):
    """Pieces together: a paragraph, or a sign."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self.pieces = sorted(pieces, key=lambda piece: piece.y)
        self.left = min(piece.left for piece in pieces)
        self.right = max(piece.right for piece in pieces)
        self.top = min(piece.top for piece in pieces)
        self.bottom = max(piece.bottom for piece in pieces)


def _of_one_sign(one: _Piece, other: _Piece) -> bool:
    height = max(one.height, other.height)
    if one.level_with(other):
        return one.beside(other) <= (_NUMBER_GAP if one.is_number or other.is_number else _ROW_GAP) * height
    return one.above(other) <= _SIGN_GAP * height and one.beside(other) <= height


def _of_one_block(one: _Piece, other: _Piece) -> bool:
    height = max(one.height, other.height)
    if one.level_with(other):
        return one.beside(other) <= _BLOCK_GAP * height
    alike = height <= _HEADING * min(one.height, other.height)
    return alike and one.above(other) <= _BLOCK_GAP * height and one.beside(other) < 0


def _a_table(one: _Area, other: _Area) -> bool:
    """Side by side, with rows that stand level, and entries that are short or numbers."""
    if one.beside(other) < 0:
        return False
    fewer, more = sorted((one.pieces, other.pieces), key=len)
    level = sum(any(piece.level_with(neighbour) for neighbour in more) for piece in fewer)
    if 2 * level < len(fewer) or not level:
        return False
    numbers = any(2 * sum(piece.is_number for piece in side) >= len(side) for side in (fewer, more))
    return numbers or all(mean(len(piece.span.text) for piece in side) <= _CELL for side in (fewer, more))


def _joined(items: Sequence[T], near: Callable[[T, T], bool]) -> list[list[T]]:
    """Items in groups, so that each is near another of its group and none is near one of another group."""
    groups: list[list[T]] = []
    for item in items:
        touched = [group for group in groups if any(near(item, member) for member in group)]
        groups = [group for group in groups if group not in touched]
        groups.append([member for group in touched for member in group] + [item])
    return groups


def _ordered(areas: Sequence[_Area]) -> list[_Area]:
    """Left before right where they stand beside each other, else the upper first."""
    if len(areas) < 2:
        return list(areas)
    if len(columns := _columns(areas)) > 1:
        return [area for column in columns for area in _ordered(column)]
    bands = _cut(areas, lambda area: (area.top, area.bottom))
    if len(bands) == 1:
        return sorted(areas, key=lambda area: (area.top, area.left))
    # Paragraphs of two columns may end level by chance: bands that together are columns stay together.
    together = [bands[0]]
    for band in bands[1:]:
        if len(_columns(both := [*together[-1], *band])) > 1:
            together[-1] = both
        else:
            together.append(band)
    return [area for band in together for area in _ordered(band)]


def _columns(areas: Sequence[_Area]) -> list[list[_Area]]:
    """Areas in columns, where at least two of them stand beside each other; else all in one."""
    columns = _cut(areas, lambda area: (area.left, area.right))
    level = any(one.above(other) < 0 for left, right in pairwise(columns) for one in left for other in right)
    return columns if level else [list(areas)]


def _cut(areas: Iterable[_Area], edges: Callable[[_Area], tuple[float, float]]) -> list[list[_Area]]:
    """Areas in groups with white between them."""
    groups: list[list[_Area]] = []
    end = -math.inf
    for area in sorted(areas, key=edges):
        begin, until = edges(area)
        if begin >= end:
            groups.append([])
        groups[-1].append(area)
        end = max(end, until)
    return groups


def _rows(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    rows: list[list[_Piece]] = []
    for piece in pieces:
        row = next((row for row in rows if row[-1].shares_row_with(piece)), None)
        if row:
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _line(row: Sequence[_Piece], sign: int) -> Line:
    centre = (row[0].left + row[-1].right) / 2, mean(piece.y for piece in row)
    text = " ".join(piece.span.text for piece in row)
    height = mean(piece.height for piece in row)
    return Line(text, min(piece.span.confidence for piece in row), height, sign, centre)


def _slope(spans: Sequence[Span]) -> float:
    """The angle of most print, radians; that of a span shorter than it is high says nothing."""
    angles = []
    for (left, top), (right, upper), _, (x, y) in (span.corners for span in spans):
        width, height = math.dist((left, top), (right, upper)), math.dist((left, top), (x, y))
        if width > 2 * height:
            angles.append(math.atan2(upper - top, right - left))
    return median(angles) if angles else 0.0
