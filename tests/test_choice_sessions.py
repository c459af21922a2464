"""The choice in whole sessions: words with times, questions about time, the dark, and several questions that wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from pipeline.costs import fixed
from pipeline.listen.transcriber import Transcript
from pipeline.types import Image, Samples, VideoFrame, Word, read_only
from tests.timeline import FREE, Script, Scripted, Timeline, of

QUESTION = "What does this say?"


def squares(seed: int, light: float = 1.0) -> Image:
    """A picture that is told from others by its seed."""
    tiles = np.random.default_rng(seed).integers(60, 250, (18, 32)).astype(np.float64) * light
    grey = np.kron(tiles, np.ones((5, 5))).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


@dataclass
class Views(Timeline):
    """The wearer sees one picture after another, each from its time on."""

    seen: list[tuple[float, Image]] = field(default_factory=list)

    def frames(self) -> Iterator[VideoFrame]:
        for seq in range(round(self.end * self.fps)):
            t = seq / self.fps
            image = [image for since, image in self.seen if since <= t][-1]
            yield VideoFrame(t, seq, read_only(image))


def test_the_frame_at_the_word_that_points_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def transcribe(self: Script, samples: Samples) -> Transcript:
        # What is said begins after 0.3 s of silence; "this" is said 0.3 s later, which is early.
        words = (Word("What", 0.3, 0.4), Word("does", 0.4, 0.6), Word("this", 0.6, 0.8), Word("say?", 0.8, 2.3))
        return Transcript(QUESTION, 0.9, "en", words=words)

    monkeypatch.setattr(Script, "transcribe", transcribe)
    views = Views(seen=[(0.0, squares(1)), (2.8, squares(2))]).says(2.0, 4.0, QUESTION)
    looked = of(views.play(Scripted("Yes.")), "looked")[0]
    assert 2.2 <= looked.data["frames"][0] < 2.8
    assert "'this'" in looked.data["reason"]


def test_the_picture_is_made_while_the_words_are_not_known_yet() -> None:
    costs = fixed(FREE | {"transcribe": 0.3, "encode": 0.2})
    events = Views(seen=[(0.0, squares(1))]).says(2.0, 3.0, "How are you?").play(Scripted("Yes."), costs=costs)
    words, picture = (
        [event.data["start"] + event.data["seconds"] for event in of(events, "span") if event.data["stage"] == stage]
        for stage in ("transcribe", "encode")
    )
    assert len(picture) == 1
    assert picture[0] < words[0]
    assert of(events, "asked")[0].t == pytest.approx(words[0])


def test_words_that_point_elsewhere_cost_another_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def transcribe(self: Script, samples: Samples) -> Transcript:
        words = (Word("What", 0.3, 0.4), Word("does", 0.4, 0.6), Word("this", 0.6, 0.8), Word("say?", 0.8, 2.3))
        return Transcript(QUESTION, 0.9, "en", words=words)

    monkeypatch.setattr(Script, "transcribe", transcribe)
    backend = Scripted("Yes.")
    views = Views(seen=[(0.0, squares(1)), (2.8, squares(2))]).says(2.0, 4.0, QUESTION)
    events = views.play(backend, costs=fixed(FREE | {"transcribe": 0.3, "encode": 0.2}))
    assert sum(event.data["stage"] == "encode" for event in of(events, "span")) == 2
    assert backend.questions[0].images[0].t == of(events, "looked")[0].data["frames"][0] < 2.8


def test_what_was_just_passed_is_asked_about_with_several_pictures_and_how_old_they_are() -> None:
    views = Views(seen=[(0.0, squares(1)), (3.0, squares(2)), (5.0, squares(3))])
    backend = Scripted("A door.")
    events = views.says(6.0, 7.0, "What did I just pass?").play(backend)
    looked = of(events, "looked")[0]
    assert len(looked.data["frames"]) == len(looked.data["scores"]) == 3
    first, *others = backend.questions[0].images
    assert first.note == ""
    assert all("earlier" in other.note for other in others)
    assert sorted(int(image.t) for image in (first, *others))[0] < 3


def test_that_it_is_very_dark_is_said_once_until_there_was_light() -> None:
    night, day = squares(1, light=0.06), squares(1)
    views = Views(seen=[(0.0, night), (10.0, day), (15.0, night)])
    for t in (1.0, 6.0, 11.0, 16.0):
        views.says(t, t + 1.0, QUESTION)
    events = views.play(Scripted("It says open."))
    assert [event.data["dark"] for event in of(events, "looked")] == [True, True, False, True]
    heard = [event.data["heard_text"] for event in of(events, "spoken")]
    assert [text.startswith("It is very dark here.") for text in heard] == [True, False, False, True]


def test_questions_that_wait_to_be_understood_keep_what_was_seen_with_them() -> None:
    views = Views(seen=[(0.0, squares(1)), (3.0, squares(2)), (5.0, squares(3))])
    for t in (1.0, 3.2, 5.4):
        views.says(t, t + 0.8, QUESTION)
    events = views.play(Scripted("Yes."), costs=fixed(FREE | {"transcribe": 4.0}))
    frames = [event.data["frames"][0] for event in of(events, "looked")]
    assert [round(t) for t in frames] == pytest.approx([1, 4, 6], abs=1)
    assert frames == sorted(frames)
