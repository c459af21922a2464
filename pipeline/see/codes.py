"""Bar codes and QR codes in a picture: zxing-cpp. What a code says is content: nothing is opened, dialled or joined."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import GlassesError
from pipeline.types import Image

_TURNS = (0.0, 30.0, -30.0)
"""Degrees. Bars are read along rows and columns only, to some 20 degrees; squares however they lie."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code, and what it says."""

    kind: str  # as zxing-cpp calls it: "QR Code", "EAN-13", ...
    text: str

    @property
    def is_square(self) -> bool:
        """A code of squares, which holds words; else one of bars, which holds a number."""
        return self.kind in ("QR Code", "Micro QR Code", "rMQR Code", "Data Matrix", "Aztec", "PDF417", "MaxiCode")


def codes(image: Image) -> tuple[Code, ...]:
    """The codes in `image` (H x W x 3, BGR), top to bottom. Only those whose check digits are right.

    Blocks for 0.02 s at 720p, 0.06 s if there is none. Raises GlassesError if zxing-cpp is not installed.
    """
    try:
        import zxingcpp
    except ImportError as error:
        raise GlassesError(
            f"codes can't be read ({error}); install zxing-cpp: pip install 'glasses-companion[offline]'",
            told="I can't read codes, because that is not installed.",
        ) from error
    for turn in _TURNS:
        found = zxingcpp.read_barcodes(_turned(image, turn) if turn else image)
        if readable := [code for code in found if code.valid and code.text]:
            readable.sort(key=lambda code: code.position.top_left.y)
            return tuple(Code(str(code.format), code.text) for code in readable)
    return ()


def _turned(image: Image, degrees: float) -> Image:
    """The picture turned about its middle, the corners cut off."""
    import cv2

    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned: Image = cv2.warpAffine(image, turn, (width, height), borderValue=(128, 128, 128))
    return turned
