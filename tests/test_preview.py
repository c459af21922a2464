"""The preview in a terminal: the picture in its colours, its age, and the microphone's level."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from glasses.preview import Preview, picture
from pipeline.types import AudioChunk, VideoFrame, read_only
from tests.clips import BLUE, GREEN, RED, WHITE, quadrants
from tests.timeline import tone


def drawn(preview: Preview, now: float) -> str:
    output = io.StringIO()
    Console(file=output, width=100, color_system=None).print(preview.render(now))
    return output.getvalue()


def test_each_character_shows_two_pixels_in_their_colours() -> None:
    text = picture(read_only(quadrants(64, 64)), columns=4)
    assert text.plain == "▀▀▀▀\n▀▀▀▀"
    corners = [text.spans[index].style for index in (0, 3, 4, 7)]
    for style, (b, g, r) in zip(corners, (BLUE, GREEN, RED, WHITE), strict=True):
        assert not isinstance(style, str)
        assert style.color
        assert style.color.triplet == (r, g, b)
        assert style.bgcolor
        assert style.bgcolor.triplet == (r, g, b)


def test_it_says_how_old_the_picture_is_and_how_loud_the_sound() -> None:
    preview = Preview()
    assert "no picture yet" in drawn(preview, 0.0)
    assert "silent" in drawn(preview, 0.0)
    preview.frame(VideoFrame(1.0, 0, read_only(np.zeros((480, 640, 3), np.uint8))))
    preview.sound(AudioChunk(1.0, tone(0.032), 16_000))
    shown = drawn(preview, 1.5)
    assert "640x480, 0.5 s old" in shown
    assert "-15 dB" in shown


def test_the_level_falls_slowly_so_that_the_eye_can_follow() -> None:
    preview = Preview()
    preview.sound(AudioChunk(0.0, tone(0.032), 16_000))
    preview.sound(AudioChunk(0.032, np.zeros(512, np.int16), 16_000))
    assert "-16 dB" in drawn(preview, 0.1)
