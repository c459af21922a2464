"""How hard to think: the wearer's words, the configuration and the question itself, in this order."""

from __future__ import annotations

import pytest

from glasses import config as configuration
from pipeline.ask.modes import Mode, mode_of
from pipeline.errors import UsageError
from tests.timeline import Scripted, Timeline, of


@pytest.mark.parametrize(
    ("question", "mode"),
    [
        ("Think about it: which of these is mine?", "thinking"),
        ("What is this? Take your time.", "thinking"),
        ("Is that the right bolt? Think hard.", "thinking"),
        ("Solve it step by step.", "thinking"),
        ("Quick, what does it say?", "instant"),
        ("Why is it red? Just quickly.", "instant"),
        ("Quick question: explain the sign.", "instant"),
        ("Contemplate this. Which answer is right?", "contemplating"),
        ("Get a second opinion: is this ripe?", "contemplating"),
        ("What is this? Think it over.", "contemplating"),
    ],
)
def test_what_the_wearer_says_counts_whatever_is_configured(question: str, mode: Mode) -> None:
    for setting in ("auto", "instant", "thinking", "contemplating"):
        chosen, why = mode_of(question, setting)
        assert (chosen, why.startswith("the wearer said")) == (mode, True)


@pytest.mark.parametrize("setting", ["instant", "thinking", "contemplating"])
def test_otherwise_it_is_as_configured(setting: str) -> None:
    assert mode_of("Why is the light red?", setting) == (setting, "ask.mode")


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Why is the light blinking?", "asks why"),
        ("How much is that in total?", "asks to calculate"),
        ("Which is cheaper, the left or the right one?", "asks to compare"),
        ("Can you explain this figure?", "asks to explain"),
        ("What's wrong with the machine?", "asks what is wrong"),
        ("How do I fix this?", "asks what is wrong"),
        ("How long until the train leaves?", "asks about time left"),
        ("Is this still safe to eat?", "asks whether it is safe"),
    ],
)
def test_left_to_the_question_hard_ones_are_thought_about(question: str, why: str) -> None:
    assert mode_of(question) == ("thinking", why)


@pytest.mark.parametrize(
    "question",
    [
        "What does it say?",
        "What is this?",
        "Read the sign.",
        "What does the quick brown fox jump over?",
        "Is anyone there?",
        "What time does it close on Saturday?",
        "",
        "Was ist das?",
    ],
)
def test_plain_ones_are_answered_at_once(question: str) -> None:
    assert mode_of(question) == ("instant", "a plain question")


def test_nobody_is_contemplated_for_without_being_asked_to() -> None:
    """Several agents cost several times as much, so no rule chooses them."""
    assert mode_of("Explain why this equation is wrong and calculate the total.")[0] == "thinking"


def test_the_log_says_how_a_question_was_asked_and_why() -> None:
    mind = Scripted("A cup.")
    events = Timeline().says(1.0, 2.0, "Think hard, what is this?").says(6.0, 7.0, "What is this?").play(mind)
    assert [(event.data["mode"], event.data["why"]) for event in of(events, "asked")] == [
        ("thinking", "the wearer said 'think hard'"),
        ("instant", "a plain question"),
    ]
    assert [question.mode for question in mind.questions] == ["thinking", "instant"]


def test_the_setting_is_one_of_four() -> None:
    assert configuration.load({"ask.mode": "thinking"}, {}).ask.mode == "thinking"
    with pytest.raises(UsageError, match=r"ask\.mode must be one of auto, instant, thinking, contemplating"):
        configuration.load({"ask.mode": "hard"}, {})
