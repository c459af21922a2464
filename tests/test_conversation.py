"""Taking turns, as timelines in virtual time: who speaks when, who is silent for it, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from pipeline.converse.attention import AttentionSettings
from pipeline.costs import fixed
from pipeline.errors import MicrophoneLost
from pipeline.types import AudioChunk, Event
from tests.timeline import FREE, Scripted, Timeline, of

LONG = "This is a long answer, it takes more than four seconds to speak all of it out loud to you."
SPOKEN = len(LONG) * 0.05 + 0.2  # seconds that the stand-in voice takes for it, in two clauses


def asked(backend: Scripted) -> list[str]:
    return [question.text for question in backend.questions]


def heard(events: list[Event]) -> list[str]:
    return [event.data["text"] for event in of(events, "heard")]


def spoken(events: list[Event]) -> list[tuple[str, bool]]:
    return [(event.data["heard_text"], event.data["interrupted"]) for event in of(events, "spoken")]


# The end of a turn, and a head start.


def test_complete_words_end_the_turn_early() -> None:
    timeline = Timeline(patience=lambda text: 0.3).says(1.0, 2.0, "What does this say?")
    assert of(timeline.play(Scripted("Open.")), "heard")[0].t == pytest.approx(2.3, abs=0.07)


def test_words_that_lead_on_are_waited_for_longer_and_are_one_question() -> None:
    timeline = Timeline(patience=lambda text: 0.3 if text.endswith("?") else 1.5)
    timeline.says(1.0, 2.0, "What does the").says(3.0, 4.0, "What does the sign say?")
    backend = Scripted("Open.")
    assert heard(timeline.play(backend)) == ["What does the sign say?"]


def test_the_question_is_asked_while_the_silence_is_waited_out_and_answered_at_its_end() -> None:
    events = Timeline().says(1.0, 2.0, "What does this say?").play(Scripted("Open.", first=0.1))
    assert of(events, "asked")[0].t < of(events, "speech.ended")[0].t - 0.5
    assert of(events, "speaking")[0].data["t_audible"] == pytest.approx(of(events, "heard")[0].t + 0.1, abs=0.01)


def test_what_was_asked_too_early_is_withdrawn_unheard() -> None:
    timeline = Timeline().says(1.0, 2.0, "What does this say?").says(2.4, 3.0, "What does this say in English?")
    backend = Scripted("Open.", first=0.1)
    events = timeline.play(backend)
    assert asked(backend) == ["What does this say?", "What does this say in English?"]
    assert [event.data["reason"] for event in of(events, "withdrawn")] == ["speech went on"]
    assert heard(events) == ["What does this say in English?"]
    assert spoken(events) == [("Open.", False)]
    assert {event.turn for event in of(events, "asked")} == {1}
    assert backend.questions[1].history == ()


def test_a_speaker_of_many_pauses_is_asked_for_early_twice_at_most() -> None:
    timeline = Timeline()
    for n in range(4):
        timeline.says(1.0 + n, 1.6 + n, "What is it" + " and what" * n)
    backend = Scripted("Open.", first=0.1)
    events = timeline.play(backend)
    assert len(backend.questions) == 3
    assert of(events, "asked")[2].t >= of(events, "heard")[0].t


# Interruptions.


def test_speech_silences_the_voice_at_once_and_what_insists_cancels_it() -> None:
    backend = Scripted(LONG)
    events = Timeline().says(1.0, 2.0, "First?").says(4.0, 5.0, "What else?").play(backend)
    (interrupted,) = of(events, "interrupted")
    assert interrupted.t - 4.0 < 1.0
    first, second = of(events, "spoken")
    assert first.data["interrupted"] is True
    began = of(events, "speaking")[0].data["t_audible"]
    assert began + first.data["seconds"] == pytest.approx(4.032 + 0.1, abs=0.05)  # when speech was suspected
    assert second.data == {"seconds": pytest.approx(SPOKEN, abs=0.3), "heard_text": LONG, "interrupted": False}
    assert heard(events) == ["First?", "What else?"]


def test_the_history_keeps_what_was_really_heard() -> None:
    backend = Scripted(LONG)
    events = Timeline().says(1.0, 2.0, "First?").says(4.0, 5.0, "What else?").play(backend)
    (exchange,) = backend.questions[1].history
    assert exchange.answer == of(events, "spoken")[0].data["heard_text"]
    assert LONG.startswith(exchange.answer)
    assert 10 < len(exchange.answer) < 40


def test_an_interruption_closes_the_stream_of_the_model() -> None:
    endless = Scripted(LONG + " And so on." * 50)
    Timeline().says(1.0, 2.0, "First?").says(4.0, 5.0, "Stop.").play(endless)
    assert endless.broken_off == 1


def test_a_click_makes_it_pause_for_a_moment_only() -> None:
    quiet = Timeline(end=12.0).says(1.0, 2.0, "First?").play(Scripted(LONG))
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.1, "").play(Scripted(LONG))
    assert spoken(events) == [(LONG, False)]
    assert of(events, "spoken")[0].t - of(quiet, "spoken")[0].t == pytest.approx(0.22, abs=0.04)


def test_a_second_click_does_not_make_the_same_answer_stutter_but_who_speaks_still_does() -> None:
    timeline = Timeline(end=14.0).says(1.0, 2.0, "First?").says(3.5, 3.6, "").says(4.5, 4.6, "")
    events = timeline.says(5.5, 6.5, "What else?").play(Scripted(LONG))
    first, second = of(events, "held")
    assert first.t == pytest.approx(3.53, abs=0.02)
    assert second.t == pytest.approx(5.65, abs=0.04)  # by when it is no click
    assert of(events, "interrupted")[0].t < 6.3


@pytest.mark.parametrize("words", ["", "Mm-hm.", "Yeah, okay."])
def test_noise_and_nods_only_make_it_pause(words: str) -> None:
    backend = Scripted(LONG)
    quiet = Timeline(end=12.0).says(1.0, 2.0, "First?").play(Scripted(LONG))
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.4, words).play(backend)
    assert spoken(events) == [(LONG, False)]
    paused = 4.4 + 0.7 - 4.032
    assert of(events, "spoken")[0].t - of(quiet, "spoken")[0].t == pytest.approx(paused, abs=0.1)
    assert asked(backend) == ["First?"]


def test_its_own_words_are_no_interruption() -> None:
    backend = Scripted(LONG)
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.4, "long answer").play(backend)
    assert [event.data["reason"] for event in of(events, "ignored")] == ["its own words"]
    assert spoken(events) == [(LONG, False)]


def test_a_short_sound_with_unsure_words_is_no_interruption_but_who_insists_is_heard_out() -> None:
    def unsure(text: str) -> float:
        return 0.9 if text == "First?" else 0.3

    timeline = Timeline(end=12.0, confidence=unsure).says(1.0, 2.0, "First?")
    events = timeline.says(4.0, 4.3, "ring high").play(Scripted(LONG))
    assert [event.data["reason"] for event in of(events, "ignored")] == ["short and unclear"]
    assert spoken(events) == [(LONG, False)]
    timeline = Timeline(end=12.0, confidence=unsure).says(1.0, 2.0, "First?")
    assert heard(timeline.says(4.0, 5.0, "Is that all?").play(Scripted(LONG))) == ["First?", "Is that all?"]


@pytest.mark.parametrize(("words", "becomes"), [("", []), ("Why?", ["Why?"])])
def test_the_voice_does_not_wait_for_words_that_are_late_but_they_count(words: str, becomes: list[str]) -> None:
    timeline = Timeline(end=14.0).says(1.0, 2.0, "First?").says(6.0, 6.3, words)
    events = timeline.play(Scripted(LONG), costs=fixed({**FREE, "transcribe": 2.5}))
    (resumed,) = of(events, "resumed")
    assert resumed.t == pytest.approx(6.3 + 0.7 + 0.8, abs=0.1)
    assert heard(events)[1:] == becomes
    assert [event.data["by"] for event in of(events, "interrupted")] == ["speech"] * len(becomes)
    assert of(events, "spoken")[0].data["interrupted"] is bool(becomes)


def test_its_own_words_are_known_although_it_spoke_on_before_they_were_understood() -> None:
    timeline = Timeline(end=16.0).says(1.0, 2.0, "First?").says(7.4, 7.7, "takes more than")
    events = timeline.play(Scripted(LONG), costs=fixed({**FREE, "transcribe": 2.5}))
    assert len(of(events, "resumed")) == 1
    assert [event.data["reason"] for event in of(events, "ignored")] == ["its own words"]
    assert spoken(events) == [(LONG, False)]


def test_a_question_that_outlasts_an_answer_ended_by_the_button_is_heard_however_unsure() -> None:
    timeline = Timeline(end=14.0, confidence=lambda text: 0.9 if text == "First?" else 0.3, presses=[(4.3, 4.4)])
    events = timeline.says(1.0, 2.0, "First?").says(4.1, 6.5, "What is that?").play(Scripted(LONG))
    assert [event.data["by"] for event in of(events, "interrupted")] == ["button"]
    assert heard(events) == ["First?", "What is that?"]


@pytest.mark.parametrize("words", ["Stop.", "Cancel!", "Never mind."])
def test_stop_ends_it_at_once_and_nobody_is_asked(words: str) -> None:
    backend = Scripted(LONG)
    events = Timeline().says(1.0, 2.0, "First?").says(4.0, 4.4, words).play(backend)
    assert of(events, "interrupted")[0].t == pytest.approx(4.5, abs=0.06)  # at the first pause, not after a silence
    assert spoken(events)[0][1] is True
    assert asked(backend) == ["First?"]
    assert heard(events) == ["First?", words]


def test_speech_while_it_still_thinks_belongs_to_the_question() -> None:
    backend = Scripted("Open.", first=3.0)
    events = Timeline().says(1.0, 2.0, "What does this say?").says(3.5, 4.2, "The blue one.").play(backend)
    assert asked(backend) == ["What does this say?", "What does this say? The blue one."]
    assert heard(events)[1] == "What does this say? The blue one."
    assert spoken(events)[-1] == ("Open.", False)
    assert backend.questions[1].history == ()


def test_a_nod_while_it_thinks_changes_nothing() -> None:
    backend = Scripted("Open.", first=3.0)
    events = Timeline().says(1.0, 2.0, "What does this say?").says(3.5, 3.9, "Mm-hm.").play(backend)
    assert asked(backend) == ["What does this say?"]
    assert spoken(events)[-1] == ("Open.", False)


def test_two_stretches_in_quick_succession_end_in_one_answer() -> None:
    backend = Scripted("Open.", first=0.5)
    events = Timeline(patience=lambda text: 0.2).says(1.0, 2.0, "Look.").says(2.3, 3.0, "What is it?").play(backend)
    assert asked(backend)[-1] == "Look. What is it?"
    assert spoken(events)[-1] == ("Open.", False)


# Starting a turn.


def test_by_name_only_what_is_said_to_it_is_asked() -> None:
    timeline = Timeline(attention=AttentionSettings("name"))
    timeline.says(1.0, 2.0, "Shall we go in?").says(4.0, 5.0, "Hey glasses, what does this say?")
    backend = Scripted("Open.")
    events = timeline.play(backend)
    assert asked(backend) == ["what does this say?"]
    assert [event.data["reason"] for event in of(events, "ignored")] == ["not meant for the assistant"]


def test_the_name_alone_wakes_it() -> None:
    timeline = Timeline(attention=AttentionSettings("name"), cues=True)
    backend = Scripted("Open.")
    events = timeline.says(1.0, 2.0, "Hey glasses.").says(4.0, 5.0, "What does this say?").play(backend)
    assert asked(backend) == ["What does this say?"]
    assert of(events, "cue")[0].data["name"] == "awake"


def test_after_an_answer_more_can_be_asked_without_the_name_for_some_seconds() -> None:
    timeline = Timeline(attention=AttentionSettings("name", follow_up=3.0))
    timeline.says(1.0, 2.0, "Hey glasses, what does this say?").says(5.0, 6.0, "And what does it cost?")
    timeline.says(13.0, 14.0, "And where is it?")
    backend = Scripted("Open.")
    timeline.play(backend)
    assert asked(backend) == ["what does this say?", "And what does it cost?"]


def test_what_is_said_to_others_after_an_answer_is_ignored() -> None:
    timeline = Timeline(attention=AttentionSettings("name"))
    timeline.says(1.0, 2.0, "Hey glasses, what does this say?")
    timeline.says(5.0, 6.0, "Yeah, I'll be there in five minutes, mum.")
    backend = Scripted("Open.")
    timeline.play(backend)
    assert len(backend.questions) == 1


def test_behind_a_wake_word_the_words_of_the_same_breath_are_the_question() -> None:
    timeline = Timeline(attention=AttentionSettings("wake"), wakes=[1.6], cues=True)
    backend = Scripted("Open.", first=0.1)
    events = timeline.says(1.0, 3.0, "What does this say?").play(backend)
    assert asked(backend) == ["What does this say?"]
    assert of(events, "heard")[0].data["t_start"] == pytest.approx(1.6, abs=0.04)
    assert of(events, "wake")[0].data == {"word": "alexa", "t_end": 1.6}
    assert of(events, "cue") == []  # a chime would be in the way of the question


def test_a_wake_word_and_silence_are_answered_by_a_cue_and_the_question_may_follow() -> None:
    timeline = Timeline(attention=AttentionSettings("wake"), wakes=[1.6], cues=True)
    backend = Scripted("Open.", first=0.1)
    events = timeline.says(1.0, 1.6, "").says(4.0, 5.0, "What does this say?").play(backend)
    assert of(events, "cue")[0].data["name"] == "awake"
    assert asked(backend) == ["What does this say?"]


def test_without_the_wake_word_nobody_is_asked_and_what_is_said_is_not_even_transcribed() -> None:
    backend = Scripted("Open.")
    timeline = Timeline(attention=AttentionSettings("wake"), patience=lambda text: 0.5)
    events = timeline.says(1.0, 2.0, "What does this say?").play(backend)
    assert backend.questions == []
    assert [event.data["reason"] for event in of(events, "ignored")] == ["not meant for the assistant"]
    assert not {"transcribe", "end of turn"} & {event.data["stage"] for event in of(events, "span")}


def test_a_wake_word_ends_an_answer() -> None:
    timeline = Timeline(attention=AttentionSettings("wake"), wakes=[1.0, 4.0])
    timeline.says(1.2, 2.0, "First?").says(3.8, 5.0, "What else?")
    backend = Scripted(LONG)
    events = timeline.play(backend)
    assert asked(backend) == ["First?", "What else?"]
    assert of(events, "interrupted")[0].data["by"] == "wake word"


def test_a_wake_word_in_the_answer_itself_is_none() -> None:
    answer = "The box says Alexa in large letters, and below it there is a lot of small print."
    timeline = Timeline(end=12.0, attention=AttentionSettings("wake"), wakes=[1.0, 3.7]).says(1.2, 2.0, "First?")
    events = timeline.play(Scripted(answer))
    assert spoken(events) == [(answer, False)]


def test_the_wake_word_itself_is_no_question_however_late_it_is_noticed() -> None:
    timeline = Timeline(patience=lambda text: 0.1, attention=AttentionSettings("wake"), wakes=[1.6])
    backend = Scripted("Open.")
    timeline.says(1.0, 1.4, "Alexa.").play(backend)
    assert backend.questions == []


def test_always_listening_it_may_still_be_called_by_its_name() -> None:
    backend = Scripted("Open.")
    Timeline().says(1.0, 2.0, "Hey glasses, what does this say?").play(backend)
    assert asked(backend) == ["what does this say?"]


def test_five_wakes_in_a_row_are_one() -> None:
    timeline = Timeline(attention=AttentionSettings("wake"), wakes=[1.0, 1.9, 2.8, 3.7, 4.6])
    for n in range(5):
        timeline.says(0.4 + 0.9 * n, 1.0 + 0.9 * n, "")
    backend = Scripted("Open.")
    timeline.says(5.5, 6.5, "What does this say?").play(backend)
    assert len(backend.questions) == 1


def test_a_tap_of_the_button_asks_for_attention() -> None:
    timeline = Timeline(attention=AttentionSettings("key"), presses=[(3.0, 3.1)], cues=True)
    backend = Scripted("Open.")
    events = timeline.says(1.0, 2.0, "Shall we go in?").says(4.0, 5.0, "What does this say?").play(backend)
    assert asked(backend) == ["What does this say?"]
    assert of(events, "cue")[0].data["name"] == "awake"


def test_a_button_that_is_let_go_of_ends_the_question_without_a_silence() -> None:
    timeline = Timeline(attention=AttentionSettings("key"), presses=[(1.0, 3.0)])
    events = timeline.says(1.2, 4.0, "What does this say?").play(Scripted("Open."))
    assert of(events, "heard")[0].t == pytest.approx(3.0, abs=0.1)


def test_the_button_ends_an_answer() -> None:
    events = Timeline(presses=[(4.0, 4.1)]).says(1.0, 2.0, "First?").play(Scripted(LONG))
    (interrupted,) = of(events, "interrupted")
    assert (interrupted.t, interrupted.data["by"]) == (4.0, "button")
    assert spoken(events)[0][1] is True


# Never in silence.


def test_a_slow_model_is_covered_by_cues_and_by_words_before_four_seconds_have_passed() -> None:
    events = Timeline(cues=True).says(1.0, 2.0, "What does this say?").play(Scripted("Open.", first=14.0))
    cues = [event.data["name"] for event in of(events, "cue")]
    assert cues[:3] == ["heard", "looking", "thinking"]
    first, second = of(events, "notice")
    assert first.data["text"] == "One moment."
    assert first.t - 2.0 < 3.8
    assert 7.0 < second.t - first.t < 9.0
    assert spoken(events) == [("Open.", False)]  # cues and notices are no part of the answer


def test_a_failure_has_its_cue_before_its_words() -> None:
    backend = Scripted("", outcome="error", fault="nobody listens there", told="I can't reach the model.", first=0.1)
    events = Timeline(cues=True).says(1.0, 2.0, "What does this say?").play(backend)
    assert [event.data["name"] for event in of(events, "cue")] == ["failed"]
    assert spoken(events) == [("I can't reach the model.", False)]


def test_a_fast_model_needs_no_cue() -> None:
    events = Timeline(cues=True).says(1.0, 2.0, "What does this say?").play(Scripted("Open.", first=0.1))
    assert of(events, "cue") == of(events, "notice") == []


# For the ear.


def test_slower_and_louder_are_obeyed_while_the_answer_goes_on() -> None:
    backend = Scripted(LONG)
    events = Timeline(end=12.0).says(1.0, 2.0, "First?").says(4.0, 4.4, "Louder.").play(backend)
    assert spoken(events) == [(LONG, False)]
    assert asked(backend) == ["First?"]
    assert heard(events) == ["First?", "Louder."]


def test_the_last_answer_can_be_heard_again() -> None:
    backend = Scripted("Open until six.")
    events = Timeline().says(1.0, 2.0, "First?").says(6.0, 7.0, "Say that again.").play(backend)
    assert spoken(events) == [("Open until six.", False)] * 2
    assert asked(backend) == ["First?"]


def test_before_any_answer_there_is_nothing_to_repeat() -> None:
    events = Timeline().says(1.0, 2.0, "Say that again.").play(Scripted("Open."))
    assert spoken(events) == [("I haven't said anything yet.", False)]


def test_an_answer_can_be_spelt() -> None:
    events = Timeline().says(1.0, 2.0, "What is it?").says(5.0, 6.0, "Spell it.").play(Scripted("Oslo."))
    assert spoken(events)[1][0] == "Oslo: O, S, L, O."


def test_a_thank_you_ends_it_and_is_no_question() -> None:
    backend = Scripted(LONG)
    events = Timeline().says(1.0, 2.0, "First?").says(4.0, 4.4, "Thanks.").play(backend)
    assert asked(backend) == ["First?"]
    assert spoken(events)[0][1] is True


def test_a_short_reply_is_meant_where_the_answer_asked_back() -> None:
    timeline = Timeline(attention=AttentionSettings("name"))
    timeline.says(1.0, 2.0, "Hey glasses, what does this say?").says(6.0, 6.6, "The left one.")
    backend = Scripted("Which of the two?")
    timeline.play(backend)
    assert asked(backend) == ["what does this say?", "The left one."]


# When things go wrong.


def test_a_model_that_never_answers_is_covered_by_words_until_the_wearer_stops_it() -> None:
    backend = Scripted("never said", first=1000.0)
    events = Timeline(end=60.0).says(1.0, 2.0, "What does this say?").says(40.0, 40.5, "Stop.").play(backend)
    notices = [event.t for event in of(events, "notice")]
    assert len(notices) >= 4
    assert max(later - sooner for sooner, later in pairwise([2.0, *notices])) < 9.5
    assert backend.broken_off == 1
    assert events[-1].t < 61.0


def test_a_microphone_that_is_unplugged_in_the_midst_of_a_word_ends_the_question_there() -> None:
    timeline = Timeline().says(1.0, 3.0, "What does this")
    chunks = [chunk for chunk in timeline.sound() if chunk.t < 2.0]

    class Unplugged:
        """Is there once, and then never again."""

        def __iter__(self) -> Iterator[AudioChunk]:
            while chunks:
                yield chunks.pop(0)
                if not chunks:
                    raise MicrophoneLost("card: unplugged")

    timeline.microphone = Unplugged()
    backend = Scripted("Open.")
    events = timeline.play(backend)
    assert asked(backend) == ["What does this"]
    assert len(of(events, "microphone.lost")) == 1


def test_two_people_who_talk_at_once_are_one_utterance() -> None:
    backend = Scripted("Open.")
    events = Timeline().says(1.0, 2.0, "What does").says(1.5, 3.0, "this say?").play(backend)
    assert len(of(events, "heard")) == 1


def test_an_answer_without_a_sound_is_still_an_answer_that_ended() -> None:
    events = Timeline().says(1.0, 2.0, "What does this say?").play(Scripted("", first=0.0))
    assert of(events, "answered")[0].data["outcome"] == "ok"
    assert spoken(events) == [("", False)]
