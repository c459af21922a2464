"""Orders by voice: recognised as a whole, obeyed, answered, and never sent to a model."""

from __future__ import annotations

import pytest

from pipeline.converse.orders import KEEPING, KeepingOrder, Order, order_in, word_to_spell
from pipeline.errors import GlassesError
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


TALKING: dict[Order | None, list[str]] = {
    "stop": [
        *("Stop.", "stop", "Stop!", "Stop. Stop!", "Stop, stop, stop.", "No, stop.", "Wait, stop!", "Please stop."),
        *("Okay, stop now.", "Stop it right now.", "Alright, that's enough."),
        *("Stop it.", "Stop that, please.", "Stop talking.", "Can you stop talking, please?", "Hey glasses, stop."),
        *("Cancel.", "Cancel that.", "Never mind.", "Nevermind.", "Oh, never mind. Thanks.", "Forget it."),
        *(
            "Be quiet.",
            "Quiet, please.",
            "Shut up!",
            "Shut up, will you?",
            "That's enough.",
            "That’s enough, thank you.",
        ),
        *("Enough.", "That'll do.", "Stop reading."),
        *("Stopp!", "Halt.", "Sei still, bitte.", "Hör auf.", "Para.", "¡Cállate, por favor!", "Basta, basta."),
        *("Arrête.", "Tais-toi !", "Ça suffit."),
    ],
    "repeat": [
        *("Say that again.", "Say that again, please?", "Can you say it again?", "Repeat that.", "Repeat.", "Again?"),
        *("Could you repeat that, please?", "What did you say?", "Sorry, what did you say?", "What did you just say?"),
        *(
            "Pardon?",
            "Pardon me?",
            "Say again?",
            "I beg your pardon?",
            "Come again?",
            "Once more.",
            "One more time, please.",
        ),
        *(
            "Repeat what you said.",
            "I didn't catch that.",
            "Sorry, I couldn't hear you.",
            "What?",
            "What was that again?",
        ),
        *("Noch mal, bitte.", "Noch einmal.", "Wie bitte?", "Kannst du das wiederholen?", "Otra vez, por favor."),
        *("¿Qué has dicho?", "¿Puedes repetirlo?", "Répète.", "Encore une fois, s'il te plaît.", "Tu peux répéter ?"),
    ],
    "slower": [
        *("Slower.", "Slower, please.", "Speak slower.", "Speak more slowly, please.", "A bit slower.", "Slow down."),
        *("Can you slow down a bit?", "Can you talk a little slower?", "Not so fast!", "Too fast.", "You're too fast."),
        *("You are talking too fast.", "Say that again slowly.", "Langsamer, bitte.", "Más despacio."),
        *("Plus lentement, s'il vous plaît.",),
    ],
    "faster": [
        "Faster.",
        "Speak faster.",
        "Can you speed up, please?",
        "You're speaking too slowly.",
        "Talk a bit quicker.",
    ],
    "louder": [
        *("Louder.", "Louder, please!", "Speak up.", "Could you speak up, please?", "Speak a bit louder."),
        *("Turn it up.", "Turn the volume up a little.", "Turn up the volume.", "Volume up.", "I can't hear you."),
        *("You're too quiet.", "Lauter.", "Sprich lauter!", "Más alto.", "Plus fort."),
    ],
    "quieter": [
        *("Quieter.", "Softer, please.", "Speak more quietly.", "Lower your voice.", "Turn it down.", "Volume down."),
        *("Too loud!", "You're too loud.", "Not so loud.", "Be quieter."),
    ],
    "spell": [
        *("Spell it.", "Spell that, please.", "Can you spell that?", "How is that spelled?", "How's it spelt?"),
        *("How do you spell it?", "Spell out the name."),
        *("Spell it out for me.", "Spell the name.", "Spell necessary.", "How do you spell restaurant?"),
        *("Can you spell the word rhythm, please?",),
    ],
    "other voice": [
        *("Use another voice.", "Change your voice.", "Change voice.", "Can you change your voice, please?"),
        *("Another voice.", "Switch to a different voice.", "Can I have another voice?"),
    ],
    None: [
        *("Where is the bus stop?", "Stop sign.", "Is that a stop sign?", "What does the stop sign say?"),
        *("When does the bus stop?", "Stop the car.", "Stop me if you know it.", "How do I stop it?", "Did it stop?"),
        *("Can I cancel my ticket?", "Cancel my ticket.", "Is it quiet here?", "That's enough milk.", "Enough what?"),
        *("Read that again.", "Say hello.", "Say it in Spanish.", "What did he say?", "What was that?", "What is it?"),
        *("Repeat the second line.", "What does it say again?", "Which bus is faster?", "Is it faster to walk?"),
        *("How fast is it?", "It's louder here.", "Who is louder?", "Is it too loud here?", "Whose voice is that?"),
        *("Turn up the heating.", "Turn it on.", "How do you spell the name on that sign?", "Spell his name."),
        *("Can you read what is spelled there?", "Don't stop.", "Speak German.", "Thanks.", "Okay.", "Yes.", "..."),
        *("I heard it again and again.", "The music is too loud.", "You're too kind."),
    ],
}


@pytest.mark.parametrize(("order", "said"), [(order, said) for order, lines in TALKING.items() for said in lines])
def test_the_conversation_is_ordered_about_in_plain_words(order: Order | None, said: str) -> None:
    assert order_in(said) == order
    assert order not in KEEPING


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Spell necessary.", "necessary"),
        ("How do you spell Thessaloniki, please?", "thessaloniki"),
        ("How is Wednesday spelt?", "wednesday"),
        ("Can you spell the word rhythm for me?", "rhythm"),
        ("Spell it.", ""),
        ("Spell the name.", ""),
        ("Stop.", ""),
        ("What is this?", ""),
    ],
)
def test_a_word_may_be_given_to_spell(said: str, word: str) -> None:
    assert word_to_spell(said) == word


class Notes:
    """Keeps nothing but what it was told to."""

    def __init__(self, fault: GlassesError | None = None) -> None:
        self._fault = fault
        self.obeyed: list[tuple[KeepingOrder, float]] = []

    async def obey(self, order: KeepingOrder, choice: FrameChoice) -> str:
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
