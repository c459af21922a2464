"""Print as sentences: what belongs together, what is read first, and what is left to read on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.ask.ondevice.reading import (
    MORE,
    naturally,
    read_aloud,
    read_on,
    sentences,
    signs,
    speakable_case,
)
from pipeline.see.layout import Line
from pipeline.speak.speakable import speakable

PARAGRAPH = [f"This is sentence number {number} of a letter about nothing." for number in range(1, 21)]


def lines(texts: Sequence[str], height: float = 20.0) -> list[Line]:
    return [Line(text, 0.99, height) for text in texts]


def test_a_sentence_that_goes_on_in_the_next_line_is_put_together() -> None:
    assert sentences(lines(["Keep out of the sight and", "reach of children.", "Expires 08/2027"])) == [
        "Keep out of the sight and reach of children.",
        "Expires 08/2027.",
    ]


def test_a_line_that_ends_in_the_middle_of_a_sentence_goes_on_whatever_the_next_begins_with() -> None:
    assert sentences(lines(["The water will be turned off on", "Thursday until noon. Please close all", "taps."])) == [
        "The water will be turned off on Thursday until noon. Please close all taps."
    ]
    assert sentences(lines(["Do not use after the ex-", "piry date"])) == ["Do not use after the expiry date."]
    assert sentences(lines(["ON", "OFF"])) == ["ON.", "OFF."]
    assert sentences(lines(["Tel. 020 7946 0958", "www.example.org"])) == ["Tel. 020 7946 0958.", "www.example.org."]


def test_what_stands_on_two_signs_is_never_one_sentence() -> None:
    assert sentences([Line("Trains to", 0.99, 20, 0), Line("toilets", 0.99, 20, 1)]) == ["Trains to.", "toilets."]


def test_chinese_and_japanese_lines_are_named_once_by_an_english_voice() -> None:
    assert speakable(sentences(lines(["出口", "禁止吸烟"]))[0]) == "Chinese writing."
    assert speakable(sentences(lines(["出口", "トイレはこちら"]))[0]) == "Japanese writing."
    assert [speakable(text) for text in sentences(lines(["Exit 出口", "禁止吸烟"]))] == [
        "Exit Chinese writing.",
        "Chinese writing.",
    ]


def test_two_signs_are_told_apart_with_where_the_second_is() -> None:
    there = [
        Line("Platform 4", 0.99, 40, 0, (200, 100)),
        Line("Way out", 0.99, 30, 1, (800, 120)),
        Line("Lift", 0.99, 30, 2, (820, 600)),
    ]
    assert [*signs(there)] == ["It says: Platform 4.", "To the right it says: Way out.", "Below it says: Lift."]


def test_a_long_text_is_told_by_its_largest_print_and_read_on_in_parts() -> None:
    letter = [*lines(["Residents' meeting", "Monday 7 pm"], 44), *lines(PARAGRAPH)]
    told = read_aloud(letter)
    assert told.sentences == (
        "It is a long text.",
        "The largest print says: Residents' meeting.",
        "Monday 7 pm.",
        MORE,
    )
    first = read_on(told.left)
    assert first.sentences[0] == PARAGRAPH[0]
    assert first.sentences[-1] == MORE
    parts = [first]
    while parts[-1].left:
        parts.append(read_on(parts[-1].left))
    assert [text for part in parts for text in part.sentences[:-1]] == PARAGRAPH
    assert parts[-1].sentences[-1] == "That is all."


def test_a_long_text_of_one_size_begins_at_its_beginning() -> None:
    told = read_aloud(lines(PARAGRAPH))
    assert told.sentences[1] == f"It begins: {PARAGRAPH[0]}"
    assert told.sentences[-1] == MORE
    assert 0 < len(told.left) < len(PARAGRAPH)


def test_a_short_text_is_read_at_once() -> None:
    assert read_aloud(lines(PARAGRAPH[:3])).left == ()


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("NO ENTRY", "No Entry"),
        ("PARACETAMOL 500 mg", "Paracetamol 500 mg"),
        ("EXP 08/2027 LOT B4471", "Exp 08/2027 Lot B4471"),
        ("BBC", "BBC"),
        ("The NHS and a WC", "The NHS and a WC"),
        ("DON'T WALK", "Don't Walk"),
        ("ÉCOLE", "École"),
        ("500 mg", "500 mg"),
        ("McDonald", "McDonald"),
    ],
)
def test_capitals_become_words_that_a_voice_does_not_spell(written: str, spoken: str) -> None:
    assert speakable_case(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Packed 01.03.2027", "Packed March 1, 2027"),
        ("Use by 24/12/2027", "Use by December 24, 2027"),
        ("Use by 12/24/2027", "Use by December 24, 2027"),
        ("Use by 03/04/2027", "Use by 03/04/2027"),
        ("Version 1.2.2027.4", "Version 1.2.2027.4"),
        ("99.99.2027", "99.99.2027"),
        ("€ 2,49", "2 euros 49"),
        ("£3.50 per 500 g", "3 pounds 50 per 500 grams"),
        ("Exp 08/2027", "Exp August 2027"),
        ("Open 9:00 - 14:00", "Open 9 o'clock to 14 hundred"),
        ("Call +44 20 7946 0123", "Call 4 4, 2 0, 7 9 4 6, 0 1 2 3"),
        ("Tel. 020 7946 0123", "telephone 0 2 0, 7 9 4 6, 0 1 2 3"),
        ("(0114) 496 0123", "0 1 1 4, 4 9 6, 0 1 2 3"),
        ("Call 07700 900123", "Call 0 7 7 0 0, 9 0 0 1 2 3"),
        ("+44 (0)20 7946 0123", "4 4, 0, 2 0, 7 9 4 6, 0 1 2 3"),
        ("01 23 45 67 89", "0 1, 2 3, 4 5, 6 7, 8 9"),
        ("Packed 01-03-2027", "Packed 01-03-2027"),
        ("0.123456789", "0.123456789"),
        ("Best before end: 11-2027", "Best before end: November 2027"),
        ("EXP 11.2027", "EXP November 2027"),
        ("Use by 03 DEC 2026", "Use by 3 DEC 2026"),
        ("Mon-Fri 8.30am - 6pm", "Monday to Friday 8 30am to 6pm"),
        ("9.00 - 17.30", "9 o'clock to 17 30"),
        ("Ouvert 7h30", "Ouvert 7 30"),
        ("10:00～21:00", "10 o'clock to 21 hundred"),
        ("Sun closed", "Sunday closed"),
        ("Energy 412 kJ / 98 kcal", "Energy 412 kilojoules, 98 kilocalories"),
        ("12 oz / 340 g", "12 ounces, 340 grams"),
        ("98 kcal / 100 g", "98 kilocalories per 100 grams"),
        ("200 mg / 5 ml", "200 milligrams per 5 millilitres"),
        ("Weight limit 7.5 t", "Weight limit 7.5 tonnes"),
        ("ΕΙΣΟΔΟΣ Entrance", "Greek writing Entrance"),
        ("25 μg", "25 micrograms"),
        ("Аптека открыта", "Cyrillic writing"),
        ("Store below 25 °C", "Store below 25 degrees Celsius"),
    ],
)
def test_times_prices_dates_numbers_and_measures_are_said_naturally(written: str, spoken: str) -> None:
    assert speakable(naturally(written)) == spoken
