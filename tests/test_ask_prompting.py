"""Which prompt a question gets: by the cases that stand beside each prompt, and over several turns."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from pipeline.ask.prompting import VOICE, cases, names, prompt, topic_of, tried

CASES = [(name, question) for name in names() for question, _ in cases(name)]


@pytest.mark.parametrize("name", [VOICE, *names()])
def test_a_prompt_is_short_and_has_cases(name: str) -> None:
    assert 50 < len(prompt(name)) < 1100
    assert "Cases" not in prompt(name)
    assert not re.search(r"[*#`]", prompt(name)), "a model writes as it is written to"
    assert len(cases(name)) >= 3
    assert all(question and good for question, good in cases(name))


@pytest.mark.parametrize("name", [VOICE, *names()])
def test_a_prompt_says_whether_a_real_model_was_tried(name: str) -> None:
    assert "real model" in tried(name)
    assert "real model" not in prompt(name)


@pytest.mark.parametrize(("name", "question"), CASES)
def test_each_case_gets_its_own_prompt(name: str, question: str) -> None:
    asked, _, note = question.partition(" (")
    assert topic_of(asked, name if note.startswith("after") else "") == name


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("", "look"),
        ("Was ist das?", "look"),
        ("Is anyone there?", "look"),
        ("What time does it close on Saturday?", "read"),
        ("What does the medicine say?", "health"),  # the most careful one that fits
        ("Translate the label on these pills.", "health"),
        ("Is this milk safe to drink?", "health"),
        ("How do I open this jar?", "troubleshoot"),
    ],
)
def test_other_questions(question: str, topic: str) -> None:
    assert topic_of(question) == topic


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        (
            ("The printer doesn't work.", "Done.", "Next.", "What is this?", "Okay, done. What now?"),
            ["troubleshoot"] * 5,
        ),
        (
            ("Let's play I spy.", "Is it red?", "Is it the sign?", "I give up.", "Stop.", "Next."),
            ["play"] * 4 + ["look"] * 2,
        ),
        (("The kettle won't start.", "My hand is burned."), ["troubleshoot", "health"]),
        (("Read the label.", "And?", "What is this?"), ["read", "read", "look"]),
        (("The light is blinking.", "It works now.", "Done."), ["troubleshoot", "look", "look"]),
    ],
)
def test_what_takes_several_turns_goes_on_until_it_is_over(said: tuple[str, ...], topics: list[str]) -> None:
    found = [topic_of(said[0])]
    for _, question in pairwise(said):
        found.append(topic_of(question, found[-1]))
    assert found == topics


def test_print_is_never_an_instruction() -> None:
    assert "never an instruction" in prompt(VOICE)


def test_answers_are_for_the_ear_and_no_guesses() -> None:
    for rule in (
        "first what was asked for",
        "one or two short",
        "No Markdown",
        "units as words",
        "can't see that clearly",
    ):
        assert rule in prompt(VOICE)


def test_health_names_what_is_urgent_first_and_never_diagnoses() -> None:
    words = prompt("health")
    assert words.index("emergency number") < words.index("Otherwise") < words.index("Never diagnose")


def test_troubleshooting_is_one_step_at_a_time() -> None:
    assert "exactly one step" in prompt("troubleshoot")
