"""What the glasses see and hear right now, for a terminal: a small picture and the microphone's level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.listen.level import level
from pipeline.types import AudioChunk, Image, VideoFrame

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_COLUMNS = 64
"""Of the picture: each is two pixels high, so 16:9 becomes 18 lines."""

_QUIETEST = -60.0
"""dB of full scale where the bar of the level begins."""

_BAR = 24
"""Characters of the bar."""

_FALL = 0.8
"""Decibels by which the level falls with each chunk of 32 ms, so that the eye can follow it."""


class Preview:
    """Takes what comes, in whatever thread it comes, and draws the newest when asked to."""

    def __init__(self) -> None:
        self._frame: VideoFrame | None = None
        self._level = _QUIETEST

    def frame(self, frame: VideoFrame) -> None:
        """The newest picture."""
        self._frame = frame

    def sound(self, chunk: AudioChunk) -> None:
        """The newest sound."""
        self._level = max(level(chunk.samples), self._level - _FALL, _QUIETEST)

    def render(self, now: float) -> RenderableType:
        """The picture, its age at session time `now`, and the level."""
        from rich.console import Group
        from rich.text import Text

        filled = round((self._level - _QUIETEST) / -_QUIETEST * _BAR)
        colour = "red" if self._level > -3 else "green"
        sound = Text.assemble("microphone ", ("▮" * filled, colour), ("▯" * (_BAR - filled), "dim"))
        sound.append(f" {self._level:4.0f} dB" if self._level > _QUIETEST else "  silent")
        if self._frame is None:
            return Group(Text("no picture yet", style="dim"), sound)
        height, width = self._frame.image.shape[:2]
        about = Text(f"{width}x{height}, {now - self._frame.t:.1f} s old", style="dim")
        return Group(picture(self._frame.image), about, sound)


def picture(image: Image, columns: int = _COLUMNS) -> Text:
    """`image` (BGR) as lines of text that a colour terminal shows as a picture, two pixels a character."""
    import cv2
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    height, width = image.shape[:2]
    lines = max(1, round(columns * height / width / 2))
    small = cv2.resize(image, (columns, 2 * lines), interpolation=cv2.INTER_AREA)
    text = Text(no_wrap=True)
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for (b, g, r), (b2, g2, r2) in zip(upper.tolist(), lower.tolist(), strict=True):
            text.append("▀", Style(color=Color.from_rgb(r, g, b), bgcolor=Color.from_rgb(r2, g2, b2)))
        text.append("\n")
    text.rstrip()
    return text
