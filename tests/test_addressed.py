"""What is meant for the assistant, by its words alone: after an answer, and after its name."""

from __future__ import annotations

import pytest

from pipeline.converse.addressed import addressed, closes, named

MEANT = [
    # Of what was seen or answered.
    *("And the other one?", "How much is it?", "What about tea?", "Why?", "And dogs?", "Or the blue one?"),
    *("Okay, and where does it go?", "So which one is cheaper?", "Is that the expiry date?", "Does it contain nuts?"),
    *("What colour is the lid?", "At what temperature should I keep it?", "How do you pronounce that?"),
    *("Are you sure about that?", "Where are we?", "Which bus should we take?", "What is he doing?", "Can I eat it?"),
    *("What is the woman on the left wearing?", "Is there a seat free?", "What did you see?", "When do they open?"),
    *("Do you know what it means?", "Do I have to take it with food?", "Where did I leave my keys?"),
    *("What's your opinion?", "Thanks. And how much is it?", "No. What is behind it?"),
    # Requests.
    *("Read the second line.", "Read it again, please.", "Translate that into English.", "Tell me more about it."),
    *("Can you tell me what's underneath?", "Could you describe the people in front of me?", "Look again."),
    *("Try again, I moved closer.", "Find the exit.", "Keep reading.", "Next page.", "More.", "Summarise it."),
    *("I'd like to know who painted it.", "I'm looking for my keys.", "No, I meant the smaller sign.", "In English."),
    # Pieces that refer.
    *("The second line.", "And the bottom line.", "On the left.", "The other side.", "This one.", "On Saturday?"),
    *("Not that one, the red one.",),
    # Orders.
    *("Stop.", "Never mind.", "Say that again.", "Slower, please.", "Take a picture.", "Spell it.", "Noch mal, bitte."),
]

OTHERS = [
    # On the telephone.
    *("Yeah I'll be there in five minutes, mum.", "Hold on, I'm on the phone.", "Okay, I'll call you back."),
    *("Can you hear me now?", "Yes, speaking.", "Hello, who is speaking to you?"),
    # About others.
    *("He said he would come.", "I told her not to worry about it.", "Where did he go?", "What did she say?"),
    *("They were supposed to deliver it yesterday.", "Is she coming?", "Will he be there?", "He's a bright boy."),
    # To others.
    *("Are you coming with us?", "Do you want a cup of tea?", "Can you pass me the salt?", "How was your weekend?"),
    *("What are you doing tonight?", "Did you lock the door?", "Have you seen my brother?", "Come on, let's go."),
    *("Excuse me, is this seat taken?", "Can I pay by card?", "What can I do for you?", "Give me your hand."),
    *("Mum, is it ready?", "Is it ready, John?", "Dad, what time is it?", "Look at me.", "Could you move a bit?"),
    *("What kind of currency have you got?", "Shall we sit over there?", "Are you hungry?", "Who told you that?"),
    *("Tell him it's over there.", "Can I help you?", "What's for dinner?", "Wait for me."),
    # What asks for nothing.
    *("Yeah, exactly.", "Right.", "I think it's going to rain.", "I love this song.", "That sounds right."),
    *("It's over there, next to the window.", "We should get going.", "Two coffees, please.", "I don't know."),
    *("No way, really?", "Is it far? I am rather tired.", "Yes.", "No.", "Okay.", "Thanks.", "Thank you very much."),
    *("Mm-hm.", "Oh.", "...", ""),
]


@pytest.mark.parametrize("said", MEANT)
def test_questions_requests_and_orders_are_meant(said: str) -> None:
    assert addressed(said, 0.8)


@pytest.mark.parametrize("said", OTHERS)
def test_talk_to_others_is_not(said: str) -> None:
    assert not addressed(said, 0.8)


@pytest.mark.parametrize("said", ["Is it far?", "Tell me about it.", "Are you sure?", "How long does it take?"])
def test_what_people_ask_each_other_in_the_same_words_counts_as_meant(said: str) -> None:
    """A limit, not a wish: nothing in these words tells who is asked."""
    assert addressed(said, 0.8)


@pytest.mark.parametrize("said", ["How much is it?", "Read the second line.", "Stop."])
def test_what_was_hardly_made_out_is_not_taken_for_a_follow_up(said: str) -> None:
    assert not addressed(said, 0.3)


@pytest.mark.parametrize("said", ["Yes.", "Yes, please.", "The left one.", "About ten days.", "No."])
def test_after_a_question_of_the_assistant_a_few_words_are_its_answer(said: str) -> None:
    assert addressed(said, 0.8, after_question=True)


@pytest.mark.parametrize(
    "said", ["Thanks.", "Hold on.", "No thanks.", "Mum, not now.", "I think he will be here at about seven o'clock."]
)
def test_but_not_all_that_is_said_then(said: str) -> None:
    assert not addressed(said, 0.8, after_question=True)


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("Thanks.", True),
        ("Okay, thank you very much.", True),
        ("Great, that's all.", True),
        ("Got it, thanks.", True),
        ("That's what I wanted to know. Thank you!", True),
        ("Bye.", True),
        ("Thanks. And how much is it?", False),
        ("That's all I can see.", False),
        ("Is that all?", False),
        ("", False),
    ],
)
def test_thanks_are_an_end(said: str, ends: bool) -> None:
    assert closes(said) is ends
    assert not (ends and addressed(said, 0.8))


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("Hey glasses, what does this say?", "what does this say?"),
        ("Hey, glasses. What does this say?", "What does this say?"),
        ("Hey Glasses: read it.", "read it."),
        ("hi glasses what is this", "what is this"),
        ("Okay glasses, stop.", "stop."),
        ("Hello, glasses!", ""),
        ("Glasses, where is the door?", "where is the door?"),
        ("Glasses. Where is the door?", "Where is the door?"),
        ("Glasses — stop!", "stop!"),
        ("Um, glasses, read the sign.", "read the sign."),
        ("Glasses", ""),
        ("Glasses?", ""),
        ("Hey glasses are you there?", "are you there?"),
        ("Hey glasses, are there any seats?", "are there any seats?"),
        ("Yeah, see you. Hey glasses, what time is it?", "what time is it?"),
        # As Whisper tiny and base wrote what synthetic voices said.
        ("Hit glasses. What does this say?", "What does this say?"),
        ("High glasses.", ""),
        ("It glasses what is this?", "what is this?"),
        ("glasses where is the door", "where is the door"),
        ("Hey classes, what is this?", "what is this?"),
        ("Hey glass, what is this?", "what is this?"),
    ],
)
def test_the_words_after_its_name(said: str, rest: str) -> None:
    assert named(said, "glasses") == rest


@pytest.mark.parametrize(
    "said",
    [
        "Where are my glasses?",
        "Glasses are on the table.",
        "My glasses, where are they?",
        "I need new glasses.",
        "Two glasses of wine, please.",
        "The glasses, I think, are dirty.",
        "Hey, glasses are expensive.",
        "Hey guys, what is this?",
        "Hey, what does this say?",
        "Classes, what a bore.",
        "Glasses-free 3D is a thing.",
        "Glasses which are broken.",
        "Glass.",
        "Hey.",
        "",
    ],
)
def test_glasses_that_are_spoken_of_are_not_called(said: str) -> None:
    assert named(said, "glasses") is None


def test_a_name_may_be_two_words() -> None:
    assert named("Hey Miss Marple, who did it?", "miss marple") == "who did it?"
    assert named("Miss Marple is a detective.", "miss marple") is None
