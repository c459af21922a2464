"""Piper: neural voices that run on the machine itself, faster than they speak."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.errors import GlassesError
from pipeline.speak.speakable import speakable
from pipeline.types import Samples, read_only

_THREADS = 1
"""Of onnxruntime. The samples depend on this number, so it must not follow the machine's cores; and two
threads gained nothing while the recogniser and the camera had work too (real-time factor 0.11 against 0.13)."""

_SLOWEST, _FASTEST = 0.25, 4.0
"""Of Piper's own pace; what the configuration allows. No sound of speech gets shorter than one step of the model, so
2 is in truth 1.6 times as fast, and 3 twice; tiny Whisper understood joe at 0.4 and at 3 as well as at 1."""

_SILENT = 32768 * 10 ** (-60 / 20)
"""-60 dB of full scale (33 of 32768): below this there is no sound of speech yet, not even the softest "f"."""

_LEAD = 0.01
"""Seconds kept before the first sound, so that nothing begins torn."""


class Piper:
    """A Piper voice: `model` is its .onnx file, and the .onnx.json that came with it lies beside it.

    Loads and warms up in the constructor, which takes about a second: call it in a thread. The voice's noise is
    off, so a clause sounds the same to the sample every time (Piper draws it at random otherwise).
    Raises GlassesError where the model is missing or broken.
    """

    rate: int
    language: str

    def __init__(self, model: Path, *, speed: float = 1.0) -> None:
        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = 1
        settings = model.with_name(model.name + ".json")
        for file in (model, settings):
            if not file.is_file():
                raise GlassesError(f"no voice at {file}: see `glasses models` for where to get one", told=_NO_VOICE)
        try:
            config = PiperConfig.from_dict(json.loads(settings.read_text(encoding="utf-8")))
            session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no class in common but this
            reason = str(error).splitlines()[0]
            raise GlassesError(f"the voice {model} can't be read, get it anew: {reason}", told=_NO_VOICE) from error
        self.rate = config.sample_rate
        self.language = config.espeak_voice.partition("-")[0]
        self._voice = PiperVoice(session=session, config=config)
        self._length, self._speed = config.length_scale, speed
        for _ in self.synthesise("Ready."):
            pass  # the first clause of a process takes 0.3 s more, and it must not be the wearer who waits for it

    def synthesise(self, clause: str, speed: float = 1.0) -> Iterator[Samples]:
        """The clause, made `speakable`, sentence by sentence as mono int16; nothing where there is nothing to say.

        `speed` times the constructor's is kept within 0.25 and 4. The sound begins 10 ms before the voice does: joe's
        clauses came with 36 ms of silence in front (median of 25, 95th percentile 55), which somebody would wait for.
        """
        from piper.config import SynthesisConfig

        text = speakable(clause, self.language)
        if not text:
            return
        pace = min(max(self._speed * speed, _SLOWEST), _FASTEST)
        settings = SynthesisConfig(length_scale=self._length / pace, noise_scale=0.0, noise_w_scale=0.0)
        first = True
        for sentence in self._voice.synthesize(text, settings):
            samples = sentence.audio_int16_array
            yield read_only(_without_lead(samples, self.rate) if first else samples)
            first = False


def _without_lead(samples: Samples, rate: int) -> Samples:
    sounds = int((np.abs(samples.astype(np.int32)) > _SILENT).argmax())
    return samples[max(0, sounds - round(_LEAD * rate)) :]


_NO_VOICE = "My voice is missing."
