"""Which words are believed, which are heard again: pure functions over plain values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.listen.doubt import Hearing, doubt, runs_away, worth_another

SURE = Hearing("What time does it close?", log_probability=-0.2, no_speech=0.02, seconds=2.2)


def test_clear_words_are_believed_at_once() -> None:
    assert doubt(SURE) == ""
    assert not worth_another(SURE)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": ""}, "no words in it"),
        ({"text": "... ♪"}, "no words in it"),
        ({"log_probability": -1.1}, "unintelligible"),
        ({"log_probability": -0.6, "no_speech": 0.7}, "probably no speech"),
        ({"text": "What is this? What is this?"}, "only repetition could be made out"),
        ({"text": "Thank you.", "log_probability": -0.5}, "probably noise"),
        ({"text": "Yeah, that's it.", "no_speech": 0.5}, "probably noise"),
    ],
)
def test_what_is_not_believed_has_its_reason(change: dict[str, str | float], reason: str) -> None:
    assert doubt(replace(SURE, **change)) == reason  # type: ignore[arg-type]  # the values fit their names


@pytest.mark.parametrize("text", ["Thank you.", "Okay.", "Yes."])
def test_short_answers_are_believed_where_they_are_clear(text: str) -> None:
    assert doubt(replace(SURE, text=text, seconds=1.0)) == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Repeat, repeat, repeat, repeat.", 1.2),
        ("Turn left. Turn left. Turn left.", 3.0),
        ("this? What is this? What is", 3.0),
        ("I know it and you know it so we all know it by now I guess", 1.5),  # faster than anybody speaks
        ("la" * 60, 3.0),
    ],
)
def test_a_model_that_lost_its_thread_is_heard_again(text: str, seconds: float) -> None:
    stuck = replace(SURE, text=text, seconds=seconds)
    assert runs_away(stuck)
    assert worth_another(stuck)
    assert runs_away(replace(SURE, whole=False))


def test_an_order_may_say_a_little_bit_twice() -> None:
    order = "Can I have a latte with a little bit of milk and a little bit of sugar?"
    assert not runs_away(replace(SURE, text=order, seconds=5.0))


def test_one_unsure_word_is_heard_again_but_neither_noise_nor_a_long_mumble() -> None:
    unsure = replace(SURE, text="Stop.", log_probability=-0.9, seconds=1.0)
    assert worth_another(unsure)
    assert not worth_another(replace(unsure, no_speech=0.8))
    assert not worth_another(replace(unsure, text="Bye bye bye bye bye", no_speech=0.8))
    assert not worth_another(replace(unsure, seconds=6.0))
