"""What the microphone hears: questions of synthetic voices in a small room, and the noises of the room.

Speech comes from the commands flite and espeak-ng: never from the voice that answers.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.resampling import resampled
from pipeline.errors import UsageError
from pipeline.types import Samples

RATE = 16_000
"""Samples per second."""

Sound = NDArray[np.float64]
"""Mono, 1.0 is full scale."""

_SPEECH_LEVEL = 0.07
"""Root mean square of the wearer's own voice, close to the microphone: -23 dBFS."""

_MUMBLE_BAND = 420.0
"""Hertz. Vowels lose what tells them apart, which lies above."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the wearer."""

    t: float  # seconds
    voice: str  # flite:NAME or espeak-ng:NAME
    text: str


def spoken(voice: str, text: str) -> Sound:
    """`text` in a voice, at the wearer's level. Raises UsageError if the command is not installed."""
    command, name = voice.split(":")
    if shutil.which(command) is None:
        raise UsageError(f"{command}: not found, and it speaks in the recordings; sudo apt install {command}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if command == "flite":
            arguments = [command, "-voice", name, "-t", text, "-o", str(path)]
        else:
            arguments = [command, "-v", name, "-s", "150", "-w", str(path), text]
        subprocess.run(arguments, check=True)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
            sound = resampled(samples, file.getframerate(), RATE) / 32768.0
    return sound * _SPEECH_LEVEL / _level(sound[np.abs(sound) > 0.01])


def room(seconds: float, chance: np.random.Generator, *, level: float = 0.0045, knocks: int = 3) -> Sound:
    """Air, a hum of the mains and a few soft knocks; `level` is the root mean square of the air."""
    count = round(seconds * RATE)
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    # Pink: power falls with the frequency, as the noise of rooms does; below 40 Hz a small microphone hears nothing.
    spectrum = np.fft.rfft(chance.normal(size=count)) * (hertz > 40) / np.sqrt(np.maximum(hertz, 40))
    air = np.fft.irfft(spectrum, count)
    t = np.arange(count) / RATE
    sound: Sound = air * level / _level(air) + 0.2 * level * (np.sin(100 * np.pi * t) + np.sin(200 * np.pi * t))
    for _ in range(knocks):
        _add(sound, chance.uniform(0, seconds), _struck(chance, (90, 400), 0.03) * chance.uniform(0.02, 0.06))
    return sound


def clatter(seconds: float, chance: np.random.Generator) -> Sound:
    """Cutlery, plates and a drawer: what a kitchen sounds like."""
    sound = room(seconds, chance, level=0.01, knocks=0)
    t = 0.4
    while t < seconds - 0.3:
        for _ in range(chance.integers(1, 5)):
            band, decay = ((1800, 6500), 0.09) if chance.random() < 0.7 else ((120, 900), 0.05)
            _add(sound, t, _struck(chance, band, decay) * chance.uniform(0.03, 0.15))
            t += chance.uniform(0.05, 0.16)
        t += chance.uniform(0.3, 1.3)
    return sound


def mumbled(voice: str, text: str, chance: np.random.Generator) -> Sound:
    """The melody of somebody in the next room, with no word in it: syllables out of order, behind a wall."""
    said = spoken(voice, text)
    length = round(0.13 * RATE)
    window = np.hanning(length)
    pieces = [said[start : start + length] * window for start in range(0, len(said) - length, length // 2)]
    sound = np.zeros(len(said) + length)
    for place, piece in enumerate(chance.permutation(len(pieces))):
        _add(sound, place * (length // 2) / RATE, pieces[piece][:: chance.choice((1, -1))])
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.fft.irfft(spectrum / (1 + (hertz / _MUMBLE_BAND) ** 4), len(sound))


def in_the_room(dry: Sound, chance: np.random.Generator) -> Sound:
    """With the room's echo: noise that dies away within 0.3 s, far softer than a mouth beside the microphone."""
    t = np.arange(round(0.3 * RATE)) / RATE
    response = chance.normal(size=len(t)) * np.exp(-t / 0.05) * 0.008
    response[: round(0.004 * RATE)] = 0
    response[0] = 1
    size = len(dry) + len(response)
    return np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)


def mixed(background: Sound, *sounds: tuple[float, Sound]) -> Samples:
    """`sounds` from their times on (seconds) over the background, as samples; too loud is cut off, as it really is."""
    whole = background.copy()
    for t, sound in sounds:
        _add(whole, t, sound)
    return np.clip(whole * 32768, -32768, 32767).astype(np.int16)


def _struck(chance: np.random.Generator, band: tuple[float, float], decay: float) -> Sound:
    """A thing that is struck: some partials of no harmony that die away, seconds `decay`."""
    t = np.arange(round(6 * decay * RATE)) / RATE
    sound = np.zeros(len(t))
    for _ in range(6):
        sound += np.sin(2 * np.pi * chance.uniform(*band) * t) * np.exp(-t / decay / chance.uniform(0.4, 1)) / 3
    return sound


def _add(whole: Sound, t: float, sound: Sound) -> None:
    start = round(t * RATE)
    end = min(start + len(sound), len(whole))
    whole[start:end] += sound[: max(0, end - start)]


def _level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)))
