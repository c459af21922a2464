"""PulseAudio's own echo cancellation for `benchmarks.echo`: its module-echo-cancel, in real time, in the same room.

A private server plays through the module into a card made of a pipe, which is read as hardware would; what the card
plays comes back through the room into the microphone, another pipe, and what the module makes of that is recorded. So
the module knows the delays of both cards as it does with real ones, and all that it isn't told is the room and how much
later than it says the loudspeaker is. Sound is cut into pieces that are played at the same time, each on a server of
its own, since it can't be hurried.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from benchmarks.echo_room import loudspeaker, response
from benchmarks.hearing_sounds import int16
from benchmarks.latency_card import RATE as CARD_RATE
from benchmarks.latency_card import PipeCard
from benchmarks.processes import used
from pipeline.listen.transcriber import RATE
from pipeline.types import Samples
from tests.sound import Room, sound_system_in

METHODS = {
    "PulseAudio's WebRTC": ("webrtc", "analog_gain_control=0 digital_gain_control=0"),
    "PulseAudio's Speex": ("speex", ""),
}
"""Methods of the module and their arguments. WebRTC's gain control would turn the microphone up and down."""

_PIECE = 80.0
"""Seconds that one server plays, at most."""

_BEFORE = 10.0
"""Seconds before a piece that its server hears too, to find the echo."""

_CLICK = np.concatenate([np.full(RATE // 500, 20_000, np.int16), np.zeros(3 * RATE, np.int16)])
"""Is played first: tells when the card plays what. In the silence behind it the recording is laid beside the room."""

_SETTLES = 1.0
"""Seconds in which a server and its clients come into step."""

_PATIENCE = 10.0
"""Seconds from the start of a client to its first sound, at most."""

_HOLES = 0.001
"""Of the sound, above which what was measured says little of the module."""

_RAW = ("--format=s16le", f"--rate={RATE}", "--channels=1", "--raw")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one server hears."""

    method: str  # of METHODS
    people: Samples  # mono int16 at 16 kHz
    played: Samples  # at the same time
    delay: float  # of the loudspeaker, seconds
    gain: float  # decibels


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the module made of it."""

    left: Samples  # at the same times
    load: float  # CPU seconds of the server a second of sound
    holes: float  # seconds in which the card had nothing to play


def missing() -> str | None:
    """Why PulseAudio can't be compared here; None if it can."""
    try:
        with tempfile.TemporaryDirectory() as folder, sound_system_in(Path(folder)) as system:
            for method, _ in METHODS.values():
                system.tell("load-module", "module-echo-cancel", f"aec_method={method}")
    except pytest.skip.Exception as why:
        return str(why)
    except subprocess.CalledProcessError as error:
        return f"its module-echo-cancel can't be loaded: {error.stderr.strip()}"
    return None


def cleaned(method: str, people: Samples, played: Samples, delay: float, gain: float) -> tuple[Samples, float]:
    """What the module leaves of people and our echo, and CPU seconds of the whole server a second of sound.

    Says on stderr if this machine was too busy to play without holes.
    """
    number = -(-len(played) // round(_PIECE * RATE))
    edges = [len(played) * n // number for n in range(number + 1)]
    before = [min(edge, round(_BEFORE * RATE)) for edge in edges[:-1]]
    pieces = [
        _Piece(method, people[first - early : last], played[first - early : last], delay, gain)
        for first, last, early in zip(edges, edges[1:], before, strict=False)
    ]
    with ProcessPoolExecutor(number, get_context("spawn")) as pool:
        heard = list(pool.map(_heard, pieces))
    if (holes := sum(one.holes for one in heard)) > _HOLES * len(played) / RATE:
        print(f"echo: {method}: this machine is busy, and its card was silent for {holes:.2f} s", file=sys.stderr)
    whole = np.concatenate([one.left[early:] for one, early in zip(heard, before, strict=True)])
    return whole, sum(one.load for one in heard) / number


def _heard(piece: _Piece) -> _Heard:
    """As `cleaned`, of one piece, on a server of its own."""
    method, arguments = METHODS[piece.method]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        system = stack.enter_context(sound_system_in(folder))
        room = Room(system.pipe("mic"))
        stack.callback(room.close)
        walls = _Walls(room, piece)
        card = PipeCard(system, walls.echo)
        stack.callback(card.close)
        # At the card's own rate: resampled sound comes in pieces that leave holes in its pipe.
        system.tell(
            *("load-module", "module-echo-cancel", "sink_master=pipe", "source_master=mic", "rate=48000"),
            *("sink_name=into", "source_name=out", f"aec_method={method}", f'aec_args="{arguments}"'),
        )
        recorded = stack.enter_context((folder / "out.raw").open("w+b"))
        command = ["parec", "--device=out", "--latency-msec=50", *_RAW]
        stack.callback(stack.enter_context(subprocess.Popen(command, stdout=recorded)).terminate)
        time.sleep(_SETTLES)
        sound = folder / "played.raw"
        sound.write_bytes(np.concatenate([_CLICK, piece.played]).astype("<i2").tobytes())
        began, spent = time.monotonic(), used(system.pid)
        command = ["pacat", "--playback", "--device=into", *_RAW, str(sound)]
        stack.callback(stack.enter_context(subprocess.Popen(command)).terminate)
        while (clicked := card.first(began, time.monotonic())) is None:
            if time.monotonic() > began + _PATIENCE:
                raise RuntimeError("PulseAudio does not play")
            time.sleep(0.02)
        chirp = _chirp()
        chirped = room.say(chirp, at=clicked + _SETTLES)
        starts, holes = clicked + len(_CLICK) / RATE, walls.holes
        room.say(piece.people, at=starts)
        time.sleep(starts + len(piece.played) / RATE - time.monotonic())
        load, holes = (used(system.pid) - spent) / (time.monotonic() - began), walls.holes - holes
        time.sleep(_SETTLES)
        recorded.seek(0)
        out = np.frombuffer(recorded.read(), "<i2")
    at = _place(chirp, out[: round((starts - began + 2 * _SETTLES) * RATE)]) + round((starts - chirped) * RATE)
    return _Heard(out[at : at + len(piece.played)], load, holes)


class _Walls:
    """Brings what the card plays back into the room, whenever that is: on one clock, unlike `echo_room.echo`."""

    def __init__(self, room: Room, piece: _Piece) -> None:
        self._room, self._delay = room, piece.delay
        self._response = response(np.random.default_rng(0)) * 10 ** (piece.gain / 20) * 32768
        self._before = np.zeros(len(self._response) - 1, np.int16)
        self._following = np.inf
        self.holes = 0.0  # seconds between one sound and the next

    def echo(self, t: float, sound: Samples) -> None:
        """What the card plays from `t` on, monotonic seconds."""
        self.holes += max(0.0, t - self._following)
        self._following = t + len(sound) / CARD_RATE
        far = np.concatenate([self._before, sound[:: CARD_RATE // RATE]])  # it was made of 16 kHz
        self._before = far[-len(self._before) :]
        self._room.say(int16(np.convolve(loudspeaker(far), self._response, "valid")), at=t + self._delay)


def _chirp() -> Samples:
    """Half a second from 300 to 3000 Hz: by it the recording is laid beside what was said."""
    t = np.arange(RATE // 2) / RATE
    return int16(8000 * np.sin(2 * np.pi * (300 * t + 2700 * t**2)))


def _place(sound: Samples, within: Samples) -> int:
    """The sample of `within` at which `sound` begins."""
    return int(np.argmax(np.abs(np.correlate(within.astype(float), sound.astype(float), "valid"))))
