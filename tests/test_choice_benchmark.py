"""What the benchmark of the choice counts: letters read right, and what its clips promise."""

from __future__ import annotations

import pytest

from benchmarks.frames_clips import clip
from benchmarks.frames_reading import errors, readable


@pytest.mark.parametrize(
    ("line", "text", "count"),
    [
        ("gateb12", "flightgateb12lisbon", 0),
        ("gateb12", "flightgatebi2lisbon", 1),
        ("gateb12", "gateb2", 1),
        ("gateb12", "gate b12", 1),
        ("gateb12", "", 7),
        ("", "anything", 0),
    ],
)
def test_errors_are_edits_to_the_nearest_part_of_what_was_read(line: str, text: str, count: int) -> None:
    assert errors(line, text) == count


def test_readable_is_the_share_of_letters_whatever_the_lines_and_spaces() -> None:
    sign = ("Gate B12", "Boarding from 17:15")
    assert readable(sign, ["Exit", "GATE B12 Boarding", "from17:15"]) == 1.0
    assert readable(sign, ["Gate B12"]) < 0.6
    assert readable(sign, []) == 0.0


def test_a_clip_is_the_same_each_time_and_words_lie_within_the_question() -> None:
    one, again = clip(7), clip(7)
    assert (one.words, one.t_start, one.camera.gazes) == (again.words, again.t_start, again.camera.gazes)
    assert all(one.t_start - 0.5 < word.t_start < word.t_end < one.t_end + 0.5 for word in one.words)


def test_the_sign_is_in_view_while_it_is_looked_at() -> None:
    holds = clip(0)
    assert holds.plan == "holds"
    assert holds.camera.in_view(0.0) == 0.0
    assert holds.camera.in_view(holds.t_end) == 1.0
    assert holds.camera.blur(holds.t_end) < 3
