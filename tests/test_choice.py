"""Which frame a question is asked about: plain data in, the choice and its reason out."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from pipeline.look.choice import LookSettings, choose, views
from pipeline.look.pointing import about_time, pointers, spread
from pipeline.look.quality import ScoredFrame
from pipeline.types import FrameChoice, Utterance, VideoFrame, Word, read_only

START, END = 4.0, 6.0  # of the question

PIXEL = read_only(np.zeros((1, 1, 3), np.uint8))


def frame(t: float, sharpness: float = 100.0, *, settled: float = inf, clipped: float = 0.0) -> ScoredFrame:
    return ScoredFrame(VideoFrame(t, 0, PIXEL), sharpness, 128.0, settled=settled, clipped=clipped)


def said(text: str = "When does it open", words: tuple[Word, ...] = ()) -> Utterance:
    return Utterance(1, START, END, text, 0.9, words=words)


def chosen(frames: list[ScoredFrame], utterance: Utterance | None = None) -> FrameChoice:
    return choose(frames, utterance or said(), LookSettings())


def look(start: float, end: float, sharpness: float, *, settled: float = 0.0) -> list[ScoredFrame]:
    """Frames of one view, ten a second, after a turn of the head."""
    count = round((end - start) * 10)
    return [frame(start + n / 10, sharpness, settled=settled + n / 10) for n in range(count)]


def test_the_sharpest_frame_of_a_view_is_chosen() -> None:
    choice = chosen([frame(3.5, 50), frame(4.8, 300), frame(5.9, 80)])
    assert [f.t for f in choice.frames] == [4.8]
    assert choice.reason == "sharpest settled frame 0.8 s into the question, of 3 (sharpness 300, typical 80)"
    assert 0 < choice.scores[0] <= 1


def test_a_sharper_frame_outside_the_window_is_not_chosen() -> None:
    frames = [frame(2.9, 900), frame(5.0, 10), frame(6.4, 900)]
    assert [f.t for f in chosen(frames).frames] == [5.0]


def test_an_old_picture_is_never_used_instead() -> None:
    choice = chosen([frame(1.0, 900)])
    assert choice.frames == ()
    assert choice.reason == "no fresh frame: the newest is 2.0 s too old"
    assert "gave none" in chosen([]).reason


def test_a_word_that_points_draws_the_choice_to_itself() -> None:
    frames = look(3.0, 4.4, 200) + look(4.5, 5.3, 30) + look(5.4, 6.3, 200)
    words = (Word("What's", 4.0, 4.4), Word("this?", 4.8, 5.0), Word("Anything", 5.0, 5.4), Word("good", 5.4, 6.0))
    choice = chosen(frames, said("What's this? Anything good", words))
    assert 4.6 <= choice.frames[0].t <= 5.2
    assert "'this'" in choice.reason


def test_without_word_times_they_are_guessed_from_the_letters() -> None:
    frames = look(3.0, 4.4, 80) + look(4.5, 5.3, 30) + look(5.4, 6.3, 200)
    choice = chosen(frames, said("What's in this? Anything good"))
    assert 4.6 <= choice.frames[0].t <= 5.2


def test_a_word_that_points_at_a_blur_is_not_obeyed() -> None:
    words = (Word("this", 4.8, 5.0),)
    choice = chosen([frame(4.4, 200), frame(4.9, 4), frame(5.8, 150)], said("this", words))
    assert choice.frames[0].t == 4.4
    assert choice.reason.startswith("sharpest settled frame 0.4 s before 'this'")


def test_a_wall_of_bricks_in_passing_does_not_beat_the_sign_that_is_looked_at() -> None:
    sweep = [frame(4.1 + n / 10, 900, settled=0.0) for n in range(4)]
    choice = chosen(sweep + look(4.5, 6.0, 60))
    assert choice.frames[0].t >= 4.5


def test_of_equal_frames_the_fresh_one_is_chosen() -> None:
    assert chosen([frame(4.2), frame(5.0), frame(5.8)]).frames[0].t == 5.8
    assert chosen([frame(3.2), frame(3.9)]).frames[0].t == 3.9


def test_a_frame_from_before_the_question_must_be_much_better() -> None:
    assert chosen([frame(3.2, 120), frame(5.0, 100)]).frames[0].t == 5.0
    assert chosen([frame(3.2, 900), frame(5.0, 30)]).frames[0].t == 3.2


def test_what_is_burnt_out_is_not_chosen_for_its_edges() -> None:
    assert chosen([frame(4.5, 100), frame(5.0, 130, clipped=0.6)]).frames[0].t == 4.5


def test_a_picture_without_any_edge_is_chosen_where_there_is_no_other() -> None:
    choice = chosen([frame(5.0, 0.0)])
    assert [f.t for f in choice.frames] == [5.0]
    assert choice.reason == "sharpest settled frame 1.0 s into the question, of 1 (sharpness 0)"


def test_views_are_what_lies_between_two_turns_of_the_head() -> None:
    frames = [*look(1.0, 1.4, 10, settled=2.0), frame(1.4, settled=0.0), frame(1.5, settled=0.0), *look(1.6, 2.0, 10)]
    assert [len(view) for view in views(frames)] == [4, 1, 1, 4]
    assert views([]) == []


def test_words_point_with_their_times() -> None:
    words = (Word("What", 4.0, 4.2), Word("does", 4.2, 4.4), Word("THIS", 4.4, 4.6), Word("say?", 4.6, 5.0))
    assert [(word.text, word.t_start, word.timed) for word in pointers(said("What does THIS say?", words))] == [
        ("this", 4.4, True),
        ("say", 4.6, True),
    ]


@pytest.mark.parametrize("text", ["Is there a door", "Are there any steps", "When does it open", "Wo ist die Tür", ""])
def test_most_words_point_at_nothing(text: str) -> None:
    assert pointers(said(text)) == ()


def test_letters_take_the_same_time_each() -> None:
    first, second = spread(said("ab cdefg"))
    assert (first.t_start, first.t_end, second.t_start, second.t_end) == pytest.approx((4.0, 4.5, 4.75, 6.0))


@pytest.mark.parametrize(
    "text",
    [
        "What changed?",
        "Has anything changed here?",
        "What did I just pass?",
        "What happened?",
        "What was that?",
        "What was on the table a moment ago?",
    ],
)
def test_questions_about_time(text: str) -> None:
    assert about_time(text)


@pytest.mark.parametrize("text", ["What is this?", "Can I just walk in?", "What does it say?", "How do I change it?"])
def test_questions_about_now(text: str) -> None:
    assert not about_time(text)


def colourful(t: float, picture: int, *, sharpness: float = 100.0, settled: float = 1.0) -> ScoredFrame:
    """A view whose content is told by a number: the same number, the same picture."""
    tiny = np.random.default_rng(picture).integers(0, 255, (18, 32)).astype(np.uint8)
    seen = read_only(np.kron(tiny, np.ones((5, 5), np.uint8)))
    return ScoredFrame(VideoFrame(t, 0, PIXEL), sharpness, 128.0, settled=settled, tiny=seen)


def test_a_question_about_time_gets_pictures_that_are_far_apart_the_newest_first() -> None:
    frames = [colourful(t, n, settled=0.0 if t == 1.0 else 1.0) for n, t in enumerate((0.0, 1.0, 2.0, 4.0, 5.0, 5.8))]
    frames[2:4] = [colourful(2.0, 7), colourful(4.0, 7)]
    choice = chosen(frames, said("What did I just pass?"))
    assert choice.frames[0].t == 5.8
    assert len(choice.frames) == 3
    assert [f.t for f in choice.frames[1:]] == sorted(f.t for f in choice.frames[1:])
    assert not {2.0, 4.0} <= {f.t for f in choice.frames}
    assert choice.reason.startswith("3 different views of 6 frames")


def test_where_nothing_changed_one_picture_says_so() -> None:
    frames = [colourful(t, 1) for t in (2.0, 3.0, 4.0, 5.0)]
    choice = chosen(frames, said("What changed?"))
    assert [f.t for f in choice.frames] == [5.0]
    assert choice.reason == "one view of 4 frames, back to 1.0 s before the end of the question"


def test_the_past_has_a_limit_too() -> None:
    old = START - LookSettings().past - 0.1
    choice = chosen([colourful(old, 1), colourful(5.0, 2)], said("What changed?"))
    assert [f.t for f in choice.frames] == [5.0]
    assert chosen([colourful(old, 1)], said("What changed?")).frames == ()


def test_in_the_dark_the_choice_says_so() -> None:
    def night(t: float, dark: float) -> ScoredFrame:
        return ScoredFrame(VideoFrame(t, 0, PIXEL), 5.0, 8.0, dark=dark)

    assert chosen([night(5.0, 0.99)]).dark
    assert not chosen([night(5.0, 0.7)]).dark  # a lit sign at night
    assert not chosen([frame(5.0)]).dark
    assert not chosen([]).dark
