"""Whole sessions as timelines in virtual time."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Iterator

import pytest

from pipeline.ask.backend import PictureBudget
from pipeline.ask.recorded import RecordedAnswers
from pipeline.costs import fixed, measured, recorded
from pipeline.errors import CameraLost, GlassesError, UsageError
from pipeline.events import to_line
from pipeline.latency import latencies
from pipeline.listen.segmenter import SegmenterSettings
from pipeline.types import Answer, AnswerDelta, AudioChunk, Event, Question, Samples, VideoFrame
from tests.timeline import END_SILENCE, Scripted, Timeline, ToneVoice, of

QUESTION = "What does this say?"
PAUSE = SegmenterSettings().pause


def test_a_question_is_heard_looked_at_asked_and_answered_aloud() -> None:
    events = Timeline().says(2.0, 3.5, QUESTION).play(Scripted("It says open."))
    kinds = [event.kind for event in events if event.kind not in ("span", "answer.delta")]
    assert kinds == [
        "session.started",
        "speech.started",
        "hearing",  # in the first pause, and asked early
        "looked",
        "asked",
        "answered",
        "speech.ended",
        "heard",
        "speaking",
        "spoken",
        "session.ended",
    ]
    assert of(events, "heard")[0].data["text"] == QUESTION
    assert of(events, "answered")[0].data | {"tokens": None} == {
        "text": "It says open.",
        "outcome": "ok",
        "backend": "scripted",
        "tokens": None,
    }
    assert of(events, "spoken")[0].data["heard_text"] == "It says open."
    assert [event.turn for event in events if event.kind in ("heard", "asked", "spoken")] == [1, 1, 1]


def test_speech_is_dated_back_to_its_voiced_samples() -> None:
    events = Timeline().says(2.0, 3.5, QUESTION).play(Scripted("Yes."))
    heard = of(events, "heard")[0]
    assert heard.data["t_start"] == pytest.approx(2.0, abs=0.04)
    assert heard.data["t_end"] == pytest.approx(3.5, abs=0.04)
    assert of(events, "speech.ended")[0].t == pytest.approx(3.5 + END_SILENCE, abs=0.07)


def test_first_sound_is_the_sum_of_its_stages_from_the_first_pause_on() -> None:
    costs = fixed({"transcribe": 0.25, "encode": 0.01, "synthesise": 0.12})
    events = Timeline().says(2.0, 3.5, QUESTION).play(Scripted("Yes.", first=0.5), costs=costs)
    (turn,) = latencies(events)
    assert turn.stages["silence"] == pytest.approx(END_SILENCE, abs=0.04)
    assert turn.stages["transcribe"] == turn.stages["look"] == 0.0
    assert turn.stages["voice"] == pytest.approx(0.12 + 0.1, abs=0.01)
    assert turn.first_sound == pytest.approx(PAUSE + 0.25 + 0.01 + 0.5 + 0.22, abs=0.04)


def test_what_is_done_while_the_silence_is_waited_out_takes_nobody_s_time() -> None:
    costs = fixed({"transcribe": 0.25, "encode": 0.01, "synthesise": 0.12})
    events = Timeline().says(2.0, 3.5, QUESTION).play(Scripted("Yes.", first=0.0), costs=costs)
    (turn,) = latencies(events)
    assert turn.first_sound == pytest.approx(END_SILENCE + 0.1, abs=0.04)  # the voice begins with 0.1 s of silence


def test_words_that_announce_another_backend_are_the_first_that_the_wearer_waited_for() -> None:
    kinds: list[tuple[float, str, dict[str, object]]] = [
        (2.0, "heard", {"t_end": 1.3}),
        (2.1, "asked", {}),
        (3.0, "notice", {"text": "I'm asking another model.", "backend": "ondevice"}),
        (3.2, "speaking", {"t_audible": 3.3}),
        (3.5, "answer.delta", {"text": "Yes."}),
    ]
    (turn,) = latencies(Event(t, n, 1, kind, data) for n, (t, kind, data) in enumerate(kinds))
    assert turn.stages["first token"] == pytest.approx(0.9)
    assert turn.first_sound == pytest.approx(2.0)


def test_the_sharpest_frame_of_the_question_is_what_is_asked_about() -> None:
    sharp_at = 2.6
    timeline = Timeline(detail=lambda t: 150 if abs(t - sharp_at) < 0.01 else 20).says(2.0, 3.5, QUESTION)
    looked = of(timeline.play(Scripted("Yes.")), "looked")[0]
    assert looked.data["frames"] == [sharp_at]


def test_without_a_fresh_frame_nobody_is_asked_and_the_wearer_is_told() -> None:
    backend = Scripted("never said")
    events = Timeline().says(4.0, 5.0, QUESTION).sees_nothing(1.0, 10.0).play(backend)
    assert backend.questions == []
    assert of(events, "looked")[0].data["frames"] == []
    assert "can't see anything" in of(events, "spoken")[0].data["heard_text"]
    assert of(events, "answered")[0].data["outcome"] == "error"


def test_noise_that_holds_no_words_is_ignored() -> None:
    events = Timeline().says(2.0, 3.0, "").says(5.0, 6.0, QUESTION).play(Scripted("Yes."))
    assert [event.data["reason"] for event in of(events, "ignored")] == ["no speech in it"]
    assert [event.turn for event in of(events, "heard")] == [1]


def test_the_end_of_the_sound_ends_the_utterance_and_the_answer_is_still_spoken() -> None:
    timeline = Timeline(end=3.5).says(2.0, 3.5, QUESTION)
    timeline.end = 3.5
    events = timeline.play(Scripted("It is a long answer that goes on after the recording has ended."))
    assert of(events, "spoken")[0].data["interrupted"] is False
    assert events[-1].kind == "session.ended"
    assert events[-1].t > 5.0


def test_history_keeps_what_was_heard_and_no_pictures() -> None:
    backend = Scripted("It says open.")
    Timeline().says(1.0, 2.0, "First?").says(8.0, 9.0, "Second?").play(backend)
    assert [(old.question, old.answer) for old in backend.questions[1].history] == [("First?", "It says open.")]
    assert len(backend.questions[1].images) == 1


def test_a_fault_is_logged_and_told_after_the_words_that_came() -> None:
    backend = Scripted("It says", outcome="interrupted", fault="the stream broke", told="The answer was cut off.")
    events = Timeline().says(1.0, 2.0, QUESTION).play(backend)
    assert of(events, "fault")[0].data == {"what": "the stream broke", "told": "The answer was cut off."}
    assert of(events, "spoken")[0].data["heard_text"] == "It says The answer was cut off."


class Broken:
    name = "broken"
    picture = PictureBudget(640, 80)
    languages = None

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        yield AnswerDelta(question.turn, question.t, "It ")
        raise ZeroDivisionError("a bug")

    async def close(self) -> None:
        pass


def test_a_backend_with_a_bug_leaves_nobody_in_silence() -> None:
    events = Timeline().says(1.0, 2.0, QUESTION).says(6.0, 7.0, QUESTION).play(lambda clock: Broken())
    assert [event.data["outcome"] for event in of(events, "answered")] == ["error", "error"]
    assert "ZeroDivisionError: a bug" in of(events, "fault")[0].data["what"]
    assert "went wrong" in of(events, "spoken")[1].data["heard_text"]


class Hoarse(ToneVoice):
    """Can't speak one word."""

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        if "xylophone" in clause:
            raise ValueError("no such phoneme")
        return super().synthesise(clause)


def test_a_clause_that_cannot_be_spoken_is_a_fault_and_the_session_goes_on() -> None:
    backend = Scripted("It is a xylophone. It has keys.")
    events = Timeline().says(1.0, 2.0, QUESTION).says(6.0, 7.0, QUESTION).play(backend, voice=Hoarse())
    assert [event.data["heard_text"] for event in of(events, "spoken")] == ["It has keys.", "It has keys."]
    assert "no such phoneme" in of(events, "fault")[0].data["what"]


def test_a_stage_without_a_fixed_cost_is_wrong_use_and_not_a_fault_of_the_turn() -> None:
    with pytest.raises(UsageError, match="transcribe"):
        Timeline().says(1.0, 2.0, QUESTION).play(Scripted("Yes."), costs=fixed({"encode": 0.0}))


class Skips(Timeline):
    def sound(self) -> Iterator[AudioChunk]:
        for chunk in super().sound():
            if not 4.0 < chunk.t < 6.0:
                yield chunk


def test_a_gap_in_the_sound_is_an_event() -> None:
    gap = of(Skips().says(1.0, 2.0, QUESTION).play(Scripted("Yes.")), "audio.gap")[0]
    assert gap.data["t_start"] == pytest.approx(4.0, abs=0.04)
    assert gap.data["t_end"] == pytest.approx(6.0, abs=0.04)


class LosesItsCamera(Timeline):
    def frames(self) -> Iterator[VideoFrame]:
        for picture in super().frames():
            if picture.t > 1.0:
                raise CameraLost("webcam: unplugged")
            yield picture


def test_a_lost_camera_is_told_once_and_hearing_goes_on() -> None:
    events = LosesItsCamera().says(4.0, 5.0, QUESTION).play(Scripted("never said"))
    assert [event.data["what"] for event in of(events, "camera.lost")] == ["webcam: unplugged"]
    spoken = [event.data["heard_text"] for event in of(events, "spoken")]
    assert spoken[0] == "I lost the camera."
    assert "can't see anything" in spoken[1]


class HasABug(Timeline):
    def frames(self) -> Iterator[VideoFrame]:
        yield next(super().frames())
        raise ValueError("a bug in the driver")


def test_whatever_ends_the_pictures_is_said() -> None:
    events = HasABug().says(4.0, 5.0, QUESTION).play(Scripted("never said"))
    assert "a bug in the driver" in of(events, "camera.lost")[0].data["what"]
    assert of(events, "spoken")[0].data["heard_text"] == "I lost the camera."


class LosesItsSound(Timeline):
    def sound(self) -> Iterator[AudioChunk]:
        raise GlassesError("clip.mkv: unreadable", told="I can't hear any more.")
        yield


def test_a_session_without_sound_says_so() -> None:
    for timeline, told in ((LosesItsSound(), "I can't hear any more."), (Timeline(end=0.0), "There is no sound")):
        events = timeline.play(Scripted("never said"))
        assert told in of(events, "spoken")[0].data["heard_text"]
        assert events[-1].kind == "session.ended"


class UnevenVoice(ToneVoice):
    """Takes a different time in every run."""

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        time.sleep(random.random() / 50)
        return super().synthesise(clause)


def test_with_fixed_costs_two_replays_are_equal_to_the_byte() -> None:
    def log() -> str:
        timeline = Timeline().says(1.0, 2.0, "First?").says(2.8, 4.0, "Second?").says(6.0, 7.0, "")
        costs = fixed({"transcribe": 0.25, "encode": 0.01, "synthesise": 0.12})
        events = timeline.play(Scripted("One, two. Three, four, five. Six."), voice=UnevenVoice(), costs=costs)
        return "\n".join(map(to_line, events))

    assert log() == log() == log()


def test_a_recorded_session_is_answered_from_its_log_at_the_recorded_pace() -> None:
    timeline = Timeline().says(1.0, 2.0, QUESTION)
    costs = {"transcribe": 0.25, "encode": 0.01, "synthesise": 0.12}
    events = timeline.play(Scripted("It says open.", first=1.5), costs=fixed(costs))
    again = timeline.play(lambda clock: RecordedAnswers(clock, events), costs=recorded(events))
    assert of(again, "answered")[0].t == pytest.approx(of(events, "answered")[0].t, abs=0.001)
    assert of(again, "spoken")[0].data == of(events, "spoken")[0].data
    assert latencies(again)[0].stages == pytest.approx(latencies(events)[0].stages, abs=0.001)


def test_the_same_session_runs_live() -> None:
    timeline = Timeline(end=2.5).says(0.5, 1.0, QUESTION)
    timeline.end = 2.0
    events = timeline.play(Scripted("Yes.", first=0.1), virtual=False, costs=measured)
    assert of(events, "spoken")[0].data["heard_text"] == "Yes."
    (turn,) = latencies(events)
    assert turn.first_sound >= END_SILENCE
