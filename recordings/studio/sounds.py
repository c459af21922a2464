"""What the microphone on the glasses hears: a voice, the room around it, and kitchens.

Sound is mono, float32 from -1 to 1, 16 kHz. Voices are flite's and espeak-ng's: none of them answers.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.resampling import resampled
from pipeline.errors import GlassesError
from pipeline.types import Samples, read_only

RATE = 16_000

Sound = NDArray[np.float32]

SPEECH = -20.0
"""Level of a voice, dBFS (RMS): its own wearer's mouth is near."""


def say(voice: str, text: str, *, level: float = SPEECH) -> Sound:
    """`text` in the voice "flite NAME" or "espeak-ng NAME", silence cut from both ends.

    Raises GlassesError if the program is missing.
    """
    program, name = voice.split()
    if shutil.which(program) is None:
        raise GlassesError(f"{program}: not installed; sudo apt install espeak-ng flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        options = {
            "flite": ["-voice", name, "-t", text, "-o", str(path)],
            "espeak-ng": ["-v", name, "-s", "150", "-w", str(path), text],
        }
        subprocess.run([program, *options[program]], check=True)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            sound = resampled(samples, file.getframerate(), RATE) / np.float32(32768)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return at_level(sound[loud[0] : loud[-1] + 1], level)


def seconds(sound: Sound) -> float:
    """How long it lasts."""
    return len(sound) / RATE


def at_level(sound: Sound, level: float) -> Sound:
    """The sound scaled to `level` dBFS (RMS)."""
    scaled: Sound = sound * np.float32(10 ** (level / 20) / np.sqrt(np.mean(sound**2)))
    return scaled


def mix(length: float, parts: Iterable[tuple[float, Sound]]) -> Sound:
    """`length` seconds with each part from its time on; what reaches beyond the end is cut."""
    total = np.zeros(round(length * RATE), np.float32)
    for t, sound in parts:
        place = total[round(t * RATE) :][: len(sound)]
        place += sound[: len(place)]
    return total


def in_room(sound: Sound, *, reverberation: float, level: float, seed: int) -> Sound:
    """The sound with the echo of a room: exponentially decaying noise (Moorer, Computer Music Journal 1979).

    reverberation: seconds in which the echo falls by 60 dB; level: of all echo against the sound, dB.
    """
    length = round(reverberation * RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)
    echo = np.random.default_rng(seed).standard_normal(length) * decay
    echo[: RATE // 200] = 0  # the nearest wall is most of a metre away
    echo *= 10 ** (level / 20) / np.sqrt(np.sum(echo**2))
    size = len(sound) + length
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echo, size), size)[: len(sound)]
    return (sound + wet).astype(np.float32)


def room_noise(length: float, *, level: float, seed: int) -> Sound:
    """The hush of a room: pink noise and a little mains hum, at `level` dBFS."""
    samples = round(length * RATE)
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(samples, 1 / RATE), 20))
    pink = np.fft.irfft(spectrum, samples)
    t = np.arange(samples) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * n * t) / n for n in (1, 2, 3)) * 0.3
    return at_level((pink / pink.std() + hum).astype(np.float32), level)


def knock(*, level: float, seed: int) -> Sound:
    """A dull knock, as of a step or a cup set down; `level` is its peak, dBFS."""
    rng = np.random.default_rng(seed)
    return _struck(rng, rng.uniform(90, 500, 5), rng.uniform(0.02, 0.05, 5), level)


def clink(*, level: float, seed: int) -> Sound:
    """Crockery or cutlery: high partials in no harmonic order, as plates and bars have; `level` is its peak, dBFS."""
    rng = np.random.default_rng(seed)
    return _struck(rng, rng.uniform(1400, 6500, 9), rng.uniform(0.03, 0.18, 9), level)


def tap_water(length: float, *, level: float, seed: int) -> Sound:
    """Running water: noise that swells and falls."""
    samples = round(length * RATE)
    rng = np.random.default_rng(seed)
    rush = np.diff(rng.standard_normal(samples + 1))  # more of the high frequencies
    waves = np.interp(np.arange(samples), np.linspace(0, samples, 24), rng.uniform(0.6, 1, 24))
    ends = np.minimum(1, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / (0.3 * RATE))
    return at_level((rush * waves * ends).astype(np.float32), level)


def mumble(speech: Sound, *, level: float, seed: int) -> Sound:
    """Speech without words: its syllables in another order, some backwards, with all above 600 Hz taken away."""
    size, overlap = round(0.16 * RATE), round(0.03 * RATE)
    rng = np.random.default_rng(seed)
    pieces = [speech[n : n + size + overlap] for n in range(0, len(speech) - size - overlap, size)]
    fade = np.linspace(0, 1, overlap, dtype=np.float32)
    total = np.zeros(len(pieces) * size + overlap, np.float32)
    for place, number in enumerate(rng.permutation(len(pieces))):
        piece = pieces[number][:: rng.choice((1, -1))].copy()
        piece[:overlap] *= fade
        piece[-overlap:] *= fade[::-1]
        total[place * size :][: len(piece)] += piece
    spectrum = np.fft.rfft(total)
    spectrum /= 1 + (np.fft.rfftfreq(len(total), 1 / RATE) / 600) ** 6
    return at_level(np.fft.irfft(spectrum, len(total)).astype(np.float32), level)


def samples(sound: Sound, rate: int) -> Samples:
    """The sound as int16 at `rate`."""
    return resampled(read_only(np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)), RATE, rate)


def _struck(rng: np.random.Generator, frequencies: Sound, decays: Sound, level: float) -> Sound:
    t = np.arange(round(0.6 * RATE))[:, np.newaxis] / RATE
    modes = np.sin(2 * np.pi * frequencies * t) * np.exp(-t / decays) * rng.uniform(0.3, 1, len(decays))
    sound = modes.sum(axis=1) * np.minimum(1, t[:, 0] / 0.001)
    return (sound * 10 ** (level / 20) / np.abs(sound).max()).astype(np.float32)
