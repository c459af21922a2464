"""How good a frame is, and which frames are kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.look.quality import ScoredFrame, difference, score, scored
from pipeline.look.ring import FrameRing, Snapshots
from pipeline.types import Opened, VideoFrame, read_only


def frame(t: float, sharpness: float = 100.0, *, kilobytes: int = 3) -> ScoredFrame:
    image = read_only(np.zeros((kilobytes, 1000 // 3 + 1, 3), np.uint8))
    return ScoredFrame(VideoFrame(t, 0, image), sharpness, 128.0)


def picture(
    blur: int = 0, noise: float = 0.0, *, t: float = 0.0, shift: int = 0, defocus: float = 0.0, light: float = 1.0
) -> VideoFrame:
    """A wall of print: moved by `shift` pixels, smeared along its lines, out of focus, grainy, in other light."""
    image = np.full((720, 1280, 3), 200, np.uint8)
    for row in range(60, 700, 60):
        cv2.putText(image, "OPEN 9:00 TO 17:30", (80 + row // 3, row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 3)
    image = np.roll(image, shift, axis=1)
    if blur:
        image = cv2.blur(image, (blur, 1))
    if defocus:
        image = cv2.GaussianBlur(image, (0, 0), defocus)
    grain = np.random.default_rng(1 + int(100 * t)).normal(0, noise, image.shape)
    return VideoFrame(t, 0, read_only(np.clip(image * light + grain, 0, 255).astype(np.uint8)))


def test_blur_lowers_sharpness_step_by_step() -> None:
    values = [score(picture(blur=blur)).sharpness for blur in (0, 5, 11, 25)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 3 * values[2]


def test_a_lens_out_of_focus_lowers_it_too() -> None:
    values = [score(picture(defocus=defocus)).sharpness for defocus in (0, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 3 * values[2]


@pytest.mark.parametrize("blur", [0, 11])
def test_sensor_noise_makes_no_frame_sharper(blur: int) -> None:
    quiet, noisy = (score(picture(blur=blur, noise=noise)).sharpness for noise in (0, 12))
    assert noisy == pytest.approx(quiet, rel=0.1)


def test_noise_alone_is_not_sharp_and_no_picture_is_too_small() -> None:
    grain = np.random.default_rng(2).normal(120, 20, (720, 1280, 3)).astype(np.uint8)
    assert score(VideoFrame(0.0, 0, read_only(grain))).sharpness < score(picture()).sharpness / 100
    assert score(VideoFrame(0.0, 0, read_only(np.zeros((1, 1, 3), np.uint8)))).sharpness == 0.0


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("size", [(64, 64), (720, 1280), (4320, 7680)])
def test_nothing_is_sharp_in_black_and_in_white_of_any_size(level: int, size: tuple[int, int]) -> None:
    measured = score(VideoFrame(0.0, 0, read_only(np.full((*size, 3), level, np.uint8))))
    assert (measured.sharpness, measured.brightness) == (0.0, level)


def test_a_camera_may_give_larger_pictures_of_the_same_view_for_a_while() -> None:
    small = picture(noise=4)
    twice = np.asarray(cv2.resize(small.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    before = score(small)
    after = score(VideoFrame(0.1, 1, read_only(twice)), before)
    assert after.motion < 0.05
    assert after.changed == difference(before, after) == 0.0
    assert after.sharpness == pytest.approx(before.sharpness, rel=0.2)


def test_brightness_is_the_mean_grey_level_and_what_is_dark_or_burnt_out_is_counted() -> None:
    image = np.full((480, 640, 3), 12, np.uint8)
    image[:120] = 255
    measured = score(VideoFrame(0.0, 0, read_only(image)))
    assert measured.brightness == pytest.approx(0.25 * 255 + 0.75 * 12)
    assert (measured.clipped, measured.dark) == pytest.approx((0.25, 0.75))
    assert measured.quality == pytest.approx(0.75 * measured.sharpness)


def test_motion_is_how_fast_the_view_moves() -> None:
    before, after = (score(picture(t=t, shift=shift, noise=4)) for t, shift in ((0.0, 0), (0.1, 64)))
    assert before.motion == 0.0
    assert score(after.frame, before).motion == pytest.approx(64 / 1280 / 0.1, rel=0.1)
    assert score(picture(t=0.1, noise=4), before).motion < 0.02


def test_other_light_is_neither_motion_nor_change() -> None:
    before, after = score(picture()), picture(t=0.1, light=0.6)
    measured = score(after, before)
    assert measured.motion < 0.02
    assert measured.changed < 0.1


def test_what_comes_into_the_picture_is_change_and_no_motion() -> None:
    before = score(picture())
    with_a_hand = picture(t=0.1).image.copy()
    with_a_hand[360:, 853:] = (90, 120, 170)
    measured = score(VideoFrame(0.1, 1, read_only(with_a_hand)), before)
    assert measured.changed == pytest.approx(1 / 6, abs=0.05)
    assert measured.motion < 0.1


def test_the_head_has_settled_as_long_as_it_has_not_turned() -> None:
    shifts = [0, 0, 0, 200, 400, 400, 400]
    frames = [picture(t=n / 10, shift=shift) for n, shift in enumerate(shifts)]
    measured = [item.settled for item in scored(frames) if isinstance(item, ScoredFrame)]
    assert measured == pytest.approx([0.0, 0.1, 0.2, 0.0, 0.0, 0.1, 0.2])


def test_a_camera_that_was_away_tells_nothing_of_motion() -> None:
    frames: list[VideoFrame | Opened] = [picture(), Opened("webcam", {}, {}), picture(t=0.1, shift=300), picture(t=5.0)]
    measured = [item for item in scored(frames) if isinstance(item, ScoredFrame)]
    assert [item.motion for item in measured] == [0.0, 0.0, 0.0]


def test_difference_is_the_share_of_two_pictures_that_is_not_the_same() -> None:
    one, same, other = score(picture()), score(picture(noise=6)), score(picture(shift=420))
    assert difference(one, same) < 0.05
    assert difference(one, other) > 0.15


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


def test_of_what_lies_further_back_the_best_of_each_second_is_kept() -> None:
    ring = FrameRing(lookback=1.0, past=3.0, past_limit=10**6)
    for n in range(100):
        ring.add(frame(n / 10 + 0.05, sharpness=100 + n % 7))
    past = [f.t for f in ring.frames() if f.t < 8.9]
    assert len(past) in (3, 4)
    assert past[0] >= 5.9
    assert [int(t) for t in past] == sorted({int(t) for t in past})


def test_the_past_has_its_own_limit() -> None:
    ring = FrameRing(lookback=1.0, past=60.0, past_limit=3 * frame(0.0).frame.image.nbytes)
    for n in range(300):
        ring.add(frame(n / 10 + 0.05))
    assert len([f for f in ring.frames() if f.t < 28.9]) == 3
    assert ring.dropped == 0


def test_snapshots_in_use_share_a_limit_and_each_keeps_its_best_frame() -> None:
    frames = [frame(n / 10 + 0.05, sharpness=n) for n in range(20)]
    snapshots = Snapshots(limit=20 * frames[0].frame.image.nbytes)
    kept = [snapshots.take(frames) for _ in range(30)]
    assert sum(snapshot.size for snapshot in kept) <= 30 * frames[0].frame.image.nbytes
    assert all(frames[-1] in snapshot.frames for snapshot in kept)


def test_a_snapshot_that_is_taken_or_dropped_leaves_its_room_to_others() -> None:
    frames = [frame(n / 10 + 0.05) for n in range(20)]
    snapshots = Snapshots(limit=20 * frames[0].frame.image.nbytes)
    first = snapshots.take(frames)
    assert len(first.take()) == 20
    second = snapshots.take(frames)
    del second
    third = snapshots.take(frames)
    assert len(third.frames) == 20
    assert (first.frames, len(snapshots.take(frames).frames)) == ((), 10)
