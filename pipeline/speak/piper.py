"""Piper: neural voices that run on the machine itself, faster than they speak."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import GlassesError
from pipeline.network import network
from pipeline.speak.piper_pieces import cut
from pipeline.speak.speakable import speakable
from pipeline.types import Samples, read_only

_SLOWEST, _FASTEST = 0.25, 4.0
"""Of Piper's own pace; what the configuration allows. No sound of speech gets shorter than one step of the model, so
2 is in truth 1.6 times as fast, and 3 twice; tiny Whisper understood joe at 0.4 and at 3 as well as at 1."""

_SILENT = 32768 * 10 ** (-60 / 20)
"""-60 dB of full scale (33 of 32768): below this there is no sound of speech yet, not even the softest "f"."""

_LEAD = 0.005
"""Seconds kept before the first sound, so that nothing begins torn."""

_WARM_UP = "Ready."

_MOST = 10.0
"""What a voice is made louder by at most, or one that can't say the word would be all noise."""

_LEVEL = 0.095
"""Root mean square that `_WARM_UP` gets, of full scale: a clause is heard before its own peak is known, so all that a
voice says is made as much louder. joe gets 1.7 times as loud as its model gives it, 1.4 dB below what clauses had that
were each made as loud as their peak allows; levels of 26 varied ones spread by 1.2 dB instead of 1.8. What goes beyond
full scale is cut off: at most 5 of 10 000 samples of a clause, 33 dB below it, and nothing in most."""


class Piper:
    """A Piper voice: `model` is its .onnx file, and the .onnx.json that came with it lies beside it.

    Loads and warms up in the constructor, which takes more than a second: call it in a thread. The voice's noise is
    off, so a clause sounds the same to the sample every time (Piper draws it at random otherwise). It has one thread,
    whatever the machine: the samples depend on how many there are, and a second one gained nothing while the recogniser
    and the camera had work too (real-time factor 0.11 against 0.13).
    Raises GlassesError where the model is missing or broken.
    """

    rate: int
    language: str

    def __init__(self, model: Path, *, speed: float = 1.0) -> None:
        from piper import PiperVoice
        from piper.config import PiperConfig

        settings = model.with_name(model.name + ".json")
        for file in (model, settings):
            if not file.is_file():
                raise GlassesError(f"no voice at {file}: see `glasses models` for where to get one", told=_NO_VOICE)
        try:
            config = PiperConfig.from_dict(json.loads(settings.read_text(encoding="utf-8")))
            self._halves = cut(model, config.sample_rate)
            session = self._halves.first if self._halves else network(model)
        except Exception as error:  # onnxruntime's errors have no class in common but this
            reason = str(error).splitlines()[0]
            raise GlassesError(f"the voice {model} can't be read, get it anew: {reason}", told=_NO_VOICE) from error
        self.rate = config.sample_rate
        self.language = config.espeak_voice.partition("-")[0]
        self._voice = PiperVoice(session=session, config=config)
        self._length, self._speed = config.length_scale, speed
        # The first clause of a process takes 0.3 s more, and it must not be the wearer who waits for it.
        if self._halves:
            self._halves.measure(next(self._run(_WARM_UP, self._length)))
        sound = np.concatenate([*self._sound(_WARM_UP, self._length)])
        self._gain = _LEVEL / max(float(np.sqrt(np.mean(sound**2))), _LEVEL / _MOST)

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        """The clause, made `speakable`, piece by piece as mono int16; nothing where there is nothing to say.

        The first piece has a third of a second, and what comes after it is made while it sounds. Joined, they are
        what the uncut model gives, to one step of 16 bits. A voice that can't be cut gives sentence by sentence.
        `speed` times the constructor's is kept within 0.25 and 4. The sound begins 5 ms before the voice does: joe's
        clauses came with 36 ms of silence in front (median of 25, 95th percentile 55), which somebody would wait for.
        """
        text = speakable(clause, self.language)
        if not text:
            return
        pace = min(max(self._speed * speed, _SLOWEST), _FASTEST)
        begun = False
        for sound in self._sound(text, self._length / pace):
            samples = np.clip(sound * (32767 * self._gain), -32767, 32767).astype(np.int16)
            if not begun:
                samples = _without_lead(samples, self.rate)
                begun = len(samples) > 0
            if begun:
                yield read_only(samples)

    def _sound(self, text: str, length: float) -> Iterator[NDArray[np.float32]]:
        for made in self._run(text, length):
            if self._halves:
                yield from self._halves.sound(made)
            else:
                yield made

    def _run(self, text: str, length: float) -> Iterator[NDArray[np.float32]]:
        """What the model makes of each sentence: samples, or frames (channels, count) for its other half."""
        from piper.config import SynthesisConfig

        settings = SynthesisConfig(length_scale=length, noise_scale=0.0, noise_w_scale=0.0)
        for phonemes in self._voice.phonemize(text):
            if phonemes:
                yield self._voice.phoneme_ids_to_audio(self._voice.phonemes_to_ids(phonemes), settings)


def _without_lead(samples: Samples, rate: int) -> Samples:
    """From 5 ms before its first sound on; nothing where there is none."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENT)
    return samples[max(0, loud[0] - round(_LEAD * rate)) :] if len(loud) else samples[:0]


_NO_VOICE = "My voice is missing."
