"""The answer comes in the wearer's language where a voice and a backend for it are there, and says so where not."""

from __future__ import annotations

import pytest

from pipeline.languages import language_code
from pipeline.speak.speakable import speakable
from tests.timeline import Scripted, Timeline, ToneVoice, of

EXCUSE = "I can't answer in German, so I answer in English."


class GermanVoice(ToneVoice):
    language = "de"
    rate = 16_000


@pytest.mark.parametrize(
    ("told", "code"),
    [("de", "de"), ("DE", "de"), ("de_AT", "de"), ("en-US", "en"), ("German", "de"), ("german", "de"), ("auto", "")],
)
def test_a_language_is_told_by_code_or_name(told: str, code: str) -> None:
    assert language_code(told) == code


def asks_in_german() -> Timeline:
    return Timeline(language="de").says(1.0, 2.0, "Was steht da?").says(8.0, 9.0, "Und darunter?")


def test_a_question_is_answered_in_its_language_by_a_voice_that_speaks_it() -> None:
    backend = Scripted("Da steht offen.")
    events = asks_in_german().play(backend, others=(GermanVoice(),))
    assert [question.language for question in backend.questions] == ["de", "de"]
    assert [event.data["language"] for event in of(events, "heard")] == ["de", "de"]
    assert [event.data["heard_text"] for event in of(events, "spoken")] == ["Da steht offen."] * 2


def test_without_a_voice_for_it_the_answer_is_in_english_and_says_so_once() -> None:
    backend = Scripted("It says open.")
    events = asks_in_german().play(backend)
    assert [question.language for question in backend.questions] == ["en", "en"]
    spoken = [event.data["heard_text"] for event in of(events, "spoken")]
    assert spoken == [f"{EXCUSE} It says open.", "It says open."]


def test_a_voice_alone_does_not_help_where_the_backend_answers_in_english_only() -> None:
    backend = Scripted("It says open.")
    backend.languages = frozenset({"en"})
    events = asks_in_german().play(backend, others=(GermanVoice(),))
    assert backend.questions[0].language == "en"
    assert of(events, "spoken")[0].data["heard_text"].startswith(EXCUSE)


def test_for_other_languages_only_what_is_no_words_is_taken_out() -> None:
    assert (
        speakable("**Geöffnet** von 9:00 bis 18:00 Uhr 🙂, ca. 5 km", "de")
        == "Geöffnet von 9:00 bis 18:00 Uhr, ca. 5 km"
    )
