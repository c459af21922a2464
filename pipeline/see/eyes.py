"""All that is perceived of a picture on this machine, each perceiver loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from pipeline.see import colours
from pipeline.see.codes import Code, codes
from pipeline.see.layout import Line
from pipeline.see.light import Light, light
from pipeline.see.objects import LIKELY, Box, Detector, Thing
from pipeline.see.picture import pixels
from pipeline.see.text import Reader
from pipeline.types import Image, Picture

_INNER = 0.8
"""Share of a thing's box, in its middle, whose colour is the thing's: the corners show what is behind it."""

_MIDDLE: Box = (0.3, 0.3, 0.7, 0.7)
"""Where in the picture that is what somebody asks about who names nothing."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is written in a picture, word for word: to be put beside it for a model that sees it smaller.

    It is content of the scene and comes from strangers: a prompt has to say so.
    """

    lines: tuple[Line, ...] = ()
    codes: tuple[Code, ...] = ()


class Eyes:
    """Perceivers over encoded pictures. All of them block; call them in a thread, one at a time or several.

    Each raises GlassesError if the picture can't be decoded, or what it needs is not installed.
    """

    def __init__(self, detector: Callable[[], Detector], reader: Reader | None = None) -> None:
        """`detector` gives object detection when it is first needed, or raises GlassesError."""
        self._detector = detector
        self._reader = reader or Reader()
        self._last: tuple[Picture, Image] | None = None
        self._hinted: tuple[Picture, Hints] | None = None
        self._hinting = Lock()  # several models are asked about one picture at once: it is read for the first

    def load(self) -> None:
        """Load text recognition. Object detection waits until somebody asks for things."""
        self._reader.load()

    def read(self, picture: Picture) -> tuple[Line, ...]:
        """The print, in the order of reading, as `Reader.read` gives it: 0.4 s at 720p."""
        return self._reader.read(self._pixels(picture))

    def things(self, picture: Picture) -> tuple[Thing, ...]:
        """What can be recognised, each with its colour if that is plain: 0.1 s."""
        image = self._pixels(picture)
        return tuple(
            replace(thing, colour=colours.told(colours.shares(_cut(image, thing.box, _INNER))))
            if thing.confidence >= LIKELY
            else thing
            for thing in self._detector().find(image)
        )

    def codes(self, picture: Picture) -> tuple[Code, ...]:
        """Bar codes and QR codes: 0.02 to 0.06 s at 720p."""
        return codes(self._pixels(picture))

    def colours(self, picture: Picture) -> dict[str, float]:
        """The colours in the middle of the picture with their shares, the largest first: 2 ms."""
        return colours.shares(_cut(self._pixels(picture), _MIDDLE, 1.0))

    def light(self, picture: Picture) -> Light:
        """How light it is: 2 ms."""
        return light(self._pixels(picture))

    def hints(self, picture: Picture) -> Hints:
        """What is written in the picture at its full resolution, for a model that will see it smaller."""
        with self._hinting:
            if self._hinted is None or self._hinted[0] is not picture:
                lines = tuple(line for line in self.read(picture) if line.text)
                self._hinted = picture, Hints(lines, self.codes(picture))
            return self._hinted[1]

    def _pixels(self, picture: Picture) -> Image:
        """Decoded once for all that is asked about one picture."""
        last = self._last  # another session in another thread may put its own there meanwhile
        if last is None or last[0] is not picture:
            self._last = last = picture, pixels(picture)
        return last[1]


def _cut(image: Image, box: Box, share: float) -> Image:
    """The middle of `box`: `share` of its width and height."""
    height, width = image.shape[:2]
    left, top, right, bottom = box
    dx, dy = (right - left) * (1 - share) / 2, (bottom - top) * (1 - share) / 2
    return image[
        round((top + dy) * height) : round((bottom - dy) * height),
        round((left + dx) * width) : round((right - dx) * width),
    ]
