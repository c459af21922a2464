"""`default`: the sound card, through PortAudio."""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from devices.registry import Found
from devices.resampling import resampled
from devices.speaker_none import AHEAD
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.types import Samples, SpeechChunk

_PATIENCE = 2.0
"""Seconds without progress after which a sound card counts as lost."""

_TAIL = 0.25
"""Seconds of silence behind a file: PortAudio ends a stream with what the device still holds unheard."""

_POLL = 0.01
"""Seconds between looks at a card that is late."""


class SoundCard:
    """The system's default output, opened for sound at `rate` samples per second, or at its own rate.

    The card is real: it plays in real time and has no place in a replay that jumps. The stream keeps
    PortAudio's safe latency, since the callback shares the interpreter with the pipeline.
    Raises GlassesError where PortAudio or a card is missing.
    """

    def __init__(self, clock: Clock, rate: int) -> None:
        sounddevice = _sounddevice()
        self._clock = clock
        self._errors = sounddevice.PortAudioError
        self._queue: deque[Samples] = deque()
        self._queued = 0  # samples, since the start; the callback never writes it
        self._handed = 0  # samples of those that the device has; the callback writes it
        self._accounted = 0  # samples of those that a drain or flush has reported
        self._silent_from = 0.0  # when all that was handed has been heard, session seconds; the callback writes it
        try:
            self._rate = _playable(sounddevice, rate)
            self._stream = sounddevice.OutputStream(
                samplerate=self._rate, channels=1, dtype="int16", callback=self._hand_over
            )
            self._stream.start()
            self._latency = float(self._stream.latency)
        except self._errors as error:
            raise _no_card(error) from error

    async def play(self, chunk: SpeechChunk) -> float:
        """As in pipeline.speak.speaker. Raises GlassesError if the card stops taking sound."""
        samples = resampled(chunk.samples, chunk.rate, self._rate)
        begins = max(self._clock.now() + self._latency, self._silent_from)
        start = begins + (self._queued - self._handed) / self._rate
        earlier = self._queued
        self._queued += len(samples)
        self._queue.append(samples)
        await self._until_handed(earlier - round(AHEAD * self._rate))
        return start

    async def drain(self) -> None:
        """As in pipeline.speak.speaker. Raises GlassesError if the card stops taking sound."""
        await self._until_handed(self._queued)
        await self._clock.sleep_until(self._silent_from)
        self._accounted = self._handed

    def flush(self) -> float:
        """As in pipeline.speak.speaker."""
        unheard = max(0.0, self._silent_from - self._clock.now())
        try:
            self._stream.abort()
            heard = max(0.0, (self._handed - self._accounted) / self._rate - unheard)
            self._queue.clear()
            self._handed = self._accounted = self._queued
            self._silent_from = 0.0
            self._stream.start()
        except self._errors as error:
            raise _lost(error) from error
        return heard

    async def close(self) -> None:
        """As in pipeline.speak.speaker."""
        self._stream.close()

    async def _until_handed(self, position: int) -> None:
        """Return when the device has taken `position` samples since the start."""
        deadline = self._clock.now() + (position - self._handed) / self._rate + _PATIENCE
        while (left := position - self._handed) > 0:
            if self._clock.now() > deadline:
                raise _lost(f"{left} samples are still waiting")
            await self._clock.sleep_until(self._clock.now() + max(left / self._rate, _POLL))

    def _hand_over(self, out: Any, frames: int, times: Any, status: Any) -> None:
        """PortAudio's callback, in its own thread: copies, and notes how far it came."""
        filled = 0
        while filled < frames and self._queue:
            head = self._queue.popleft()
            piece = head[: frames - filled]
            out[filled : filled + len(piece), 0] = piece
            filled += len(piece)
            if len(piece) < len(head):
                self._queue.appendleft(head[len(piece) :])
        out[filled:] = 0
        if filled:
            latency = times.outputBufferDacTime - times.currentTime
            self._silent_from = self._clock.now() + latency + filled / self._rate
            self._handed += filled


def play_file(path: Path) -> None:
    """Play a 16-bit WAV file on the default sound card; returns when it has ended.

    Raises GlassesError where there is no such file, PortAudio or card.
    """
    sounddevice = _sounddevice()
    try:
        with wave.open(str(path)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            rate = file.getframerate()
        own = _playable(sounddevice, rate)
        tail = np.zeros(round(_TAIL * own), np.int16)
        sounddevice.play(np.concatenate([resampled(sound[:, 0], rate, own), tail]), own, blocking=True)
    except (OSError, EOFError, ValueError, wave.Error) as error:
        raise GlassesError(f"can't play {path}: {error}; it must be a 16-bit WAV file") from error
    except sounddevice.PortAudioError as error:
        raise _no_card(error) from error


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError as error:  # what it raises where the library is missing
        raise GlassesError("no PortAudio library, so no sound card: sudo apt install libportaudio2") from error
    return sounddevice


def _playable(sounddevice: Any, rate: int) -> int:
    """`rate` if the default output takes it, or else the output's own. Raises PortAudioError without an output."""
    own = int(sounddevice.query_devices(kind="output")["default_samplerate"])
    try:
        sounddevice.check_output_settings(samplerate=rate, channels=1, dtype="int16")
    except sounddevice.PortAudioError:
        return own
    return rate


def _no_card(error: Exception) -> GlassesError:
    return GlassesError(f"no sound card that plays ({error}): plug one in, or use --speaker none or wav:FILE")


def _lost(reason: object) -> GlassesError:
    return GlassesError(f"the sound card takes no more sound ({reason}): plug it in again, or use --speaker none")


class _Default:
    forms = ("default",)

    def find(self) -> Iterable[Found]:
        sounddevice = _sounddevice()
        try:
            yield Found("default", sounddevice.query_devices(kind="output")["name"])
        except (sounddevice.PortAudioError, ValueError):
            return

    def open(self, address: str, clock: Clock, rate: int) -> SoundCard:
        return SoundCard(clock, rate)


default = _Default()
