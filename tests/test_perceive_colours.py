"""Colours by name, and the light: pure functions of pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.see.colours import shares, told
from pipeline.see.light import light
from pipeline.types import Image


def plain(red: int, green: int, blue: int, width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), (blue, green, red), np.uint8)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((10, 10, 12), "black"), ((250, 250, 250), "white"), ((128, 128, 128), "grey"), ((255, 236, 205), "white"),
        ((200, 20, 24), "red"), ((120, 14, 12), "red"), ((154, 31, 10), "red"), ((250, 130, 20), "orange"),
        ((225, 105, 67), "orange"), ((120, 72, 40), "brown"), ((173, 100, 57), "brown"), ((250, 220, 30), "yellow"),
        ((30, 140, 60), "green"), ((20, 60, 40), "green"), ((30, 60, 180), "blue"), ((110, 180, 230), "blue"),
        ((28, 43, 74), "blue"), ((110, 40, 150), "purple"), ((250, 160, 180), "pink"), ((240, 60, 160), "pink"),
    ],
)  # fmt: skip
def test_a_plain_colour_has_its_name(colour: tuple[int, int, int], name: str) -> None:
    assert told(shares(plain(*colour))) == name


def test_two_colours_are_both_named_and_many_are_none() -> None:
    red, white, blue = plain(200, 20, 24), plain(250, 250, 250), plain(30, 60, 180)
    assert told(shares(np.hstack([red, red, white]))) == "red and white"
    many = np.hstack([plain(*c) for c in ((200, 20, 24), (250, 250, 250), (30, 60, 180), (30, 140, 60), (10, 10, 10),
                                          (250, 220, 30), (110, 40, 150))])  # fmt: skip
    assert told(shares(many)) == ""
    assert told(shares(np.hstack([red, white[:, :44], blue[:, :32]]))) == "red, white and blue"


def test_the_shares_add_up_and_an_empty_cut_has_none() -> None:
    assert sum(shares(plain(200, 20, 24)).values()) == pytest.approx(1.0)
    assert shares(np.zeros((0, 10, 3), np.uint8)) == {}
    assert shares(plain(200, 20, 24, 1, 1)) == {"red": 1.0}


def scene(level: int, *lamps: tuple[int, int, int]) -> Image:
    """A room of some grey level with things in it; lamps at x, y with a radius."""
    image = plain(level, level, level, 640, 360)
    cv2.rectangle(image, (400, 200), (560, 340), [max(0, level - 30)] * 3, -1)
    for x, y, radius in lamps:
        cv2.circle(image, (x, y), radius, (255, 255, 255), -1)
    return image


def test_dark_and_light_are_told_apart() -> None:
    assert light(scene(20)).dark
    assert not light(scene(100)).dark
    assert light(plain(0, 0, 0, 640, 360)).even
    assert not light(scene(100)).even


def test_a_lamp_glows_in_a_scene_that_is_darker() -> None:
    lamp = light(scene(60, (500, 80, 24))).lamp
    assert lamp is not None
    assert lamp == pytest.approx((500 / 640, 80 / 360), abs=0.02)


@pytest.mark.parametrize(
    "image",
    [scene(100), plain(255, 255, 255, 640, 360), scene(245, (100, 100, 20)), scene(100, (100, 100, 1))],
    ids=["no lamp", "white", "bright all over", "a reflex"],
)
def test_what_is_bright_for_other_reasons_is_no_lamp(image: Image) -> None:
    assert light(image).lamp is None
