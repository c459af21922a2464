"""The order of reading: rows along their slope, tables, columns, signs."""

from __future__ import annotations

import math

import pytest

from pipeline.see.layout import Line, Span, in_reading_order


def span(text: str, x: float, y: float, width: float = 100, height: float = 20, tilt: float = 0.0) -> Span:
    """A box of print whose top left corner stands at x, y before the whole picture is turned by `tilt` degrees."""
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Span(text, 0.99, tuple((cx * cos - cy * sin, cx * sin + cy * cos) for cx, cy in corners))


def read(*spans: Span) -> list[str]:
    return [line.text for line in in_reading_order(spans)]


@pytest.mark.parametrize("tilt", [-30, -10, 0, 10, 30])
def test_lines_are_read_along_the_print_however_it_is_tilted(tilt: float) -> None:
    assert read(
        span("18:00", 700, 53, tilt=tilt),
        span("Sunday", 100, 90, tilt=tilt),
        span("Monday", 100, 50, tilt=tilt),
        span("BAKERY", 300, 0, 300, 40, tilt=tilt),
        span("7:30 -", 500, 48, tilt=tilt),
    ) == ["BAKERY", "Monday 7:30 - 18:00", "Sunday"]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [span(f"This is line {n} of the left column", 0, 60 + 26 * n, 300) for n in range(3)]
    right = [span(f"and this is line {n} of the right one", 340, 60 + 26 * n, 300) for n in range(3)]
    texts = read(span("A TITLE OVER BOTH", 150, 0, 340, 34), *right, *left)
    assert texts == ["A TITLE OVER BOTH", *(one.text for one in left), *(one.text for one in right)]


def test_columns_whose_paragraphs_end_level_are_still_columns() -> None:
    spans = [
        span(f"{side} paragraph {number} goes on for so long", x, y, 300)
        for side, x in (("left", 0), ("right", 330))
        for number, y in (("one", 0), ("two", 48), ("three", 96))
    ]
    assert [text.split()[0] for text in read(*reversed(spans))] == ["left"] * 3 + ["right"] * 3


def test_a_table_is_read_row_by_row_however_far_its_numbers_stand() -> None:
    menu = [("Soup of the day", "4.50"), ("Fish with potatoes", "12.90"), ("Apple cake", "3.20")]
    spans = [
        one
        for row, (dish, price) in enumerate(menu)
        for one in (span(dish, 0, 30 * row, 200), span(price, 480, 30 * row + 2, 60))
    ]
    assert read(*spans) == [f"{dish} {price}" for dish, price in menu]


def test_two_signs_are_told_apart_and_read_whole() -> None:
    lines = in_reading_order(
        [
            span("PLATFORM", 0, 0, 200, 40),
            span("TAXIS", 900, 10, 150, 40),
            span("Trains to the city", 0, 60, 240, 30),
            span("and buses", 900, 64, 150, 30),
        ]
    )
    assert [(line.text, line.sign) for line in lines] == [
        ("PLATFORM", 0),
        ("Trains to the city", 0),
        ("TAXIS", 1),
        ("and buses", 1),
    ]


def test_signs_one_above_the_other_are_two() -> None:
    lines = in_reading_order([span("PULL", 100, 400), span("CLOSED", 100, 0, 200, 40)])
    assert [(line.text, line.sign) for line in lines] == [("CLOSED", 0), ("PULL", 1)]


def test_a_line_is_as_certain_as_its_least_certain_part_and_knows_its_place() -> None:
    blurred = Span("2,49", 0.8, span("", 200, 0).corners)
    assert in_reading_order([span("Apples", 0, 0), blurred]) == (Line("Apples 2,49", 0.8, 20.0, 0, (150.0, 10.0)),)


def test_nothing_found_is_no_line() -> None:
    assert in_reading_order([]) == ()
