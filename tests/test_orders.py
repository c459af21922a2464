"""Orders to keep something: recognised as a whole, obeyed, answered, and never sent to a model."""

from __future__ import annotations

import pytest

from pipeline.errors import GlassesError
from pipeline.orders import Order, order_in
from pipeline.types import FrameChoice
from tests.timeline import Scripted, Timeline, of


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("Take a picture.", "take picture"),
        ("Please take a photo of this!", "take picture"),
        ("Can you take another picture, please?", "take picture"),
        ("Record this.", "start recording"),
        ("Start recording now", "start recording"),
        ("Okay, record a video.", "start recording"),
        ("Stop recording.", "stop recording"),
        ("Stop the recording, please.", "stop recording"),
        ("Take a picture of this sign.", "take picture"),
        ("Take a picture of the red sign", "take picture"),
        ("Take a photo of my new front door please", "take picture"),
        ("Take a picture of these three cups", "take picture"),
        ("Take a picture of my mother's chair.", "take picture"),
        ("Can you take a picture for me?", "take picture"),
        ("Hey, take a picture.", "take picture"),
        ("So, um, take a picture.", "take picture"),
        ("I want you to take a picture.", "take picture"),
        ("Well, I'd like you to take a picture of that for me.", "take picture"),
        ("And record this for me.", "start recording"),
        ("Stop recording this.", "stop recording"),
        ("Um, stop recording that video now.", "stop recording"),
        ("What is in the picture?", None),
        ("Did you take a picture?", None),
        ("How do I take a picture with this camera?", None),
        ("Should I take a picture of this?", None),
        ("So should I take a picture of this?", None),
        ("Do you want me to take a picture?", None),
        ("Can you take a picture of this sign and read it to me?", None),
        ("Take a picture of the sign and tell me what it says", None),
        ("Take a picture of this sign, what does it say?", None),
        ("Take a picture of this, what is it?", None),
        ("Take a picture of this, what's this?", None),
        ("Take a picture of this, tell me more", None),
        ("I want you to tell me who took the picture", None),
        ("Who holds the world record?", None),
        ("How do I stop the recording on this camera?", None),
        ("Record", None),
        ("", None),
    ],
)
def test_only_a_whole_order_is_one(said: str, order: Order | None) -> None:
    assert order_in(said) == order


class Notes:
    """Keeps nothing but what it was told to."""

    def __init__(self, fault: GlassesError | None = None) -> None:
        self._fault = fault
        self.obeyed: list[tuple[Order, float]] = []

    async def obey(self, order: Order, choice: FrameChoice) -> str:
        if self._fault:
            raise self._fault
        self.obeyed.append((order, choice.frames[0].t))
        return "Picture taken."


def test_an_order_is_obeyed_with_what_was_seen_and_nobody_is_asked() -> None:
    keeper, backend = Notes(), Scripted("never said")
    events = Timeline(keeper=keeper).says(2.0, 3.0, "Take a picture.").play(backend)
    ((order, t),) = keeper.obeyed
    assert order == "take picture"
    assert 1.0 <= t <= 3.3
    assert backend.questions == []
    assert of(events, "spoken")[0].data["heard_text"] == "Picture taken."
    assert of(events, "answered")[0].data["outcome"] == "ok"


def test_an_order_that_cannot_be_obeyed_is_said() -> None:
    keeper = Notes(GlassesError("no room in /pictures", told="The disk is full."))
    events = Timeline(keeper=keeper).says(2.0, 3.0, "Take a picture.").play(Scripted("never said"))
    assert of(events, "fault")[0].data == {"what": "no room in /pictures", "told": "The disk is full."}
    assert of(events, "spoken")[0].data["heard_text"] == "The disk is full."


def test_where_nothing_is_kept_an_order_is_a_question_like_any_other() -> None:
    backend = Scripted("I can't.")
    Timeline().says(2.0, 3.0, "Take a picture.").play(backend)
    assert [question.text for question in backend.questions] == ["Take a picture."]
