"""Devices that come and go, as timelines in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pipeline.costs import fixed
from pipeline.errors import CameraLost, MicrophoneLost
from pipeline.listen.transcriber import RATE
from pipeline.sources import Back, Lost, News
from pipeline.types import AudioChunk, Event, Opened, Samples, VideoFrame, read_only
from tests.timeline import FREE, Scripted, Timeline, frame, of, tone

OPENED = Opened("fake", {"width": 1280}, {"width": 640})


class Device:
    """A camera that is opened anew each time it is iterated: what it does then is said by the scenes, in turn."""

    def __init__(self, *scenes: Callable[[], Iterator[VideoFrame | Opened]]) -> None:
        self._scenes = iter(scenes)
        self.opened = 0

    def __iter__(self) -> Iterator[VideoFrame | Opened]:
        self.opened += 1
        return next(self._scenes, lambda: iter(()))()


def delivers(start: float, end: float, *, step: int = 1, fps: int = 10) -> Callable[[], Iterator[VideoFrame | Opened]]:
    """Frames from `start` to `end`, of which only each `step`th is looked at."""

    def scene() -> Iterator[VideoFrame | Opened]:
        yield OPENED
        for number in range(0, round((end - start) * fps), step):
            yield frame(start + number / fps, number, 50)

    return scene


def then_lost(scene: Callable[[], Iterator[VideoFrame | Opened]]) -> Callable[[], Iterator[VideoFrame | Opened]]:
    def lost() -> Iterator[VideoFrame | Opened]:
        yield from scene()
        raise CameraLost("webcam: unplugged")

    return lost


def missing() -> Iterator[VideoFrame | Opened]:
    raise CameraLost("webcam: not there", told="I can't find the camera.")
    yield


def play(
    camera: Device, end: float = 30.0, says: tuple[float, float, str] = (1.0, 2.0, "What is this?")
) -> list[Event]:
    return Timeline(end=end, camera=camera).says(*says).play(Scripted("A cup."))


def test_what_was_asked_of_a_camera_and_what_it_gives_is_logged_each_time_it_is_opened() -> None:
    events = play(Device(then_lost(delivers(0, 5)), delivers(7, 9)))
    opened = of(events, "camera.opened")
    assert [event.data["given"] for event in opened] == [{"width": 640}, {"width": 640}]
    assert opened[0].data["asked"] == {"width": 1280}
    assert opened[0].data["address"] == "fake"


def test_a_camera_that_comes_back_is_lost_once_told_once_and_back_once() -> None:
    camera = Device(then_lost(delivers(0, 5)), missing, missing, delivers(9, 30))
    events = play(camera)
    assert [
        (event.kind, event.data.get("what")) for event in events if event.kind in ("camera.lost", "camera.back")
    ] == [
        ("camera.lost", "webcam: unplugged"),
        ("camera.back", None),
    ]
    assert [event.data["heard_text"] for event in of(events, "spoken")] == ["A cup.", "I lost the camera."]
    assert of(events, "camera.back")[0].t == pytest.approx(9.0, abs=0.01)


def test_a_question_after_the_camera_came_back_is_answered_from_a_fresh_picture() -> None:
    events = play(Device(then_lost(delivers(0, 5)), delivers(9, 30)), says=(12.0, 13.0, "What is this?"))
    assert 11.0 <= of(events, "looked")[0].data["frames"][0] <= 13.3


def test_attempts_to_reopen_come_at_growing_pauses() -> None:
    camera = Device(*[missing] * 100)
    events = play(camera, end=120.0)
    assert 8 <= camera.opened <= 14  # 0.5, 1, 2, 4, 8, then every 15 seconds
    assert len(of(events, "camera.lost")) == 1


def test_a_camera_that_was_never_there_is_said_to_be_missing() -> None:
    events = play(Device(missing, missing, missing), says=(6.0, 7.0, "What is this?"))
    assert of(events, "spoken")[0].data["heard_text"] == "I can't find the camera."


def test_a_loose_contact_is_told_once_and_logged_each_time() -> None:
    shaky = [then_lost(delivers(5 + 2 * n, 5.5 + 2 * n)) for n in range(4)]
    events = play(Device(then_lost(delivers(0, 4)), *shaky, delivers(15, 30)))
    assert len(of(events, "camera.lost")) == len(of(events, "camera.back")) == 5
    assert [event.data["heard_text"] for event in of(events, "spoken")].count("I lost the camera.") == 1


def test_a_recorded_gap_in_the_pictures_is_a_lost_camera_in_replay_too() -> None:
    def scene() -> Iterator[VideoFrame | Opened]:
        yield from delivers(0, 5)()
        yield from delivers(15, 30)()

    events = play(Device(scene))
    assert of(events, "camera.lost")[0].t == pytest.approx(4.9 + 3.0, abs=0.01)
    assert of(events, "camera.back")[0].t == pytest.approx(15.0, abs=0.01)


def test_a_stream_that_stalls_for_a_minute_is_told_once_and_back_with_its_next_picture() -> None:
    def scene() -> Iterator[VideoFrame | Opened]:
        yield from delivers(0, 5)()
        yield from delivers(65, 80)()

    events = play(Device(scene), end=80.0)
    assert [event.data["heard_text"] for event in of(events, "spoken")] == ["A cup.", "I lost the camera."]
    assert [event.t for event in of(events, "camera.back")] == pytest.approx([65.0], abs=0.01)
    assert len(of(events, "camera.lost")) == 1


def test_rates_tell_what_the_camera_gave_and_what_was_passed_over() -> None:
    events = play(Device(delivers(0, 65, step=3, fps=30)), end=65.0)
    first, second = of(events, "camera.rates")
    assert first.data == pytest.approx({"camera": 30, "processed": 10, "skipped": 20}, abs=0.2)
    assert second.data == pytest.approx({"camera": 30, "processed": 10, "skipped": 20}, abs=0.2)
    ended = of(events, "session.ended")[0].data
    assert ended["frames_skipped"] == 2 * (ended["frames"] - 1)


class Ear:
    """A microphone whose sound is cut into scenes, one an opening."""

    def __init__(self, *scenes: Callable[[], Iterator[AudioChunk | News]]) -> None:
        self._scenes = iter(scenes)

    def __iter__(self) -> Iterator[AudioChunk | News]:
        return next(self._scenes, lambda: iter(()))()


def sounds(
    start: float, end: float, *, lost: bool = False, voiced: Samples | None = None
) -> Callable[[], Iterator[AudioChunk | News]]:
    """Silence from `start` to `end`, `voiced` in it after a second, and then the microphone is lost."""

    def scene() -> Iterator[AudioChunk | Opened]:
        yield OPENED
        samples = tone(end - start) * 0
        if voiced is not None:
            samples[RATE : RATE + len(voiced)] = voiced
        for n in range(0, len(samples), 512):
            yield AudioChunk(start + n / RATE, read_only(samples[n : n + 512]), RATE)
        if lost:
            raise MicrophoneLost("default: unplugged")

    return scene


def hear(*scenes: Callable[[], Iterator[AudioChunk | News]], lines: int = 1) -> list[Event]:
    timeline = Timeline(microphone=Ear(*scenes))
    timeline.lines = [(0.0, 0.0, "What is this?")] * lines
    return timeline.play(Scripted("A cup."))


def test_a_microphone_that_comes_back_is_told_once_and_hears_on() -> None:
    events = hear(sounds(0, 3, lost=True), sounds(6, 10, voiced=tone(1.0)))
    assert [event.kind for event in events if event.kind.startswith("microphone")] == [
        "microphone.opened",
        "microphone.lost",
        "microphone.opened",
        "microphone.back",
    ]
    spoken = [event.data["heard_text"] for event in of(events, "spoken")]
    assert spoken[0] == "I can't hear anything from the microphone."
    assert of(events, "heard")[0].data["t_start"] == pytest.approx(7.0, abs=0.05)
    (gap,) = of(events, "audio.gap")
    assert (gap.data["t_start"], gap.data["t_end"]) == pytest.approx((3.0, 6.0), abs=0.05)


def test_a_question_that_the_microphone_broke_off_is_taken_as_asked() -> None:
    events = hear(sounds(0, 2.0, lost=True, voiced=tone(1.0)), sounds(8, 9))
    assert of(events, "heard")[0].t < 3.0


def test_speech_that_is_too_loud_is_logged_and_the_wearer_told_if_it_could_not_be_understood() -> None:
    loud = read_only((tone(1.0).astype(int) * 10).clip(-32768, 32767).astype("int16"))
    understood = hear(sounds(0, 4, voiced=loud))
    assert of(understood, "audio.clipped")[0].data["share"] > 0.1
    assert of(understood, "spoken")[0].data["heard_text"] == "A cup."
    lost = hear(sounds(0, 4, voiced=loud), lines=0)
    assert of(lost, "spoken")[0].data["heard_text"].startswith("That was too loud")


def test_a_first_picture_that_takes_its_time_is_no_loss_in_replay_either() -> None:
    events = play(Device(delivers(5, 30)), says=(8.0, 9.0, "What is this?"))
    assert not of(events, "camera.lost")


def test_a_source_may_say_itself_that_it_is_worth_nothing_for_a_while() -> None:
    def muted() -> Iterator[AudioChunk | News]:
        yield OPENED
        yield from sounds(0, 2)()
        yield Lost(MicrophoneLost("default: muted"), again=False)
        yield from sounds(2, 4)()
        yield Back()
        yield from sounds(4, 7, voiced=tone(1.0))()

    events = hear(muted)
    news = [event.kind for event in events if event.kind in ("microphone.lost", "microphone.back")]
    assert news == ["microphone.lost", "microphone.back"]
    assert of(events, "spoken")[0].data["heard_text"] == "I can't hear anything from the microphone."
    assert of(events, "heard")


def test_a_driver_with_a_bug_is_said_and_ends_the_hearing() -> None:
    def buggy() -> Iterator[AudioChunk | News]:
        yield OPENED
        raise ValueError("a bug in the driver")

    events = hear(buggy)
    assert "a bug in the driver" in of(events, "fault")[0].data["what"]
    assert events[-1].kind == "session.ended"


def test_what_a_subscriber_raises_ends_the_session_also_from_the_camera() -> None:
    def breaks(event: Event) -> None:
        if event.kind == "camera.rates":
            raise BrokenPipeError

    timeline = Timeline(end=90.0, camera=Device(delivers(0, 90)))
    with pytest.raises(BrokenPipeError):
        timeline.play(Scripted("Yes."), subscriber=breaks)


def test_what_is_said_faster_than_it_can_be_transcribed_is_dropped_the_oldest_first_and_hearing_never_waits() -> None:
    timeline = Timeline(end=120.0)
    for n in range(28):
        timeline.says(2.0 + 4 * n, 4.0 + 4 * n, f"Number {n}?")
    events = timeline.play(Scripted("A cup."), costs=fixed(FREE | {"transcribe": 20.0}))
    reasons = [event.data["reason"] for event in of(events, "ignored")]
    assert reasons
    assert set(reasons) == {"too much was said meanwhile"}
    started = of(events, "speech.started")
    assert max(event.t - event.data["t_start"] for event in started) < 0.3, "nothing is heard late"
    assert of(events, "spoken")[-1].data["heard_text"] == "A cup."
