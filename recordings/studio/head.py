"""How a head moves that carries a camera, and where its camera puts each point of the scene.

The scene is a plane; lengths are metres, x to the right and y downwards from its top left. The camera
stands before it, turns and steps, and is never quite still.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

Rect = tuple[float, float, float, float]
"""Left, top, right and bottom on the scene, metres."""


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where the head is and what it looks at."""

    at: tuple[float, float]  # the point of the scene in the middle of the picture
    stand: tuple[float, float]  # the point of the scene straight before the camera
    distance: float  # from the camera to the scene


@dataclass(frozen=True, slots=True)
class Move:
    """A change of gaze: begins at `start`, takes `seconds`, and eases in and out."""

    start: float
    seconds: float
    to: Gaze


@dataclass(frozen=True, slots=True)
class Unrest:
    """How much a head sways when its owner holds still."""

    drift: float = 0.5  # degrees, slow: 0.15 to 0.9 Hz
    tremor: float = 0.025  # degrees, physiological tremor: 8 to 12 Hz


class Head:
    """A path through gazes with the unrest of a living head; the same for the same seed."""

    def __init__(self, first: Gaze, moves: Sequence[Move], unrest: Unrest, seed: int) -> None:
        self._first = first
        self._moves = sorted(moves, key=lambda move: move.start)
        rng = np.random.default_rng(seed)
        # For yaw, pitch and roll: amplitude, frequency and phase of each of the sines that add up to the unrest.
        slow = rng.uniform((0.5, 0.15, 0), (1, 0.9, math.tau), (3, 4, 3)) * (unrest.drift / 3, 1, 1)
        fast = rng.uniform((0.5, 8, 0), (1, 12, math.tau), (3, 4, 3)) * (unrest.tremor / 3, 1, 1)
        self._sines = np.concatenate([slow, fast], axis=1)

    def gaze(self, t: float) -> Gaze:
        """Where the head means to look at `t`."""
        gaze = self._first
        for move in self._moves:
            done = _eased((t - move.start) / move.seconds)
            gaze = Gaze(
                _between(gaze.at, move.to.at, done),
                _between(gaze.stand, move.to.stand, done),
                gaze.distance + (move.to.distance - gaze.distance) * done,
            )
        return gaze

    def unrest(self, t: float) -> NDArray[np.float64]:
        """How far yaw, pitch and roll are off at `t`, radians."""
        amplitude, frequency, phase = np.moveaxis(self._sines, 2, 0)
        off: NDArray[np.float64] = (amplitude * np.sin(math.tau * frequency * t + phase)).sum(axis=1)
        return np.radians(off)


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole with the wide view of camera glasses."""

    width: int = 1280  # pixels
    height: int = 720  # pixels
    view: float = 70.0  # degrees from the left to the right edge

    @property
    def focal(self) -> float:
        """Focal length, pixels."""
        return self.width / 2 / math.tan(math.radians(self.view / 2))

    def projection(self, head: Head, t: float) -> Matrix:
        """The homography from the scene (metres) to the picture (pixels) at `t`: K R [I | -position]."""
        gaze = head.gaze(t)
        (x, y), distance = gaze.stand, gaze.distance
        right, down = gaze.at[0] - x, gaze.at[1] - y
        yaw, pitch, roll = head.unrest(t)
        yaw += math.atan2(right, distance)
        pitch += math.atan2(down, math.hypot(right, distance))
        place = np.array([[1, 0, -x], [0, 1, -y], [0, 0, distance]])
        camera = np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1]])
        projection: Matrix = camera @ _turn_z(roll) @ _turn_x(pitch) @ _turn_y(yaw) @ place
        return projection

    def sees(self, rect: Rect, projection: Matrix) -> bool:
        """Whether all of `rect` lies in the picture."""
        left, top, right, bottom = rect
        corners = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])
        x, y, depth = projection @ corners.T
        return bool((depth > 0).all() and _within(x / depth, self.width) and _within(y / depth, self.height))

    def smear(self, before: Matrix, after: Matrix) -> float:
        """How many pixels the middle of the picture moves from one projection to the other."""
        middle = np.array([self.width / 2, self.height / 2, 1.0])
        x, y, depth = after @ np.linalg.solve(before, middle)
        return math.hypot(x / depth - middle[0], y / depth - middle[1])


def _eased(share: float) -> float:
    """Minimum jerk, as limbs and heads move (Flash and Hogan, J. Neurosci. 1985)."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10 - 15 * s + 6 * s * s)


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def _within(values: NDArray[np.float64], limit: int) -> bool:
    return bool((values >= 0).all() and (values < limit).all())


# Rotations that bring what lies `angle` to the right of the axis of view, or below it, into it; and a roll.


def _turn_x(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _turn_y(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _turn_z(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
