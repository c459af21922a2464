"""Print in pictures that are turned, large, or without any: with the real model."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Drawing
from PIL import ImageDraw, ImageFont

from pipeline.see.layout import Span
from pipeline.see.text import Reader, is_print, legible, turns_to_try
from pipeline.types import Image

LABEL = ("Whole Milk", "Use by 14 MAR 2027", "Keep below 6 degrees")


def label() -> Image:
    sheet = Drawing.new("RGB", (960, 540), (240, 240, 236))
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(LABEL):
        draw.text((120, 90 + 120 * number), text, fill=(20, 22, 30), font=ImageFont.load_default(54))
    return np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1])


def span(text: str, confidence: float, width: float = 200.0, height: float = 30.0) -> Span:
    return Span(text, confidence, ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))


@pytest.fixture(scope="module")
def reader() -> Reader:
    pytest.importorskip("rapidocr", reason="text recognition is in the extra 'offline'")
    return Reader()


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_a_turned_picture_is_read_as_if_it_stood_upright(quarter_turns: int, reader: Reader) -> None:
    turned = np.ascontiguousarray(np.rot90(label(), quarter_turns))
    assert [line.text for line in reader.read(turned)] == [*LABEL]


def test_a_picture_of_4k_is_read(reader: Reader) -> None:
    large = np.kron(label(), np.ones((4, 4, 1), np.uint8))
    assert [line.text for line in reader.read(large)] == [*LABEL]


def test_noise_has_no_print(reader: Reader) -> None:
    assert reader.read(np.random.default_rng(1).integers(0, 255, (360, 640, 3), np.uint8)) == ()


def test_only_what_is_badly_read_is_read_again() -> None:
    assert turns_to_try([span("Platform 4", 0.98)]) == ()
    assert turns_to_try([span("Whle Mhhik", 0.6), span("Kee el oc", 0.55)]) == (2,)
    assert turns_to_try([span("Whle Mhik", 0.7, width=30, height=200)]) == (1, 3)
    assert turns_to_try([span("S", 0.3)]) == ()
    assert turns_to_try([]) == ()


def test_of_two_readings_the_one_with_more_that_is_sure_counts() -> None:
    assert legible([span("Whole Milk", 0.99)]) > legible([span("Whle Mhhik", 0.7), span("Kee el", 0.6)])


def test_a_letter_or_two_that_fill_the_picture_are_no_print() -> None:
    assert not is_print(span("88", 0.99, 600, 500), 1280)
    assert is_print(span("WC", 0.99, 200, 120), 1280)
    assert is_print(span("STOP", 0.99, 900, 500), 1280)
    assert not is_print(span("8", 0.9), 1280)
    assert not is_print(span("fxkt", 0.4), 1280)
