"""When the light of a camera's pictures fell, from what its driver says and when they arrived.

Plain arithmetic on plain numbers: seconds of the session, seconds of a driver's or a stream's own clock.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

from pipeline.clock import Clock

_YOUNG = 1.0
"""Seconds that a driver's first time may lie back and still be believed: a full queue at a dark room's 5 frames/s."""

_AHEAD = 0.005
"""Seconds that a driver's time may seem to lie ahead: uvcvideo reckons with the camera's own crystal."""

_WINDOW = 5.0
"""Seconds over which a stream's least lag is sought. Two quartz clocks part by less than a millisecond in it."""

_LATE = 3.0
"""Seconds that a picture may lag behind the least lag: after a longer silence, a stream is opened anew anyway."""

_SETTLING = 3.0
"""Seconds at most in which what a stream gathered while it was opened is read away."""

_INSTANT = 0.005
"""Seconds. A read that took less had its picture ready, where the stream has no clock to compare with."""

_MEASURED = 2.0
"""Seconds over which a camera's rate is measured: a picture that comes late weighs little in it."""

_TICK = 1e-6
"""Seconds by which times rise at least."""


class Times(Protocol):
    """Gives every picture of a camera its time, from the first since it was opened."""

    def of(self, raw: float | None, arrived: float, waited: float) -> float | None:
        """When the light fell, seconds of the session; later than the time before, and never later than `arrived`.

        `raw` is the driver's time in seconds of its own clock, None where it has none. `arrived` is the session's
        time just after the picture was read, `waited` the seconds that reading it took. None for a picture that is
        too old to be told a time.
        """
        ...


class DriverTimes:
    """Of a driver that stamps on the system's monotonic clock, as V4L2 does.

    For USB cameras the stamp is the start of the exposure as the kernel could tell (uvcvideo,
    V4L2_BUF_FLAG_TSTAMP_SRC_SOE); for others the end of the transfer. A time is believed if it has advanced, is not in
    the future, and was fresh when the driver's times began: later ones may be old, which is what a queue is for.
    Without one the time of arrival stands in, later than the light by exposure, transfer and queue.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trusted = False
        self._raw = -math.inf
        self._last = -math.inf

    def of(self, raw: float | None, arrived: float, waited: float) -> float:
        """As in Times."""
        t = arrived
        if raw is not None:
            told = self._clock.from_monotonic(raw)
            young = arrived - _YOUNG <= told
            self._trusted = raw > self._raw and told <= arrived + _AHEAD and (self._trusted or young)
            self._raw = raw
            if self._trusted:
                t = min(told, arrived)
        self._last = max(t, self._last + _TICK)
        return self._last


class StreamTimes:
    """Of a stream with a clock of its own, whose zero nobody tells.

    A packet can be late but never early: of the lags (arrival - stream's time) of the last seconds, the least is
    the one that the network delayed least, and holds for all (as in NTP's clock filter, RFC 5905, section 10). Jitter
    disappears from the times. What remains unknown is the constant part: the time that exposure, encoder,
    network and decoder take at their best, by which every time is too late. Right after opening, times may be later
    still by the jitter, until a packet has come without any.

    A stream's clock that goes back, or that falls behind for longer than a network does, has been restarted, and so
    is the mapping. Without a clock (MJPEG over HTTP has none) the time of arrival stands in, jitter and all.
    """

    def __init__(self) -> None:
        self._raw: float | None = None
        self._lags: deque[tuple[float, float]] = deque()  # (arrived, lag), lags rising: the first is the least
        self._last = -math.inf
        self._first: float | None = None
        self._settled = False

    def of(self, raw: float | None, arrived: float, waited: float) -> float | None:
        """As in Times."""
        step = raw - self._raw if raw is not None and self._raw is not None else 0.0
        before = self._lags[0][1] if self._lags else math.inf
        lag = 0.0 if raw is None else self._least_lag(raw, arrived)
        t = arrived if raw is None else raw + lag
        self._raw = raw
        if not self._settled:
            # Pictures from before are ready at once, each later by less, and only the last tells how late they all are.
            self._first = arrived if self._first is None else self._first
            caught_up = waited > max(_INSTANT, step / 2) and (raw is None or lag > before - _INSTANT)
            self._settled = caught_up or arrived - self._first > _SETTLING
            if not self._settled:
                return None
        self._last = max(t, self._last + _TICK)
        return self._last

    def _least_lag(self, raw: float, arrived: float) -> float:
        lag = arrived - raw
        if (self._raw is not None and raw <= self._raw) or (self._lags and lag - self._lags[0][1] > _LATE):
            self._lags.clear()
        while self._lags and self._lags[-1][1] >= lag:
            self._lags.pop()
        self._lags.append((arrived, lag))
        while self._lags[0][0] < arrived - _WINDOW:
            self._lags.popleft()
        return self._lags[0][1]


class Spacing:
    """Which of a camera's pictures are looked at: every nth, so that they stay evenly spaced."""

    def __init__(self, rate: float, looked_at: float) -> None:
        self._rate = rate
        self._looked_at = looked_at
        self._taken: int | None = None  # number of the last
        self._since: tuple[int, float] | None = None

    def takes(self, seq: int, t: float, pace: float = math.inf) -> bool:
        """Whether picture `seq`, of time `t`, is one of them. Measures the camera's true rate as it goes.

        `pace` is how many a second will do just now. Once it is more, there is no waiting for the pictures of before.
        """
        if self._since is None:
            self._since = (seq, t)
        count, seconds = seq - self._since[0], t - self._since[1]
        if seconds >= _MEASURED:
            self._rate = count / seconds
            self._since = (seq, t)
        if self._taken is not None and seq - self._taken < _every(self._rate, min(self._looked_at, pace)):
            return False
        self._taken = seq
        return True


def _every(rate: float, looked_at: float) -> int:
    """The n of every nth: the least that gives at most `looked_at` a second, or a little more where rates waver."""
    return max(1, math.ceil(rate / looked_at - 0.25))
