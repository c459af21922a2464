"""The guard of words: our own come back is no interruption, "stop" always is, a nod never is."""

from __future__ import annotations

import pytest

from pipeline.converse.own_words import backchannel, own

SIGN = "The sign says stop, and below it is written: all way. There are two cars waiting at the crossing."
MILK = "It's a carton of skimmed milk, half a litre. Best before the twelfth of March. It costs 2 euros and 50 cents."
DOOR = "On the left there is a green door. You can cancel your order at the desk, or wait in the hall."
TRAIN = "The departures board shows four trains. The next one to Hamburg leaves at ten past nine from platform seven."


@pytest.mark.parametrize("spoken", [SIGN, MILK, DOOR, TRAIN])
def test_an_echo_is_ours_wherever_it_is_cut(spoken: str) -> None:
    words = spoken.split()
    for start in range(len(words)):
        for end in range(start + 2, len(words) + 1):
            assert own(" ".join(words[start:end]), spoken), words[start:end]


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        ("The sign says stop.", SIGN),
        ("says stop and below", SIGN),
        ("stop and below it", SIGN),
        ("you can cancel your order", DOOR),
        ("order at the desk or wait", DOOR),
    ],
)
def test_our_own_sentence_with_an_order_in_it_is_ours(heard: str, spoken: str) -> None:
    assert own(heard, spoken)


@pytest.mark.parametrize("spoken", [SIGN, MILK, DOOR, "Stop.", "Wait here, please.", "Never mind the gap.", ""])
@pytest.mark.parametrize(
    "heard",
    [
        *("Stop.", "stop", "Stop! Stop!", "Please stop.", "Okay, stop.", "No, stop it.", "Stop talking."),
        *("Cancel.", "Cancel that.", "Never mind.", "Oh, never mind.", "Nevermind", "Forget it.", "Enough."),
        *("Wait.", "No, wait.", "Wait, wait.", "Hold on.", "Wait a second.", "Hang on a moment, please."),
        *("Stopp!", "Halt.", "Warte mal.", "Para.", "Espera.", "Arrête !", "Attends."),
    ],
)
def test_a_bare_order_is_never_ours(heard: str, spoken: str) -> None:
    assert not own(heard, spoken)


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        ("It's a cotton of skin milk, half a liter", MILK),
        ("carton of skimmed milk half a little best before", MILK),
        ("best before the 12th of March, it costs two euros in 50 cents", MILK),
        ("on the left there is a green dough", DOOR),
        ("The Sine says stop and below it is written always", SIGN),
        ("there are 2 cars weighting at the crossing", SIGN),
        ("ing at the cross", SIGN),
        ("amber glaze at 10 past 9 from platform 7", TRAIN),
        ("with a kettle. I toast her in three cups.", "a counter with a kettle, a toaster and three cups"),
        ("and pasta for 1150", "a salad for nine, and pasta for eleven fifty"),
        ("two icecreams in the freezer", "There are two ice creams in the freezer."),
        ("there are two ice creams", "There are two icecreams in the freezer."),
        ("um, the sign says stop", SIGN),
        ("Mm-hm. there are two cars waiting", SIGN),
        ("Links ist eine grune Tur", "Links ist eine grüne Tür, rechts das Fenster."),
        ("A la izquierda hay una puerta", "A la izquierda, hay una puerta verde."),
    ],
)
def test_an_echo_is_ours_though_it_is_misheard(heard: str, spoken: str) -> None:
    assert own(heard, spoken)


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        ("What is on the right?", DOOR),
        ("And what's on the right side?", DOOR),
        ("Is the green door open?", DOOR),
        ("How much is it?", MILK),
        ("Read me the ingredients.", MILK),
        ("Which street is this?", SIGN),
        ("What time does the train leave?", TRAIN),
        ("Which platform?", TRAIN),
        ("Thank you, that helps.", SIGN),
        ("Hey glasses, what time is it?", SIGN),
        ("no the other one", SIGN),
        ("yes", SIGN),
        ("the other door", DOOR),
    ],
)
def test_words_of_their_own_are_not_ours(heard: str, spoken: str) -> None:
    assert not own(heard, spoken)


@pytest.mark.parametrize(
    ("heard", "spoken"),
    [
        ("the sign says stop wait", SIGN),
        ("The sign says stop. Stop.", SIGN),
        ("there is a green stop", DOOR),
        ("a carton of skimmed milk never mind", MILK),
        ("best before the twelfth what about the price", MILK),
        ("on the left there is a tell me about the window", DOOR),
    ],
)
def test_somebody_who_speaks_into_our_echo_is_heard(heard: str, spoken: str) -> None:
    assert not own(heard, spoken)


@pytest.mark.parametrize("heard", ["", "...", "Mm-hm.", "♪"])
def test_where_there_are_no_words_none_are_ours(heard: str) -> None:
    assert not own(heard, SIGN)
    assert not own(heard, "")


def test_words_are_not_ours_while_nothing_is_said() -> None:
    assert not own("the sign says stop", "")


@pytest.mark.parametrize(
    "text",
    [
        *("Mm-hm.", "Mm-hmm", "Mhm", "mmhm", "Hm.", "Hmm...", "Mm.", "Uh-huh.", "uh huh", "Uh, huh", "Ah.", "Aha!"),
        *("Yeah.", "Yeah, yeah.", "Yes.", "Yep", "Okay.", "OK", "Okay, okay.", "Right.", "All right.", "Alright"),
        *("I see.", "Oh, I see.", "Ah, okay.", "Got it.", "Okay, got it.", "Yeah, right.", "Of course", "Sure."),
        *("Ja.", "Ja, ja.", "Genau.", "Ach so.", "Alles klar.", "Okay, verstehe.", "Stimmt."),
        *("Sí.", "Sí, sí, claro.", "Vale.", "De acuerdo.", "Ajá.", "Ya veo."),
        *("Oui.", "Ouais.", "D'accord.", "D’accord, je vois.", "C'est ça.", "Très bien.", "Voilà."),
    ],
)
def test_a_nod_is_a_nod(text: str) -> None:
    assert backchannel(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "...", "Stop.", "Okay, stop.", "Wait.", "No.", "What?", "Yes, please read it.", "Right or left?"),
        *("Okay, what else?", "I see a dog.", "Is that right?", "Go on.", "Ja, aber was kostet das?"),
        *("Sí, ¿y qué más?", "The right one.", "Ohio.", "Hum along."),
    ],
)
def test_what_says_more_than_a_nod_is_none(text: str) -> None:
    assert not backchannel(text)
