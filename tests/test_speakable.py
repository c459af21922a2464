"""What models write, as a voice can say it."""

from __future__ import annotations

import random

import pytest

from pipeline.speak.speakable import speakable


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**bold** and *it* and ***both*** and `code` and ~~no~~", "bold and it and both and code and no"),
        ("# Heading", "Heading"),
        ("- item", "item"),
        ("    * nested", "nested"),
        ("> quoted", "quoted"),
        ("1. Take two pills.", "1. Take two pills."),
        ("- Milk\n- Bread", "Milk. Bread"),
        ("| Monday | 9:30 |", "Monday, 9:30"),
        ("[the page](https://example.com/x) says", "the page says"),
        ("![a cat](cat.png)", "a cat"),
        ("<b>wet</b><br>paint", "wet paint"),
        ("salt &amp; pepper", "salt & pepper"),
        (r"\*not bold\*", "not bold"),
        ("snake_case", "snake case"),
        ("It is red [1].", "It is red."),
    ],
)
def test_markdown_is_not_spoken(written: str, said: str) -> None:
    assert speakable(written) == said.replace("9:30", "9 30")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("**bold, and", "more** here"),
        ("[the page, and", "more](https://example.com/x) here"),
        ("`code, and", "more` here"),
        ("*__bold, and", "more__* here"),
    ],
)
def test_markdown_cut_in_two_by_a_clause_is_not_spoken_either(first: str, second: str) -> None:
    assert speakable(first).endswith(", and")
    assert speakable(second) == "more here"


@pytest.mark.parametrize(
    "written", ["", " ", "**", "*", "---", "***", "|---|:-:|", "```python", "...", "## ", "!?", "“”"]
)
def test_where_there_is_nothing_to_say_nothing_is_said(written: str) -> None:
    assert speakable(written) == ""


def test_no_mark_is_ever_spoken() -> None:
    draw = random.Random(1)
    for _ in range(300):
        said = speakable("".join(draw.choices(["a", "1", " ", "word", *"*_`~[]()|#>-+!\n<&.:/😀\\"], k=30)))
        assert not set(said) & set("*_`[]|😀\n")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Great! 😀", "Great!"),
        ("👍🏽", "thumbs up"),
        ("1️⃣ First", "1 First"),
    ],
)
def test_emoji_are_named_only_where_there_is_nothing_else(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("See https://www.example.co.uk/foo_bar?x=1.", "See example dot co dot uk."),
        ("(https://example.com/a)", "(example dot com)"),
        ("<https://example.com>", "example dot com"),
        ("example.com/menu is it", "example dot com is it"),
        ("www.example.org!", "example dot org!"),
        ("either/or", "either or"),
    ],
)
def test_a_url_is_said_as_its_host(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$3.50", "3 dollars 50"),
        ("$1", "1 dollar"),
        ("$1,250.00", "1,250 dollars"),
        ("$0.99", "99 cents"),
        ("£1.05", "1 pound and 5 pence"),
        ("3,50 €", "3 euros 50"),
        ("$5M or $2.5 million", "5 million dollars or 2.5 million dollars"),
        ("20 °C, 68°F, 1 °C", "20 degrees Celsius, 68 degrees Fahrenheit, 1 degree Celsius"),
        ("5 km/h", "5 kilometres per hour"),
        ("60 mph", "60 miles per hour"),
        ("2 x 500 mg", "2 times 500 milligrams"),
        ("250 kcal/100 g", "250 kilocalories per 100 grams"),
        ("10 m² and 50 m.", "10 square metres and 50 metres."),
        ("6 ft, 1 oz, 5'10\"", "6 feet, 1 ounce, 5 foot 10"),
        ("2*3*4", "2 times 3 times 4"),
        ("1/2 cup, 1 1/2 cups, 2½ cups", "a half cup, 1 and a half cups, 2 and a half cups"),
        ("No. 5 and #6", "number 5 and number 6"),
        ("~5, <6, >$7", "about 5, less than 6, more than 7 dollars"),
        ("Call (555) 123-4567.", "Call 5 5 5, 1 2 3, 4 5 6 7."),
        ("5012345678900", "5 0 1 2 3 4 5 6 7 8 9 0 0"),
    ],
)
def test_numbers_and_units_are_written_out(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("9:00-17:30", "9 o'clock to 17 30"),
        ("9:05", "9 oh 5"),
        ("17:00", "17 hundred"),
        ("Mon–Fri: 9am-5pm, Sat 10:00 AM – 2:00 PM", "Monday to Friday: 9am to 5pm, Saturday 10 AM to 2 PM"),
        ("3 p.m.–5 p.m.", "3 p.m. to 5 p.m."),
        ("5-10 minutes in 1990–1995", "5 to 10 minutes in 1990 to 1995"),
        ("10%–20%", "10% to 20%"),
        ("2025-03-12", "March 12, 2025"),
        ("EXP 12/2025", "EXP December 2025"),
        ("Jan. 5 and Sept. 4", "January 5 and September 4"),
        ("24/7", "24 7"),
    ],
)
def test_times_dates_and_ranges_are_written_out(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Dr. Smith lives on Main St. with Mrs. Jones.", "Doctor Smith lives on Main Street with Missis Jones."),
        ("St. Mary", "Saint Mary"),
        ("Oak Rd.", "Oak Road."),
        ("IT IS HOT", "it IS HOT"),
        ("A -> B", "A to B"),
        ("停 means 止まれ", "Chinese writing means Japanese writing"),
    ],
)
def test_words_that_the_voice_reads_wrongly_are_mended(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    "text",
    [
        "NO PARKING",
        "It closes at 7 p.m. today, at 50% off.",
        "e.g. apples, vitamin B12 and Wi-Fi 6 in the 1980s",
        "-5 degrees, 3.14, 1,000,000 and v1.2.3",
        "foo@example.com",
        "He came 5 in the race, no. Yes!",
        "It's 10:15:30 on an iPhone 12 mini.",
        "12/03/2025",
    ],
)
def test_what_the_voice_reads_well_is_left_alone(text: str) -> None:
    assert speakable(text) == text


def test_what_was_made_speakable_stays_as_it_is() -> None:
    said = speakable("**Open** 9:00-17:30, $3.50, 5 km/h, see https://example.com/x.")
    assert speakable(said) == said
