"""What makes the recordings: a head that moves, a lens that hunts, a voice in a room."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.errors import UsageError
from pipeline.look.quality import score
from pipeline.types import Image
from recordings.make import SCENARIOS, main
from recordings.making import voices
from recordings.making.motion import Gaze, HeadCamera

STILL = (Gaze(0.0, 400, 300), Gaze(2.0, 400, 300))


def chart() -> Image:
    """Something with edges: squares of 20 pixels."""
    squares = np.indices((40, 60)).sum(axis=0) % 2 * 200 + 20
    grey = np.kron(squares, np.ones((20, 20))).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def sharpness(gazes: tuple[Gaze, ...], at: float) -> float:
    camera = HeadCamera(chart(), gazes, (320, 180))
    return next(score(frame).sharpness for frame in camera.frames(2.0, 15) if frame.t >= at)


def test_the_same_seed_makes_the_same_pictures() -> None:
    first, second = ([*HeadCamera(chart(), STILL, (320, 180), seed=7).frames(0.3, 15)] for _ in range(2))
    assert [frame.t for frame in first] == [frame.t for frame in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_times_rise_and_are_as_uneven_as_a_cameras() -> None:
    times = [frame.t for frame in HeadCamera(chart(), STILL, (64, 36)).frames(2.0, 15)]
    steps = np.diff(times)
    assert len(times) == 30
    assert steps.min() > 0
    assert steps.std() > 0


def test_a_head_that_turns_smears_the_picture() -> None:
    turning = (Gaze(0.0, 400, 300), Gaze(0.8, 400, 300), Gaze(1.2, 800, 300), Gaze(2.0, 800, 300))
    assert sharpness(turning, at=1.0) < sharpness(turning, at=1.6) / 2


def test_a_light_that_is_switched_off_leaves_the_picture_dark() -> None:
    switched = (
        Gaze(0.0, 400, 300),
        Gaze(1.0, 400, 300),
        Gaze(1.1, 400, 300, light=0.05),
        Gaze(2, 400, 300, light=0.05),
    )
    levels = [frame.image.mean() for frame in HeadCamera(chart(), switched, (320, 180)).frames(2.0, 15)]
    assert levels[0] > 90
    assert levels[-1] < 10


def test_a_lens_that_hunts_blurs_the_picture() -> None:
    hunting = (Gaze(0.0, 400, 300, defocus=12), Gaze(1.0, 400, 300), Gaze(2.0, 400, 300))
    assert sharpness(hunting, at=0.0) < sharpness(hunting, at=1.5) / 2


def test_what_is_too_loud_is_cut_off_and_what_is_too_late_is_left_out() -> None:
    silence = np.zeros(voices.RATE)
    samples = voices.mixed(silence, (0.5, np.full(voices.RATE, 3.0)), (2.0, np.ones(100)))
    assert len(samples) == voices.RATE
    assert samples[: voices.RATE // 2].max() == 0
    assert samples[voices.RATE // 2 :].min() == 32767


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed, and only it has this voice")
def test_a_sentence_stands_20_to_30_decibels_above_the_room() -> None:
    room = voices.room(2.0, np.random.default_rng(1), knocks=0)
    said = voices.spoken("flite:slt", "What does this sign say?")
    ratio = 10 * np.log10(np.mean(said**2) / np.mean(room**2))
    assert 1.0 < len(said) / voices.RATE < 3.0
    assert 20 < ratio < 30


def test_a_missing_command_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="sudo apt install flite"):
        voices.spoken("flite:slt", "Hello.")


def test_an_unknown_recording_is_an_error_that_lists_those_there_are() -> None:
    result = CliRunner().invoke(main, ["shop-sing"])
    assert result.exit_code == 2
    assert all(name in result.output for name in ("shop-sing", *SCENARIOS))
