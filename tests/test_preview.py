"""Pictures in a terminal, and what the newest of a session's pictures and sounds are."""

from __future__ import annotations

import numpy as np
import pytest

from glasses.preview import QUIETEST, Preview, fitting, picture
from pipeline.types import AudioChunk, VideoFrame, read_only
from tests.clips import BLUE, GREEN, RED, WHITE, quadrants
from tests.timeline import tone


def test_each_character_shows_two_pixels_in_their_colours() -> None:
    lines = picture(read_only(quadrants(64, 64)), columns=4)
    cells = [line.split("▀")[:-1] for line in lines]
    assert [len(line) for line in cells] == [4, 4]
    corners = cells[0][0], cells[0][3], cells[1][0], cells[1][3]
    for steering, (b, g, r) in zip(corners, (BLUE, GREEN, RED, WHITE), strict=True):
        assert steering == f"\x1b[38;2;{r};{g};{b};48;2;{r};{g};{b}m"
    assert all(line.endswith("\x1b[0m") for line in lines)


def test_a_terminal_of_fewer_colours_gets_the_nearest_of_its_own() -> None:
    (line,) = picture(read_only(np.full((2, 1, 3), (0, 130, 255), np.uint8)), columns=1, deep=False)
    assert line == "\x1b[38;5;214;48;5;214m▀\x1b[0m"


@pytest.mark.parametrize(("columns", "lines"), [(64, 20), (64, 9), (10, 3), (1, 1), (20, 0)])
def test_a_picture_fits_into_the_room_there_is(columns: int, lines: int) -> None:
    image = read_only(np.zeros((1080, 1920, 3), np.uint8))
    width = fitting(image, columns, lines)
    assert 0 <= width <= columns
    assert not width or len(picture(image, width)) <= lines


def test_a_chosen_frame_is_found_by_the_time_that_the_log_says() -> None:
    preview = Preview()
    for n in range(2000):
        preview.frame(VideoFrame(n / 30, n, read_only(np.full((480, 640, 3), n % 256, np.uint8))))
    small = preview.chosen(round(1950 / 30, 4))
    assert small is not None
    assert small.max() == 1950 % 256
    assert max(small.shape) <= 127
    assert preview.chosen(1.0) is None  # it keeps the last seconds only


def test_the_level_falls_slowly_so_that_the_eye_can_follow() -> None:
    preview = Preview()
    assert preview.level == QUIETEST
    preview.sound(AudioChunk(0.0, tone(0.032), 16_000))
    loud = preview.level
    assert loud == pytest.approx(-15.3, abs=0.2)
    preview.sound(AudioChunk(0.032, np.zeros(512, np.int16), 16_000))
    assert preview.level == pytest.approx(loud - 0.8)


def test_the_level_falls_as_fast_in_small_pieces_of_sound() -> None:
    preview = Preview()
    preview.sound(AudioChunk(0.0, tone(0.032), 16_000))
    loud = preview.level
    for n in range(10):
        preview.sound(AudioChunk(0.032 + n / 100, np.zeros(160, np.int16), 16_000))
    assert preview.level == pytest.approx(loud - 2.5)
