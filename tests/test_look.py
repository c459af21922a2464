"""Which frames are kept, and which one a question is asked about."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.look.choice import LookSettings, choose
from pipeline.look.quality import ScoredFrame, score
from pipeline.look.ring import FrameRing
from pipeline.types import VideoFrame, read_only

START, END = 4.0, 6.0  # of the question


def frame(t: float, sharpness: float = 100.0, *, kilobytes: int = 3) -> ScoredFrame:
    image = read_only(np.zeros((kilobytes, 1000 // 3 + 1, 3), np.uint8))
    return ScoredFrame(VideoFrame(t, 0, image), sharpness, 128.0)


def picture(blur: int = 0, noise: float = 0.0) -> VideoFrame:
    image = np.full((720, 1280, 3), 200, np.uint8)
    for row in range(60, 700, 60):
        cv2.putText(image, "OPEN 9:00 TO 17:30", (80, row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 3)
    if blur:
        image = cv2.blur(image, (blur, 1))
    grain = np.random.default_rng(1).normal(0, noise, image.shape)
    return VideoFrame(0.0, 0, read_only(np.clip(image + grain, 0, 255).astype(np.uint8)))


def test_blur_lowers_sharpness_step_by_step() -> None:
    values = [score(picture(blur=blur)).sharpness for blur in (0, 5, 11, 25)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 3 * values[2]


def test_sensor_noise_does_not_make_a_blurred_frame_sharp() -> None:
    assert score(picture(blur=15, noise=6)).sharpness < score(picture()).sharpness / 2


def test_brightness_is_the_mean_grey_level() -> None:
    dark = VideoFrame(0.0, 0, read_only(np.full((480, 640, 3), 12, np.uint8)))
    assert score(dark).brightness == pytest.approx(12)


def test_the_sharpest_frame_of_the_question_is_chosen() -> None:
    choice = choose([frame(3.5, 50), frame(4.8, 300), frame(5.9, 80)], START, END, LookSettings())
    assert [f.t for f in choice.frames] == [4.8]
    assert choice.reason == "sharpest of 3 frames, 0.8 s into the question (sharpness 300, typical 80)"


def test_a_sharper_frame_outside_the_window_is_not_chosen() -> None:
    frames = [frame(2.9, 900), frame(5.0, 10), frame(6.4, 900)]
    assert [f.t for f in choose(frames, START, END, LookSettings()).frames] == [5.0]


def test_an_old_picture_is_never_used_instead() -> None:
    choice = choose([frame(1.0, 900)], START, END, LookSettings())
    assert choice.frames == ()
    assert choice.reason == "no fresh frame: the newest is 2.0 s too old"
    assert "gave none" in choose([], START, END, LookSettings()).reason


def test_the_ring_keeps_the_last_seconds() -> None:
    ring = FrameRing(lookback=1.0)
    for n in range(50):
        ring.add(frame(n / 5))
    kept = [f.t for f in ring.frames()]
    assert kept[0] >= 8.8
    assert kept[-1] == 9.8
    assert ring.dropped == 0


def test_of_each_tenth_of_a_second_the_sharpest_is_kept() -> None:
    ring = FrameRing(lookback=1.0)
    for t, sharpness in ((1.01, 10), (1.05, 30), (1.08, 20), (1.12, 5)):
        ring.add(frame(t, sharpness))
    assert [f.t for f in ring.frames()] == [1.05, 1.12]


def test_while_someone_speaks_nothing_since_is_forgotten() -> None:
    ring = FrameRing(lookback=1.0)
    ring.keep_from(2.0)
    for n in range(100):
        ring.add(frame(n / 10 + 0.05))
    assert ring.frames()[0].t == pytest.approx(1.05)
    ring.keep_from(None)
    ring.add(frame(10.05))
    assert ring.frames()[0].t == pytest.approx(9.05)


def test_over_the_limit_the_frames_are_thinned_out_to_the_sharpest_of_longer_stretches() -> None:
    ring = FrameRing(lookback=5.0, limit=3 * frame(0.0).frame.image.nbytes)
    for t, sharpness in ((0.05, 50), (0.15, 10), (0.25, 60), (0.45, 5)):
        ring.add(frame(t, sharpness))
    assert [f.t for f in ring.frames()] == [0.05, 0.25, 0.45]
    assert ring.dropped == 1


def test_sharper_frames_later_on_do_not_push_out_all_of_the_question() -> None:
    ring = FrameRing(lookback=1.0, limit=4 * frame(0.0).frame.image.nbytes)
    ring.keep_from(1.0)
    for n in range(40):
        ring.add(frame(n / 10 + 0.05, sharpness=n))
    assert any(1.0 <= f.t <= 2.0 for f in ring.frames())
    assert 2 <= len(ring.frames()) <= 4
