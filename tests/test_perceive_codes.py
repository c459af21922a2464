"""Codes in pictures, made and read by zxing-cpp: tilted, small, blurred, several, none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.errors import GlassesError
from pipeline.see.codes import Code, codes
from pipeline.types import Image

zxingcpp = pytest.importorskip("zxingcpp", reason="reading codes is in the extra 'offline'")


def printed(text: str, kind: str, scale: int = 5) -> Image:
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    bars = cv2.copyMakeBorder(
        np.array(made.to_image(scale=scale), np.uint8), 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=245
    )
    image: Image = cv2.cvtColor(bars, cv2.COLOR_GRAY2BGR)
    return image


def tilted(image: Image, degrees: float, blur: float = 0.0) -> Image:
    scene = np.full((720, 1280, 3), 120, np.uint8)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += 640 - width / 2, 360 - height / 2
    seen: Image = cv2.warpAffine(image, turn, (1280, 720), dst=scene, borderMode=cv2.BORDER_TRANSPARENT)
    return cv2.GaussianBlur(seen, (0, 0), blur) if blur else seen


@pytest.mark.parametrize(("degrees", "blur"), [(0, 0.0), (30, 0.0), (90, 0.0), (180, 0.0), (10, 1.5)])
@pytest.mark.parametrize(
    ("text", "kind", "name", "square"),
    [
        ("https://example.org/menu", "QRCode", "QR Code", True),
        ("4006381333931", "EAN13", "EAN-13", False),
        ("Platform 4", "DataMatrix", "Data Matrix", True),
    ],
)
def test_codes_are_read_however_they_lie(
    text: str, kind: str, name: str, square: bool, degrees: float, blur: float
) -> None:
    (code,) = codes(tilted(printed(text, kind), degrees, blur))
    assert code == Code(name, text)
    assert code.is_square == square


def test_several_codes_are_told_from_top_to_bottom() -> None:
    one, other = printed("first", "QRCode"), printed("second", "QRCode")
    assert [code.text for code in codes(np.vstack([one, np.resize(other, one.shape)]))] == ["first", "second"]


def test_a_page_of_noise_and_a_blank_one_hold_none() -> None:
    assert codes(np.full((720, 1280, 3), 255, np.uint8)) == ()
    assert codes(np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)) == ()


def test_without_the_library_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zxingcpp", None)
    with pytest.raises(GlassesError, match=r"pip install 'glasses-companion\[offline\]'"):
        codes(np.zeros((10, 10, 3), np.uint8))
