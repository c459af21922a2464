"""How long a pause is waited out: by the words, by how the voice ends, by a trained model where there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks import cutoffs_sounds, hearing_sounds
from glasses import weights
from pipeline.listen.end_of_turn import LONGEST, SHORTEST, Adaptive, wait
from pipeline.listen.phrases import ending
from pipeline.listen.prosody import fading
from pipeline.listen.smart_turn import SmartTurn
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.listen.voice_activity import SileroVad
from pipeline.types import Samples
from tests.people import SPEECH, needs_speech, whisper


@pytest.mark.parametrize(
    "text",
    [
        *("What?", "Okay.", "Alexa.", "Coffee, please."),
        *("What's this?", "What is this?", "What is it?", "Who is that?", "Where am I?", "Who are they?"),
        *("What is it made of?", "How much is it?", "What does it look like?", "What do you see?", "What can you do?"),
        *("Turn it on.", "Turn the light off.", "Read it to me.", "Tell me more.", "Help me."),
        *("Can you tell me where it is?", "Is it on the left?", "Which one is the red one?", "Is this one hot?"),
        *("Give me a large coffee with milk.", "Take a picture of this.", "I think that's it, thanks."),
    ],
)
def test_these_can_be_all_that_somebody_says(text: str) -> None:
    assert ending(text) == "closed"


@pytest.mark.parametrize("text", ["Stop.", "stop", "Yes!", "Hey, stop!", "Louder please", "Never mind."])
def test_a_word_or_two_can_stand_alone(text: str) -> None:
    assert ending(text) == "whole"


@pytest.mark.parametrize(
    "text",
    [
        *("What is", "What is the", "What's", "Where are", "What kind of", "Can you", "Could you", "Is it", "Is there"),
        *("Tell me", "Give me", "Show me", "Let's", "I", "I'd like", "I would like to", "I want", "Take a picture of"),
        *("A coffee and", "Coffee with", "What is this and", "Read the sign on the", "Um", "The big one, uh"),
        *("Hey, can you", "So what is", "Tell me what", "I don't know where", "I want some", "With no"),
    ],
)
@pytest.mark.parametrize("stop", ["", ".", "?", "...", "-"])
def test_these_cannot_whatever_whisper_puts_behind_them(text: str, stop: str) -> None:
    assert ending(text + stop) == "open"


@pytest.mark.parametrize("text", ["I'd like a large.", "Show me the red", "What is the small?", "A coffee with two."])
def test_after_an_adjective_or_a_number_something_is_to_come(text: str) -> None:
    assert ending(text) == "hanging"


@pytest.mark.parametrize(
    "text", ["I want a coffee", "I want a coffee,", "I want a coffee...", "Take a picture-", "", "..."]
)
def test_without_a_full_stop_whisper_expects_more(text: str) -> None:
    assert ending(text) == "unsure"


def test_capitals_and_curly_apostrophes_are_no_matter() -> None:
    assert ending("WHAT IS THE") == ending("What\N{RIGHT SINGLE QUOTATION MARK}s") == "open"


def voice(*steps: tuple[float, float]) -> Samples:
    """A hum at 150 Hz in steps of (seconds, loudness), over a little noise."""
    loudness = np.concatenate([np.full(round(seconds * RATE), loud) for seconds, loud in steps])
    hum = np.sin(2 * np.pi * 150 * np.arange(len(loudness)) / RATE) * loudness
    sound: Samples = (hum + np.random.default_rng(2).normal(0, 5, len(hum))).astype(np.int16)
    return sound


CUT_OFF = voice((1.0, 9000), (0.2, 0))
SINKING = voice((1.0, 9000), (0.04, 2000), (0.06, 1000), (0.2, 0))


def test_a_voice_that_sinks_takes_longer_than_one_that_is_cut_off() -> None:
    cut_off, sinking = fading(CUT_OFF), fading(SINKING)
    assert cut_off is not None
    assert sinking is not None
    assert cut_off <= 0.03 < 0.07 <= sinking


def test_how_much_of_the_silence_there_is_makes_no_difference() -> None:
    assert fading(SINKING[: -RATE // 10]) == fading(SINKING)


@pytest.mark.parametrize("sound", [voice((0.2, 0)), voice((0.02, 9000)), voice((1.0, 9000), (0.2, 1500))])
def test_noise_hides_how_a_voice_ends(sound: Samples) -> None:
    assert fading(sound) is None


@dataclass
class Model:
    """A trained model that has made up its mind."""

    probability: float

    def complete(self, sound: Samples) -> float:
        return self.probability


@pytest.mark.slow
@needs_speech
def test_smart_turn_hears_the_end_of_an_order() -> None:
    file = weights.smart_turn()
    if file is None:
        pytest.skip("Smart Turn is not here: pip install --no-deps pipecat-ai==1.14.0")
    model = SmartTurn(file)
    order = hearing_sounds.utterances(hearing_sounds.read(SPEECH / "0075d273.flac"))[0].samples
    assert model.complete(order) == pytest.approx(0.974, abs=0.01), "as Pipecat's own code says of it"
    assert model.complete(order[: len(order) // 2]) < 0.5


def patience(decider: Adaptive, words: Transcript, sound: Samples) -> float:
    return decider.patience(words, decider.listen(sound))


def said(text: str, confidence: float = 0.85, language: str = "en") -> Transcript:
    return Transcript(text, confidence, language)


def test_a_whole_question_is_answered_at_once() -> None:
    assert patience(Adaptive(), said("What is this?"), SINKING) == SHORTEST
    assert patience(Adaptive(Model(0.98)), said("What is this?"), SINKING) == SHORTEST


def test_stop_is_obeyed_at_once_however_badly_it_is_heard() -> None:
    assert patience(Adaptive(Model(0.02)), said("Stop", confidence=0.3), CUT_OFF) == SHORTEST


def test_who_breaks_off_is_waited_for() -> None:
    assert patience(Adaptive(), said("What is the"), CUT_OFF) > 1.1
    assert patience(Adaptive(Model(0.02)), said("What is the"), CUT_OFF) > 1.1


def test_each_sign_of_more_to_come_makes_the_wait_longer() -> None:
    whole = patience(Adaptive(Model(0.8)), said("A coffee with milk.", 0.7), SINKING)
    assert patience(Adaptive(Model(0.8)), said("A coffee with milk", 0.7), SINKING) > whole
    assert patience(Adaptive(Model(0.8)), said("A coffee with milk.", 0.5), SINKING) > whole
    assert patience(Adaptive(Model(0.8)), said("A coffee with milk.", 0.7), CUT_OFF) > whole
    assert patience(Adaptive(Model(0.2)), said("A coffee with milk.", 0.7), SINKING) > whole


def test_other_languages_get_the_plain_silence_at_least() -> None:
    assert patience(Adaptive(), said("Was ist das?", language="de"), SINKING) == 0.7
    assert patience(Adaptive(Model(0.02)), said("Was ist das?", language="de"), CUT_OFF) > 0.7


def test_where_no_words_were_heard_there_is_no_hurry() -> None:
    assert patience(Adaptive(), Transcript("", 0.2, "en", "unintelligible"), SINKING) == LONGEST


def test_a_wait_is_never_endless() -> None:
    assert wait(-1000, 0.7) == LONGEST
    assert wait(1000, 0.7) == SHORTEST


@pytest.mark.slow
@needs_speech
def test_people_are_waited_for_in_the_middle_of_an_order_and_not_at_its_end() -> None:
    vad, ears = SileroVad(weights.silero()), whisper("base")
    decider = Adaptive()
    for name in ("0075d273.flac", "16701b2c.flac", "439556c2.flac"):
        samples = hearing_sounds.read(SPEECH / name)
        judged = cutoffs_sounds.chances(samples, vad)
        tone = cutoffs_sounds.room_tone(samples, judged)
        assert tone is not None
        whole = cutoffs_sounds.pauses(samples, judged)[-1]
        assert patience(decider, ears.transcribe(whole.early), whole.sound) < 0.6
        half = np.concatenate([whole.sound[: len(whole.sound) // 2], tone[: RATE // 5]])
        assert patience(decider, ears.transcribe(half[: -RATE // 8]), half) > 0.7
