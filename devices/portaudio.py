"""PortAudio, the one library beneath microphones and speakers: devices, rates, streams and looking for new devices.

PortAudio lists devices only when it is initialised, and ending it kills every stream of the process. So whoever holds
a stream holds it here, and a rescan happens only when nobody is disturbed by it, or who is agrees. Its functions may
not be called at the same time from several threads; nothing here may be called on the event loop of a live session,
since a sound server that hangs makes any of it hang.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.clock import Clock
from pipeline.errors import GlassesError

Kind = Literal["input", "output"]

_WORD = {"input": "hears", "output": "plays"}

_RATES = (48_000, 44_100)
"""Samples per second tried after the wanted rate and the device's own: what sound cards can."""

_LOCK_PATIENCE = 10.0
"""Seconds to wait while another thread opens or closes a device. Bluetooth takes a few."""

_CLOSING = 1.0
"""Seconds that the closing of a stream may keep others out of PortAudio."""

_BUSY, _CANNOT_OPEN, _BAD_RATE = -9985, -9993, -9997
"""PaErrorCode, portaudio.h. What ALSA refuses for any reason but EBUSY is an "illegal combination of I/O devices"."""


LetGo = Callable[[bool], bool]
"""Called from any thread, for a rescan: whether a stream may be closed; it is opened anew when it is needed.

Yes if it is idle. True is passed, more urgent, where else a device that is wanted now would not be found.
"""


@dataclass(frozen=True, slots=True)
class Device:
    """A sound card that is there, or was at the last scan."""

    index: int
    name: str
    channels: int  # most that it has, of the kind asked for
    rate: int  # its own, samples per second


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """An open stream; give it back with `close`."""

    raw: Any  # sounddevice.InputStream or OutputStream
    device: Device
    rate: int
    channels: int
    let_go: LetGo
    clock: Clock
    using: threading.Lock = field(default_factory=threading.Lock)  # held by a thread inside `raw`: it is closed after

    @property
    def alive(self) -> bool:
        """Whether PortAudio still calls back; a card that was pulled out and a server that ended stop that."""
        return not self.raw.closed and bool(self.raw.active)


_lock = threading.RLock()
_streams: set[Stream] = set()
_closing: set[Stream] = set()
"""Those that are being closed: with a sound server that died in a bad moment, for ever."""


def library() -> Any:
    """The module sounddevice, ready. Raises GlassesError where PortAudio is missing or can't start."""
    try:
        import sounddevice
    except OSError as error:  # what it raises where the library is missing
        raise GlassesError("no PortAudio library, so no sound card: sudo apt install libportaudio2") from error
    if not sounddevice._initialized:  # a rescan that failed
        try:
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise GlassesError(
                f"PortAudio does not start ({error}): is the sound system of this machine up?"
            ) from error
    return sounddevice


def devices(kind: Kind) -> list[Device]:
    """Those that were there at the last scan. Raises GlassesError as `library`."""
    with _alone():
        every = enumerate(library().query_devices())
        return [_device(index, info, kind) for index, info in every if info[f"max_{kind}_channels"] > 0]


def default(kind: Kind) -> Device:
    """The system's own choice, as of the last scan. Raises GlassesError where it has none."""
    with _alone():
        sounddevice = library()
        try:
            info = sounddevice.query_devices(kind=kind)
        except (sounddevice.PortAudioError, ValueError) as error:
            raise GlassesError(f"no sound card that {_WORD[kind]} ({error}): {_missing()}") from error
        return _device(info["index"], info, kind)


def named(kind: Kind, name: str) -> Device:
    """The device whose name holds `name`, whatever the case, or whose index it is.

    Raises GlassesError, with what there is, if none or several do.
    """
    there = devices(kind)
    low = name.strip().lower()
    found = [device for device in there if device.name.lower() == low or str(device.index) == low]
    found = found or [device for device in there if low in device.name.lower()]
    if len(found) == 1:
        return found[0]
    choice = ", ".join(f"{device.index} '{device.name}'" for device in (found or there)) or "none at all"
    if found:
        raise GlassesError(f"'{name}' is in the name of several sound cards: {choice}; say more of it, or its number")
    raise GlassesError(f"no sound card '{name}' that {_WORD[kind]}; there is {choice}: {_missing()}")


def open_stream(
    kind: Kind, device: Device, rate: int, let_go: LetGo, *, clock: Clock, latency: float, **how: Any
) -> Stream:
    """Open and start an int16 stream at `rate` samples per second, or the nearest thing that the device takes.

    Mono where it can; otherwise stereo, or all its channels. `latency` (seconds) and what else PortAudio
    takes go to it as they are. Raises GlassesError with the remedy.
    """
    with _alone():
        sounddevice = library()
        make = sounddevice.InputStream if kind == "input" else sounddevice.OutputStream
        agreed, channels = negotiated(kind, device, rate)
        raw = None
        try:
            raw = make(device=device.index, samplerate=agreed, channels=channels, dtype="int16", latency=latency, **how)
            raw.start()
        except sounddevice.PortAudioError as error:
            if raw is not None:
                raw.close(ignore_errors=True)
            raise GlassesError(_explained(device, error)) from error
        stream = Stream(raw, device, agreed, channels, let_go, clock)
        _streams.add(stream)
        return stream


def negotiated(kind: Kind, device: Device, rate: int) -> tuple[int, int]:
    """Rate and channels that the device takes, as near to mono at `rate` as it can. Raises GlassesError as above."""
    with _alone():
        sounddevice = library()
        check = sounddevice.check_input_settings if kind == "input" else sounddevice.check_output_settings
        refused: Exception | None = None
        for form in _forms(device, rate):
            try:
                check(device=device.index, samplerate=form[0], channels=form[1], dtype="int16")
            except sounddevice.PortAudioError as error:
                refused = refused or error
            else:
                return form
        raise GlassesError(_explained(device, refused)) from refused


def close(stream: Stream) -> None:
    """Stop at once and let go of the device; a second time does nothing.

    A stream that does not let itself be closed is left to a thread of its own: others can be opened meanwhile.
    """
    closed = threading.Event()

    def shut() -> None:
        with stream.using:
            stream.raw.close(ignore_errors=True)
        _closing.discard(stream)
        closed.set()

    with _alone():
        if stream in _streams:
            _streams.remove(stream)
            _closing.add(stream)
            stream.clock.background(shut, "sound card")
            closed.wait(_CLOSING)


def rescan(*, urgent: bool = False) -> bool:
    """Look for devices again; whether that could be done: not while a stream is in use, or can't be closed.

    Idle streams are closed, and opened anew by those who held them. If `urgent`, so is the last that is in use, should
    its holder agree.
    """
    with _alone():
        sounddevice = library()
        if _closing:
            return False
        for stream in list(_streams):
            if stream.let_go(False):
                close(stream)
        if urgent and len(_streams) == 1:
            (stream,) = _streams
            if stream.let_go(True):
                close(stream)
        if _streams or _closing:
            return False
        with contextlib.suppress(sounddevice.PortAudioError):
            while sounddevice._initialized:
                sounddevice._terminate()
        library()
        return True


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Nobody else is inside PortAudio. Raises GlassesError if somebody stays there, as when a sound server hangs."""
    if not _lock.acquire(timeout=_LOCK_PATIENCE):
        raise GlassesError("the sound system hangs: restart the sound server (systemctl --user restart pulseaudio)")
    try:
        yield
    finally:
        _lock.release()


def _device(index: int, info: Any, kind: Kind) -> Device:
    return Device(index, info["name"], info[f"max_{kind}_channels"], int(info["default_samplerate"]))


def _forms(device: Device, rate: int) -> Iterator[tuple[int, int]]:
    """Rates and channels to try, best first."""
    for try_rate in dict.fromkeys((rate, device.rate, *_RATES)):
        for channels in dict.fromkeys((1, 2, device.channels)):
            if channels <= device.channels:
                yield try_rate, channels


def _missing() -> str:
    """What to do where a device is not listed."""
    nodes = [node for node in Path("/dev/snd").glob("pcm*") if not os.access(node, os.R_OK | os.W_OK)]
    if nodes:
        return f"{nodes[0]} may not be used: sudo usermod -aG audio $USER, and log in again"
    return "plug one in"


def _explained(device: Device, error: Any) -> str:
    code = error.args[1] if error is not None and len(error.args) > 1 else 0
    if code == _BUSY:
        what = "it is busy: another program uses the card directly; end that, or use `default`, which is shared"
    elif code == _CANNOT_OPEN:
        what = "it can't be opened: is it plugged in, the sound server running, and are you in the group 'audio'?"
    elif code == _BAD_RATE:
        what = f"it takes neither the rate wanted nor its own {device.rate}: choose another with `glasses devices`"
    else:
        what = f"{error}: plug it in again, or choose another with `glasses devices`"
    return f"sound card '{device.name}': {what}"
