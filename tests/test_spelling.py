"""Key words spelt aloud."""

from __future__ import annotations

import re

import numpy as np
import pytest
import soxr

from glasses import weights
from pipeline.listen.transcriber import RATE
from pipeline.speak.piper import Piper
from pipeline.speak.spelling import spelled
from tests.people import whisper


@pytest.mark.parametrize(
    ("text", "aloud"),
    [
        ("bouillon", "bouillon: B, O, U, I; L, L, O, N."),
        ("Tea", "Tea: T, E, A."),
        ("It says exit.", "says: S, A, Y, S. exit: E, X, I, T."),
        ("Yes.", "Yes: Y, E, S."),
        ("It is Maggi.", "Maggi: M, A, G, G, I."),
        ("**Maggi**", "Maggi: M, A, G, G, I."),
    ],
)
def test_a_short_answer_is_spelt_whole(text: str, aloud: str) -> None:
    assert spelled(text) == aloud


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The label says that it is made by Maggi.", ["Maggi"]),
        ("That is Anna Karenina, a novel by Leo Tolstoy.", ["Anna", "Karenina", "Leo", "Tolstoy"]),
        ("It says Maggi. The Maggi is yellow, and I like Maggi.", ["Maggi"]),
        ("Your train leaves from platform 7b at 9:30.", ["7b", "9:30"]),
        ('The sign says "mind the gap" in white letters.', ["mind", "the", "gap"]),
        ("The sign says “mind the gap” in white letters.", ["mind", "the", "gap"]),
        ("The dish on the menu is called crème brûlée.", ["crème", "brûlée"]),
        ("There is no price on it. It is not for sale.", []),
        ("It is a bottle of bouillon on the shelf.", ["bottle", "bouillon"]),
        ("Their web page is glasses.com, it says.", ["glasses.com"]),
    ],
)
def test_of_a_longer_one_what_is_worth_noting_down(text: str, words: list[str]) -> None:
    assert re.findall(r"(\S+): ", spelled(text)) == words


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("info@it-x.de", "I, N, F; O, at, I; T, dash, X; dot, D, E."),
        ("Café", "C, A, F, E with acute."),
        ("STOP", "S, T, O, P."),
        ("Straße", "S, T, R; A, sharp S, E."),
        ("1234", "1, 2, 3, 4."),
        ("O'Neill", "O, apostrophe, N; E, I, L, L."),
    ],
)
def test_marks_and_accents_have_names(text: str, letters: str) -> None:
    assert spelled(text) == f"{text}: {letters}"


@pytest.mark.parametrize("text", ["", "...", "超市", "\N{CUP WITH STRAW}", "---"])
def test_where_there_are_no_letters_nothing_is_spelt(text: str) -> None:
    assert spelled(text) == ""


def test_nobody_is_spelt_a_page() -> None:
    names = " ".join(f"We know Name{n}." for n in range(50))
    assert len(re.findall(r"\b[A-Z0-9](?=[,;.])", spelled(names))) == 40
    assert spelled("A" * 99).count("A,") < 40


@pytest.mark.slow
def test_a_recogniser_writes_down_the_letters_that_were_spelt() -> None:
    joe = Piper(weights.piper("en_US-joe-medium"))
    sound = np.concatenate(list(joe.synthesise(spelled("Maggi"))))
    heard = whisper("base").transcribe(soxr.resample(sound, joe.rate, RATE))
    assert "MAGGI" in re.sub(r"\W", "", heard.text.upper())
