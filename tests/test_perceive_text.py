"""Print in pictures that are turned, large, or without any: with the real model."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Drawing
from PIL import ImageDraw, ImageFont

from pipeline.see.layout import Span
from pipeline.see.text import Reader, is_print, is_unread, legible, of_one_script, turns_to_try
from pipeline.types import Image

LABEL = ("Whole Milk", "Use by 14 MAR 2027", "Keep below 6 degrees")


def label() -> Image:
    sheet = Drawing.new("RGB", (960, 540), (240, 240, 236))
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(LABEL):
        draw.text((120, 90 + 120 * number), text, fill=(20, 22, 30), font=ImageFont.load_default(54))
    return np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1])


def drawn(*texts: str, size: int) -> Image:
    """Lines of print in a font that has Cyrillic, Arabic and Georgian letters too."""
    sheet = Drawing.new("RGB", (1280, 720), (240, 240, 236))
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(texts):
        draw.text(
            (100, 60 + 2 * size * number), text, fill=(20, 22, 30), font=ImageFont.truetype("DejaVuSans.ttf", size)
        )
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


@pytest.mark.parametrize("texts", [("Ласкаво просимо", "Обережно, сходи"), ("مخرج", "صيدلية"), ("გასასვლელი",)])
def test_writing_in_letters_that_are_not_known_is_noticed_and_not_guessed(
    texts: tuple[str, ...], reader: Reader
) -> None:
    lines = reader.read(drawn(*texts, size=96))
    assert [(line.text, line.confidence) for line in lines] == [("", 0.0)] * len(texts)


def test_what_is_read_beside_letters_that_are_not_known_stays(reader: Reader) -> None:
    lines = reader.read(drawn("Обережно, сходи", "Mind the stairs", size=72))
    assert [line.text for line in lines] == ["Mind the stairs", ""]


def test_latin_letters_with_accents_are_read(reader: Reader) -> None:
    texts = ["Crème brûlée 4,50 €", "Bitte Tür schließen", "Żółta łódź", "Çıkış kapısı"]
    assert [line.text for line in reader.read(drawn(*texts, size=60))] == texts


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


def test_a_long_line_of_next_to_no_letters_is_writing_that_can_not_be_read() -> None:
    assert is_unread(span("", 0.0, 500, 60), 1280)
    assert is_unread(span("3", 0.9, 500, 60), 1280)
    assert is_unread(span("コス'Y'", 0.54, 230, 80), 1280)
    assert not is_unread(span("E X I T", 0.98, 500, 60), 1280)
    assert not is_unread(span("Use by 14 MAR", 0.8, 400, 50), 1280)
    assert not is_unread(span("", 0.0, 1279, 719), 1280), "texture is not long"
    assert not is_unread(span("T", 0.3, 399, 327), 1280)


def test_a_greek_word_is_all_in_greek_letters() -> None:
    assert of_one_script("EIΣOΔOΣ 9:00") == "ΕΙΣΟΔΟΣ 9:00"
    assert of_one_script("Exit EΞOΔOΣ, 25 μg") == "Exit ΕΞΟΔΟΣ, 25 μg"
    assert of_one_script("αβ testing") == "αβ testing"
