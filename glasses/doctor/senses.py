"""Checks of the devices: a frame and its age, the microphone's level, a tone that is heard back."""

from __future__ import annotations

import asyncio
import math
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from devices.registry import Kind, Wanted, open_camera, open_light, open_microphone, open_speaker, shown
from glasses.doctor.finding import Finding
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import DeviceLost, GlassesError, MicrophoneLost, SpeakerLost, UsageError
from pipeline.listen.level import clipped_share, level
from pipeline.listen.transcriber import RATE
from pipeline.look.quality import score
from pipeline.sources import Back, Lost, News
from pipeline.types import AudioChunk, Opened, SpeechChunk, VideoFrame, read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T", VideoFrame, AudioChunk)
R = TypeVar("R")

_SERVER_PATIENCE = 5.0
"""Seconds for the sound server to say who it is."""

_RESTART = "systemctl --user restart pipewire-pulse, or pulseaudio"

_LOOK, _LISTEN = 2.0, 1.5
"""Seconds that the camera is watched and the microphone heard."""

_FIRST = 12.0
"""Seconds until the first picture or sound must have come."""

_DARK = 25.0
"""Mean grey level below which a lens is probably covered."""

_QUIET = -65.0
"""dB of full scale: the air of a quiet room through an ordinary microphone is louder."""

_TONE = (500.0, 3000.0, 0.5)
"""Hertz from and to, and seconds, of the test tone: a sweep stands out from noise and speech, and tells its delay."""

_ECHO_LATEST = 1.5
"""Seconds after which a tone can't be its own echo any more."""

_BEFORE = 1.5
"""Seconds that are heard before the tone, to know what is taken for one where there is none."""

_ECHO_FOUND = 0.15
"""How like the tone its echo must be, from 0 to 1. Without a tone, none of 302 windows of all recordings (speech,
kitchen noise) passes 0.113; with one 18 dB below them, 0.20 is the least, or 0.16 at 12 dB in a room that echoes."""

_ECHO_ABOVE = 1.6
"""How many times more like the tone than anything before it: without a tone, at most 1.40; with one as above, 1.92 at
least. Both together found all of 79 at 18 dB (in the room that echoes: all at 12 dB, 86 % at 18 dB)."""

_STEADY = 0.025
"""Seconds within which all sound is made equally loud, before it is compared: no shout outweighs the tone."""

_EVEN = 50.0
"""Hertz within which all pitches are made equally loud: no hum, and no fan, outweighs the sweep."""


def sound_server(config: Config) -> Iterator[Finding]:
    """Who mixes the sound: PulseAudio, PipeWire, or nobody."""
    if shutil.which("pactl"):
        try:
            done = subprocess.run(
                ["pactl", "info"], capture_output=True, text=True, timeout=_SERVER_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            text = f"the sound server hangs: pactl got no answer in {_SERVER_PATIENCE:g} s"
            yield Finding("sound server", "warn", text, f"restart it: {_RESTART}")
            return
        facts = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        if done.returncode == 0:
            text = f"{facts.get('Server Name', 'a sound server')}; plays on {facts.get('Default Sink', 'nothing')}"
            yield Finding("sound server", "ok", f"{text}, hears {facts.get('Default Source', 'nothing')}")
            return
        yield Finding(
            "sound server",
            "warn",
            f"pactl finds none ({' '.join(done.stderr.split())})",
            "systemctl --user start pipewire-pulse",
        )
        return
    yield Finding("sound server", "ok", "none that we know of: cards are used directly, one program at a time")


def camera(config: Config) -> Iterator[Finding]:
    """A frame, its age, and the rates."""
    if untried := _untried("camera", config.camera.address):
        yield untried
        return
    asked = config.camera

    async def look(clock: Clock) -> list[tuple[VideoFrame | Opened, float]]:
        wanted = Wanted(asked.width, asked.height, asked.rate, config.look.rate, asked.rotation)
        return [
            item
            async for item in _for_a_while(
                clock, open_camera(asked.address, clock, wanted, open_light(config.light.address)), _LOOK
            )
        ]

    try:
        items = _live(look)
    except (DeviceLost, UsageError) as error:
        yield Finding("camera", "warn", str(error), "`glasses devices` lists what is there; or set camera.address")
        return
    frames = [(item, age) for item, age in items if isinstance(item, VideoFrame)]
    if not frames:
        yield Finding("camera", "warn", f"{shown(asked.address)}: gave no picture", "plug it in again")
        return
    frame, age = frames[-1]
    height, width = frame.image.shape[:2]
    seconds = max(frame.t - frames[0][0].t, 1e-3)
    camera_rate = (frame.seq - frames[0][0].seq) / seconds
    rates = f"{camera_rate:.0f} frames/s (asked for {asked.rate:.0f}), {(len(frames) - 1) / seconds:.0f} looked at"
    text = f"{shown(asked.address)}: {width}x{height} (asked for {asked.width}x{asked.height}), {rates}"
    brightness = score(frame).brightness
    if brightness < _DARK:
        yield Finding("camera", "warn", f"{text}; the picture is dark", "make light, or take the cover off the lens")
    elif age > 1.0:
        yield Finding(
            "camera", "warn", f"{text}; the newest frame is {age:.1f} s old", "a slower stream or a smaller size"
        )
    else:
        yield Finding("camera", "ok", f"{text}; the newest frame was {1000 * age:.0f} ms old")


def microphone(config: Config) -> Iterator[Finding]:
    """How loud it is where the microphone is."""
    address, light = config.microphone.address, config.light.address
    if untried := _untried("microphone", address):
        yield untried
        return

    async def listen(clock: Clock) -> list[tuple[AudioChunk | Opened, float]]:
        return [item async for item in _for_a_while(clock, open_microphone(address, clock, open_light(light)), _LISTEN)]

    try:
        items = _live(listen)
    except (DeviceLost, UsageError) as error:
        yield Finding(
            "microphone", "warn", str(error), "`glasses devices` lists what is there; or set microphone.address"
        )
        return
    chunks = [item for item, _ in items if isinstance(item, AudioChunk)]
    if not chunks:
        yield Finding("microphone", "warn", f"{address}: gave no sound", "plug it in again")
        return
    opened = next((item for item, _ in items if isinstance(item, Opened)), None)
    rate = f", {opened.given['rate']} samples/s" if opened and "rate" in opened.given else ""
    samples = np.concatenate([chunk.samples for chunk in chunks])
    loudness = level(samples)
    text = f"{address}: {loudness:.0f} dB of full scale{rate}"
    if math.isinf(loudness):
        yield Finding(
            "microphone", "warn", f"{address}: gives only silence{rate}", "unmute it, in its mixer or on the device"
        )
    elif loudness < _QUIET:
        yield Finding("microphone", "warn", f"{text}, very quiet", "raise its level in the mixer")
    elif clipped_share(samples) > 0.001:
        yield Finding("microphone", "warn", f"{text}, and too loud: it clips", "lower its level in the mixer")
    else:
        yield Finding("microphone", "ok", text)


def speaker(config: Config) -> Iterator[Finding]:
    """Plays a tone, and says whether the microphone hears it."""
    address = config.speaker.address
    if untried := _untried("speaker", address):
        yield untried
        return
    rate = 22_050
    tone = read_only((sweep(rate) * 8000).astype(np.int16))
    ears = None if _untried("microphone", config.microphone.address) else config.microphone.address

    async def play(clock: Clock) -> tuple[float, float, list[AudioChunk]]:
        """When the tone was given to the speaker, when it was due, and what was heard from before it until after it."""
        loudspeaker = open_speaker(address, clock, rate)
        given, playing = 0.0, None
        heard: list[AudioChunk] = []
        try:
            source = _opened_microphone(ears, clock, config.light.address)
            async for item, _ in _for_a_while(clock, source, _BEFORE + _ECHO_LATEST + 2 * _TONE[2]):
                if not isinstance(item, AudioChunk):
                    continue
                heard.append(item)
                if playing is None and item.t_end - heard[0].t >= _BEFORE:
                    given = clock.now()
                    playing = asyncio.ensure_future(loudspeaker.play(SpeechChunk(0, given, tone, rate, "")))
            if playing is None and ears is None:
                playing = asyncio.ensure_future(loudspeaker.play(SpeechChunk(0, given, tone, rate, "")))
            if playing is None:
                return 0.0, 0.0, []
            due = await playing
            await loudspeaker.drain()
            return given, due, heard
        finally:
            if playing is not None and not playing.cancel():
                playing.exception()  # looked at even where the microphone failed too, or asyncio would print it
            await loudspeaker.close()

    try:
        given, due, chunks = _live(play)
    except MicrophoneLost as error:
        yield Finding("speaker", "warn", f"no tone could be heard back: {error}", "see the microphone above")
        return
    except SpeakerLost as error:
        remedy = "plug it in again; `glasses devices` lists what is there"
        yield Finding("speaker", "warn", f"{address}: {error}", remedy)
        return
    except GlassesError as error:
        yield Finding("speaker", "warn", str(error), "`glasses devices` lists what is there; or set speaker.address")
        return
    if ears is None:
        yield Finding("speaker", "ok", f"{address}: a tone was played; no microphone is there to hear it back")
        return
    if not chunks:
        yield Finding(
            "speaker", "warn", "no tone could be heard back: the microphone gave no sound", "see the microphone above"
        )
        return
    heard = np.concatenate([chunk.samples for chunk in chunks]).astype(np.float64)
    # Not from when it was due: a sound system may say so some milliseconds too late.
    earliest = round((given - chunks[0].t) * RATE)
    delay = echo(heard, sweep(RATE), earliest)
    if delay is None:
        remedy = "nothing is wrong if you wear headphones; otherwise raise the volume, or the microphone's level"
        yield Finding("speaker", "warn", f"{address}: a tone was played, and the microphone did not hear it", remedy)
    else:
        late = round(1000 * (given + delay / RATE - due))
        yield Finding("speaker", "ok", f"{address}: a tone was heard back {late} ms after it was due")


def echo(heard: NDArray[np.float64], tone: NDArray[np.float64], earliest: int) -> int | None:
    """Samples after `earliest` at which `tone` begins in `heard`; None if it does not within `_ECHO_LATEST`.

    What it must stand out from is the sound before `earliest`, which holds no tone.
    """
    earliest = max(0, earliest)
    latest = min(earliest + round(_ECHO_LATEST * RATE), len(heard) - len(tone))
    if latest <= earliest:
        return None
    likeness = _likeness(heard, tone)
    before, after = likeness[: max(0, earliest - len(tone))], likeness[earliest:latest]
    peak = int(after.argmax())
    return peak if after[peak] > max(_ECHO_FOUND, _ECHO_ABOVE * float(before.max(initial=0.0))) else None


def _likeness(heard: NDArray[np.float64], tone: NDArray[np.float64]) -> NDArray[np.float64]:
    """How like `tone` the sound is that begins at each sample of `heard`, from 0 to 1, however loud and of what colour.

    A normalised matched filter, behind a whitening: all pitches of the tone are made equally loud, then all moments.
    """
    size = len(heard) + len(tone)
    pitches = np.fft.rfftfreq(size, 1 / RATE)
    spectrum = np.fft.rfft(heard, size)
    power = _smooth(np.abs(spectrum) ** 2, round(_EVEN / pitches[1]))
    inside = (pitches > _TONE[0]) & (pitches < _TONE[1]) & (power > 0)
    white = np.zeros_like(spectrum)
    white[inside] = spectrum[inside] / np.sqrt(power[inside])
    even = np.fft.irfft(white, size)[: len(heard)]
    even /= np.sqrt(_smooth(even**2, round(_STEADY * RATE))) + 1e-9
    correlation = np.abs(np.fft.irfft(np.fft.rfft(even, size) * np.conj(np.fft.rfft(tone, size)), size)[: len(heard)])
    energy = np.cumsum(np.concatenate([[0.0], even**2, np.zeros(len(tone))]))
    there = energy[len(tone) : len(tone) + len(heard)] - energy[: len(heard)]
    likeness: NDArray[np.float64] = correlation / np.sqrt(there * np.sum(tone**2) + 1e-9)
    return likeness


def _smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean of the `width` values around each."""
    sums = np.cumsum(np.pad(values, (width // 2 + 1, width - width // 2 - 1)))
    means: NDArray[np.float64] = np.maximum(sums[width:] - sums[:-width], 0.0) / width
    return means


def sweep(rate: int) -> NDArray[np.float64]:
    """The test tone at `rate` samples per second, 1.0 at its loudest."""
    low, high, seconds = _TONE
    t = np.arange(round(seconds * rate)) / rate
    wave: NDArray[np.float64] = np.sin(2 * np.pi * (low * t + (high - low) * t**2 / (2 * seconds)))
    return wave * np.hanning(len(t))


def _untried(kind: Kind, address: str) -> Finding | None:
    """What is said of an address behind which there is no device: nothing is opened, and no file overwritten."""
    if address == "none":
        return Finding(kind, "ok", f"none is wanted ({kind}.address)")
    if address.partition(":")[0] in ("file", "wav"):
        return Finding(kind, "ok", f"{address}: a file, not tried")
    return None


def _opened_microphone(address: str | None, clock: Clock, light: str) -> Iterable[AudioChunk | News]:
    """The microphone, or silence where there is none. Whatever is wrong with it raises MicrophoneLost."""
    try:
        return () if address is None else open_microphone(address, clock, open_light(light))
    except GlassesError as error:
        raise MicrophoneLost(str(error)) from error


async def _for_a_while(
    clock: Clock, source: Iterable[T | News], seconds: float
) -> AsyncIterator[tuple[T | Opened, float]]:
    """What `source` gives in the first `seconds`, each with its age in seconds when it came.

    Raises the error of a device that says it is lost.
    """
    end: float | None = None
    async with aclosing(clock.feed(source)) as feed:
        while end is None or clock.now() < end:
            try:
                item = await clock.within(_FIRST if end is None else end - clock.now(), anext(feed))
            except (StopAsyncIteration, TimeoutError):
                return
            if isinstance(item, Opened):
                yield item, 0.0
                continue
            if isinstance(item, Lost):
                raise item.why
            if isinstance(item, Back):
                continue
            end = end or clock.now() + seconds
            yield item, clock.now() - (item.t if isinstance(item, VideoFrame) else item.t_end)


def _live(main: Callable[[Clock], Awaitable[R]]) -> R:
    """Run `main` on a live clock; a device that hangs is left behind."""
    return clocks.run(main, virtual=False, on_left_behind=lambda: None)
