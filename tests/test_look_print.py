"""Small print is found without reading it, and comes to a model as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.ask.backend import PictureBudget
from pipeline.look.encode import with_small_print
from pipeline.look.small_print import Box, crop_around, small_print
from pipeline.types import Image, VideoFrame, read_only

LABEL = (
    "Take one tablet every six hours",
    "with plenty of water, not more",
    "than four in any one day, and",
    "never two",
)


def label(scale: float, *, at: tuple[int, int] = (700, 300), tilt: float = 0.0) -> Image:
    """A grey wall with four lines of print, capitals 22 x `scale` pixels high."""
    image = np.full((720, 1280, 3), 190, np.uint8)
    for row, line in enumerate(LABEL):
        place = (at[0], at[1] + round(row * 45 * scale))
        cv2.putText(image, line, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 1, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D(at, tilt, 1.0)
    turned: Image = cv2.warpAffine(image, turn, (1280, 720), borderMode=cv2.BORDER_REPLICATE)
    return turned


@pytest.mark.parametrize("tilt", [0.0, 4.0, -4.0])
def test_lines_of_small_print_are_found(tilt: float) -> None:
    lines = small_print(label(0.6, tilt=tilt), shrunk=0.5)
    assert 3 <= len(lines) <= 5
    assert all(660 < line.left < 760 and 200 < line.top < 420 for line in lines)


def test_what_a_model_can_read_anyway_is_not_small() -> None:
    assert small_print(label(1.4, at=(100, 200)), shrunk=0.8) == []


def test_they_are_found_in_the_pixels_of_a_large_picture() -> None:
    large: Image = cv2.resize(label(0.6), None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    lines = small_print(large, shrunk=0.15)
    assert len(lines) >= 3
    assert all(1900 < line.left < 2300 for line in lines)


def test_noise_and_an_empty_wall_hold_no_print() -> None:
    noise = np.random.default_rng(1).normal(128, 12, (720, 1280, 3)).clip(0, 255).astype(np.uint8)
    assert small_print(noise, shrunk=0.5) == []
    assert small_print(np.full((720, 1280, 3), 90, np.uint8), shrunk=0.5) == []


def test_a_crop_is_no_larger_than_its_lines_need() -> None:
    lines = [Box(100, 100, 300, 110), Box(110, 120, 260, 130)]
    assert crop_around(lines, (1280, 720), (768, 576)) == Box(70, 70, 330, 160)
    assert crop_around([], (1280, 720), (768, 576)) is None


def test_of_lines_too_far_apart_the_crop_shows_the_most() -> None:
    few, many = [Box(10, 10, 200, 20)], [Box(1000, 600 + n * 20, 1250, 610 + n * 20) for n in range(4)]
    crop = crop_around(few + many, (1280, 720), (400, 300))
    assert crop is not None
    assert all(crop.common(line) == line for line in many)
    assert (crop.width <= 400, crop.height <= 300) == (True, True)


def test_small_print_comes_as_it_is_beside_the_wide_picture() -> None:
    frame = VideoFrame(1.25, 3, read_only(label(0.6)))
    wide, closer = with_small_print(frame, PictureBudget(512, 85))
    assert (wide.width, wide.height, wide.note) == (512, 288, "")
    assert max(closer.width, closer.height) <= 512
    assert closer.t == 1.25
    assert "part of the picture" in closer.note
    shown = cv2.imdecode(np.frombuffer(closer.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    original = cv2.cvtColor(label(0.6), cv2.COLOR_BGR2GRAY)
    match = cv2.matchTemplate(original, shown, cv2.TM_SQDIFF)
    assert match.min() / shown.size < 25  # the very pixels, but for the JPEG


def test_without_a_limit_or_without_small_print_there_is_one_picture() -> None:
    assert len(with_small_print(VideoFrame(0.0, 0, read_only(label(0.6))), PictureBudget(None, 95))) == 1
    assert len(with_small_print(VideoFrame(0.0, 0, read_only(label(0.6))), PictureBudget(1280, 85))) == 1
    assert len(with_small_print(VideoFrame(0.0, 0, read_only(label(1.4))), PictureBudget(1024, 85))) == 1


def test_a_note_says_what_a_picture_is() -> None:
    (earlier,) = with_small_print(
        VideoFrame(0.0, 0, read_only(label(1.4))), PictureBudget(1280, 85), note="2.0 s earlier"
    )
    assert earlier.note == "2.0 s earlier"
