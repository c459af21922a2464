"""A frame on its way to a model: its size, its colours, its weight."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.ask.backend import PictureBudget
from pipeline.look.encode import encode
from pipeline.types import Image, Picture, VideoFrame, read_only


def frame(width: int, height: int) -> VideoFrame:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (200, 40, 40)  # blue, as OpenCV orders it
    image[:, width // 2 :] = (40, 40, 200)
    return VideoFrame(1.25, 7, read_only(image))


def decoded(picture: Picture) -> Image:
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 720), (768, 432)), ((720, 1280), (432, 768)), ((3840, 2160), (768, 432)), ((4000, 2), (768, 1))],
)
def test_the_long_edge_is_brought_down_to_the_budget(size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = encode(frame(*size), PictureBudget(768, 85))
    assert (picture.width, picture.height) == expected
    assert decoded(picture).shape == (expected[1], expected[0], 3)


def test_a_small_picture_is_never_enlarged() -> None:
    picture = encode(frame(320, 240), PictureBudget(768, 85))
    assert (picture.width, picture.height) == (320, 240)


def test_without_a_limit_the_picture_keeps_its_size() -> None:
    picture = encode(frame(1920, 1080), PictureBudget(None, 95))
    assert (picture.width, picture.height) == (1920, 1080)


def test_colours_and_time_survive() -> None:
    picture = encode(frame(1280, 720), PictureBudget(640, 90))
    blue, _, red = decoded(picture)[180, 100]
    assert blue > 150 > red
    assert picture.t == 1.25


def test_lower_quality_weighs_less() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    noisy = VideoFrame(0.0, 0, read_only(noise))
    assert len(encode(noisy, PictureBudget(None, 50)).data) < len(encode(noisy, PictureBudget(None, 95)).data) / 2


def test_the_frame_itself_is_left_alone() -> None:
    before = frame(1280, 720)
    encode(before, PictureBudget(64, 50))
    assert np.array_equal(before.image, frame(1280, 720).image)
