"""Clauses: cut early at first, then in sentences; nothing lost, whatever the packets."""

from __future__ import annotations

import random
import re

import pytest

from pipeline.speak.clauses import Clauses

TEXTS = [
    "Yes. The sign says stop, and below it the words: no entry. Turn left! Is that clear?",
    "I see a white door with a small brass plate that names a doctor and below it a bell. Press it.",
    "Dr. Smith, e.g., is in at 7 p.m. on Oak St. 5... It costs $3.50 — or 1,250; see [it, now. Ok](https://a.b/c,d).",
    "**Note:** it is *open*.\n\n1. **Milk**, fresh\n2. Bread\n\n| a | b |\n|---|---|\n\n```\nx = 2*3*4\n```\nDone",
    "你好，今天天气很好，我们去公园吧。他说：“好。”然后走了！？Ok. 😀 Fine…  yes\r\n \t\nno",
    "x" * 700 + " " + "word " * 120 + "end",
    "* ** ---\n#\n... ?! .",
    "",
]


def clauses(text: str, *, packets: list[str] | None = None) -> list[str]:
    cutter = Clauses()
    whole = [clause for packet in packets or [text] for clause in cutter.feed(packet)]
    return whole + cutter.finish()


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_is_lost_or_doubled(text: str) -> None:
    assert without_space("".join(clauses(text))) == without_space(text)


def test_nothing_is_lost_of_random_text_either() -> None:
    draw = random.Random(1)
    for _ in range(50):
        text = "".join(draw.choices("ab. C,1:;!?-–—…()[]*_`|#\n \t\"'”。，你😀é", k=400))
        assert without_space("".join(clauses(text))) == without_space(text)


@pytest.mark.parametrize("text", TEXTS)
def test_packets_make_no_difference(text: str) -> None:
    draw = random.Random(text)
    for _ in range(20):
        cuts = sorted(draw.choices(range(len(text) + 1), k=draw.randint(0, 60)))
        packets = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert clauses(text, packets=packets) == clauses(text)


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        ("Yes. The sign says stop.", "Yes."),
        ("The sign says, in red letters, no entry.", "The sign says,"),
        ("No, it is closed now, come back at nine.", "No, it is closed now,"),
        ("It is open – but only until five.", "It is open –"),
        ("You need to know this: it is closed.", "You need to know this:"),
        ("The sign on the left says that the shop is open from nine until five.",
         "The sign on the left says that the shop is open"),
        ("It costs $1,250 and opens 9:00-17:30, daily.", "It costs $1,250 and opens 9:00-17:30,"),
        ("**Note:** it is wet, so take care.", "**Note:** it is wet,"),
        ("😀 Hello there. Welcome.", "😀 Hello there."),
    ],
)  # fmt: skip
def test_the_first_clause_is_cut_as_early_as_it_sounds_natural(answer: str, first: str) -> None:
    assert clauses(answer)[0] == first


def test_the_first_clause_does_not_wait_for_the_rest() -> None:
    cutter = Clauses()
    assert cutter.feed("The sign says,") == []
    assert cutter.feed(" ") == ["The sign says,"]


def test_later_clauses_are_whole_sentences() -> None:
    assert clauses("Yes. It is red, round, large, and new. It says: stop, please.") == [
        "Yes.",
        "It is red, round, large, and new.",
        "It says: stop, please.",
    ]


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    long = "It lists the sugar that was used for the cake and the flour and the eggs, the butter, and the milk."
    assert clauses("Yes. " + long)[1:] == [
        "It lists the sugar that was used for the cake and the flour and the eggs,",
        "the butter, and the milk.",
    ]


def test_no_clause_is_endless() -> None:
    assert max(map(len, clauses("word " * 500))) <= 300
    assert max(map(len, clauses("x" * 5000))) <= 300


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Prof. Jones are in.",
        "Use tools, e.g. Hammers.",
        "Take approx. 5 grams.",
        "It costs 3.50.",
        "It closes at 7 p.m. today.",
        "Read https://example.com/a.html?b=1. It",
        "Get version 1.2.3 now.",
        "J. R. R. Tolkien wrote it.",
        "George W. Bush said so.",
        "Wait... what is it?",
        "Take Fig. 3 and No. 5.",
        "He is in the U.S. Army.",
        "1. Take two pills.",
        "- St. Mary is open.",
        "Look at [the page. It is good](https://a.b).",
    ],
)
def test_what_only_looks_like_the_end_of_a_sentence_does_not_cut_it(sentence: str) -> None:
    later = clauses("Yes. " + sentence)[1:]
    assert later == ([sentence] if not sentence.endswith(" It") else [sentence[:-3], "It"])


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It costs five. 24 shops are open.", ["It costs five.", "24 shops are open."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("**Open daily.** The shop is big.", ["**Open daily.**", "The shop is big."]),
        ("Great! 😀 Have fun.", ["Great!", "😀 Have fun."]),
        ("今天天气很好！是吗？好", ["今天天气很好！", "是吗？", "好"]),
        ("- Open: 9\n- Closed: 5", ["- Open: 9", "- Closed: 5"]),
        ("Heading\n\nText", ["Heading", "Text"]),
    ],
)
def test_sentences_and_lines_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert clauses("Yes. " + text)[1:] == sentences


def test_the_next_answer_starts_afresh() -> None:
    cutter = Clauses()
    assert cutter.feed("Yes. It is") == ["Yes."]
    assert cutter.finish() == ["It is"]
    assert cutter.finish() == []
    assert cutter.feed("The sign says, no") == ["The sign says,"]


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)
