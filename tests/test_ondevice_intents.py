"""What a question wants, by its words."""

from __future__ import annotations

import pytest

from pipeline.ask.ondevice.intents import understood
from pipeline.see.coco import BY_NAME, GROUPS, KINDS, called, named_in
from pipeline.types import Exchange


@pytest.mark.parametrize(
    ("asked", "kind", "subject"),
    [
        ("What does this say?", "read", ""),
        ("Do you see any text?", "read", ""),
        ("Is there a sign?", "read", ""),
        ("What time does it close?", "fact", "a time"),
        ("How much is it?", "fact", "a price"),
        ("What's the expiry date?", "fact", "a date"),
        ("Which bus is this?", "fact", "a number of a bus or line"),
        ("How many tablets can I take?", "fact", "a dose"),
        ("How much should I take?", "fact", "a dose"),
        ("When is the next train to Manchester?", "fact", "a time"),
        ("Where is my cup?", "find", "cup"),
        ("Where's my coffee mug?", "find", "mug"),
        ("Where did I put my cup?", "find", "cup"),
        ("Where could my cup be?", "find", "cup"),
        ("Have you seen my cup?", "find", "cup"),
        ("Which way is the door?", "find", "door"),
        ("Where am I?", "describe", ""),
        ("What's happening?", "describe", ""),
        ("Is the door open?", "unknown", ""),
        ("Is the shop open?", "fact", "a time"),
        ("How do I open it?", "unknown", ""),
        ("Until when is it good?", "fact", "a date"),
        ("Has this gone off?", "fact", "a date"),
        ("When was it packed?", "fact", "a date"),
        ("What's the number of the bus?", "fact", "a number of a bus or line"),
        ("What's the batch number?", "fact", "a batch number"),
        ("What's the total?", "fact", "a price"),
        ("Tell me the colour of the car.", "colour", "car"),
        ("What's on the menu?", "read", ""),
        ("Is there anybody here?", "find", "anybody"),
        ("Is there a door?", "find", "door"),
        ("Is there a bus stop near here?", "find", "bus stop"),
        ("Where is my phone?", "find", "phone"),
        ("Is my phone on the table?", "find", "phone"),
        ("Find my wallet.", "find", "wallet"),
        ("How many people are there?", "count", "people"),
        ("How many stairs are there?", "count", "stairs"),
        ("What colour is this?", "colour", ""),
        ("What color are these shoes?", "colour", "shoes"),
        ("What colour is the car on the left?", "colour", "car"),
        ("Is my shirt red or blue?", "colour", "shirt"),
        ("Is the light on?", "light", ""),
        ("Is the lamp turned off?", "light", ""),
        ("Is it dark in here?", "light", ""),
        ("What does this code say?", "code", ""),
        ("Scan the bar code.", "code", ""),
        ("Describe this.", "describe", ""),
        ("What is in front of me?", "describe", ""),
        ("What can you see?", "describe", ""),
        ("What kind of animal is this?", "identify", "animal"),
        ("Who is that?", "unknown", ""),
        ("What time is it?", "unknown", ""),
        ("Is the traffic light green?", "unknown", ""),
        ("Is it safe to cross?", "unknown", ""),
        ("", "unknown", ""),
        ("Yes, please.", "on", ""),
        ("Go on.", "on", ""),
        ("Read on.", "on", ""),
        ("Read it.", "read", ""),
        ("No, thank you.", "no", ""),
    ],
)
def test_a_question_is_understood_well_enough_to_choose(asked: str, kind: str, subject: str) -> None:
    intent = understood(asked)
    assert (intent.kind, intent.fact.name if intent.fact else intent.subject) == (kind, subject)


@pytest.mark.parametrize(
    ("before", "asked", "kind", "subject"),
    [
        ("Where is my cup?", "And the phone?", "find", "phone"),
        ("What colour is the cup?", "What about the chair?", "colour", "chair"),
        ("How many people are there?", "And dogs?", "count", "dogs"),
        ("When does it close on Saturday?", "And on Sunday?", "fact", ""),
        ("Where is my cup?", "And what does it say?", "read", ""),
        ("Who is that?", "And the phone?", "unknown", ""),
    ],
)
def test_a_follow_up_wants_the_same_of_something_else(before: str, asked: str, kind: str, subject: str) -> None:
    intent = understood(asked, (Exchange(before, "..."),))
    assert (intent.kind, intent.subject) == (kind, subject)


def test_only_what_is_needed_is_perceived() -> None:
    assert understood("What does it say?").needs == ("read",)
    assert understood("Where is my cup?").needs == ("light", "objects")
    assert understood("How many capsules are there?").needs == ("light", "objects", "read")
    assert understood("Is there a toilet?").needs == ("light", "objects", "read")
    assert understood("Yes").needs == ()


def test_things_are_known_by_many_names() -> None:
    assert len(KINDS) == 80
    assert named_in("are there any mugs or bikes?") == ("mug", ("cup",))
    assert called("big wine glasses")[1] == ("wine glass",)
    assert called("coffee shop") == ("", ())
    assert named_in("my glasses") == ("", ())
    assert {name for group in GROUPS for name in named_in(group)[1]} <= set(BY_NAME)
    assert BY_NAME["knife"].plural == "knives"
    assert BY_NAME["bench"].plural == "benches"
