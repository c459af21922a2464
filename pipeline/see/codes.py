"""Bar codes and QR codes in a picture: zxing-cpp. What a code says is content: nothing is opened, dialled or joined."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import GlassesError
from pipeline.types import Image


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

    Blocks for 0.02 to 0.06 s at 720p. Raises GlassesError if zxing-cpp is not installed.
    """
    try:
        import zxingcpp
    except ImportError as error:
        raise GlassesError(
            f"codes can't be read ({error}); install zxing-cpp: pip install 'glasses-companion[offline]'",
            told="I can't read codes, because that is not installed.",
        ) from error
    found = sorted(zxingcpp.read_barcodes(image), key=lambda code: code.position.top_left.y)
    return tuple(Code(str(code.format), code.text) for code in found if code.valid and code.text)
