"""Keeping a sound card supplied: deep in sound, so that it doesn't stutter, and with nothing before an answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from devices import portaudio
from pipeline.clock import Clock
from pipeline.types import Samples

DEPTH = 0.4
"""Seconds of sound that the card keeps while Python is busy. They cost an answer nothing: see Feed. With six busy
processes beside it on two cores, 0.25 broke two answers of eight and 0.5 none, a callback with 0.1 four."""

SOON = 0.005
"""Seconds until a sound is heard for which nothing has to be waited for, as measured at PulseAudio's monitor."""

_TAIL = 0.12
"""Seconds that are kept filled for so long behind the last sound: a next clause may come, and follows them. Later on,
silence is filled in to the full depth, since it can be dropped without cutting the last word."""

_KEPT = 2.0
"""Seconds of sound that are kept after they were handed over. A sound server takes more ahead than PortAudio says."""

_AGAIN = 0.05
"""Seconds that are heard again after a pause: what a device had taken and not yet sounded is lost with the rest. With
PulseAudio that was 2 ms on a card that plays without a pause, and 35 ms on one that plays 93 ms at a time."""

_ROOM = 0.1
"""Seconds of room below which nothing is written. PortAudio may wait for a period of its own, a fifth of the depth."""

_BEAT, _SILENT_BEAT = 0.04, 0.2
"""Seconds between looks at how much the card has taken, and while it plays nothing but silence."""


class Playing:
    """Sound in line for a card, and how far it came; between the session's loop and the thread that feeds the card.

    Positions count samples since it was made.
    """

    def __init__(self) -> None:
        self.queued = 0  # samples, in all
        self.handed = 0  # of those, what the device has
        self.accounted = 0  # of those, what a drain has reported
        self.silent_from = 0.0  # when all that was handed has been heard, session seconds
        self.paused = False
        self._lock = threading.Lock()  # held for a moment only
        self._sound: deque[Samples] = deque()
        self._first = 0  # position of the first sample in `_sound`

    @property
    def waiting(self) -> int:
        """Samples that the device may have now."""
        return 0 if self.paused else self.queued - self.handed

    def put(self, samples: Samples) -> int:
        """Queue `samples`; the position of the first."""
        with self._lock:
            position = self.queued
            self._sound.append(samples)
            self.queued += len(samples)
            return position

    def take(self, samples: int, begins: float, rate: int) -> Samples:
        """Up to so many `samples` for the device, the first of which is heard when `begins` says, session seconds."""
        with self._lock:
            taken = np.zeros(min(samples, self.waiting), np.int16)
            at = self._first
            for piece in self._sound:
                begin, end = max(at, self.handed), min(at + len(piece), self.handed + len(taken))
                if begin < end:
                    taken[begin - self.handed : end - self.handed] = piece[begin - at : end - at]
                at += len(piece)
            self.handed += len(taken)
            if len(taken):
                self.silent_from = begins + len(taken) / rate
            while self._sound and self._first + len(self._sound[0]) <= self.handed - round(_KEPT * rate):
                self._first += len(self._sound.popleft())
            return taken

    def heard(self, now: float, rate: int) -> int:
        """The position up to which it has been heard, `now` in session seconds."""
        return self.handed - min(max(0, round((self.silent_from - now) * rate)), self.handed - self._first)

    def pause(self, now: float, rate: int) -> bool:
        """Hand over nothing more, and again what the device has and was not heard; whether there is such sound."""
        with self._lock:
            if self.paused:
                return False
            self.paused = True
            heard = self.heard(now, rate)
            if heard == self.handed:
                return False
            self.handed = max(heard - round(_AGAIN * rate), self._first, self.accounted)
            self.silent_from = now
            return True

    def end(self) -> None:
        """Hand over nothing more, for ever."""
        with self._lock:
            self.paused, self.queued = False, self.handed

    def time(self, position: int, soonest: float, rate: int) -> float:
        """When the sample at `position` is heard, or will be; what is not handed yet is not heard before `soonest`."""
        with self._lock:
            begins = self.silent_from if position < self.handed else max(self.silent_from, soonest)
            return begins + (position - self.handed) / rate


class Feed:
    """A thread that writes to one open stream as fast as the card takes it, and silence where there is no sound.

    With a callback, a card is always full of silence when an answer begins, and to be deep is to be late. Here that
    silence is dropped: PortAudio's `abort` and `start` take a millisecond in a stream without a callback, and throw
    away what the device holds. The card is never idle, so nothing in it needs to wake up. Nothing is written that does
    not fit, so a call that hangs is one of a sound server that hangs: the thread is left behind with its stream.
    """

    def __init__(self, stream: portaudio.Stream, playing: Callable[[], Playing], clock: Clock) -> None:
        self.stream = stream
        self._playing = playing
        self._clock = clock
        self._wake = threading.Event()
        self._drop = False  # what the device holds is not to be heard
        self._over = False
        self._silent_from = 0.0  # when all sound in the device has been heard, session seconds
        self._filled_until = 0.0  # and when all that it holds has: by our clock, as a server takes it in lumps
        self._silent = False  # there is nothing but silence to write
        self._size = 0  # samples that the device keeps
        self.ended = clock.background(self._run, "speaker")

    @property
    def alive(self) -> bool:
        """Whether the card takes sound."""
        return not self._over and not self.stream.raw.closed

    def wake(self) -> None:
        """There is something to play."""
        self._wake.set()

    def drop(self) -> None:
        """Silence at once, without what the device still holds."""
        self._drop = True
        self._wake.set()

    def stop(self) -> None:
        """Write nothing more. The stream is to be closed by whoever opened it."""
        self._over = True
        self._wake.set()

    def _run(self) -> None:
        raw = self.stream.raw
        try:
            with self.stream.using:
                self._size = raw.write_available
            while True:
                with self.stream.using:
                    if self._over or raw.closed:
                        return
                    self._supply()
                self._wake.wait(_SILENT_BEAT if self._silent else _BEAT)
                self._wake.clear()
        except portaudio.library().PortAudioError:
            pass  # the server ended, or the card was pulled out
        finally:
            self._over = True

    def _supply(self) -> None:
        """Write what there is room for."""
        raw, rate, playing = self.stream.raw, self.stream.rate, self._playing()
        room = raw.write_available
        if self._over:  # it hung, and another stream plays this sound
            return
        now, size = self._clock.now(), self._size
        silent = now >= self._silent_from + _TAIL
        self._silent = silent and not playing.waiting
        if self._drop or (silent and playing.waiting and room < size):
            self._drop = False
            raw.abort()
            raw.start()
            room, now = raw.write_available, self._clock.now()
            self._silent_from = self._filled_until = now
        if room < min(_ROOM * rate, size / 2):
            return
        begins = max(self._filled_until, now + SOON)
        sound = playing.take(room, begins, rate)
        if len(sound):
            self._silent_from = begins + len(sound) / rate
            silent = False
        filled = begins + len(sound) / rate
        silence = room if silent else min(room, round((now + _TAIL - filled) * rate)) - len(sound)
        samples = np.concatenate([sound, np.zeros(max(0, silence), np.int16)])
        if len(samples):
            self._filled_until = begins + len(samples) / rate
            raw.write(np.repeat(samples[:, np.newaxis], self.stream.channels, axis=1))
