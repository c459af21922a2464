"""Piper: neural voices that run on the machine itself, faster than they speak."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import GlassesError
from pipeline.speak.speakable import speakable
from pipeline.types import Samples, read_only

_THREADS = 1
"""Of onnxruntime. The samples depend on this number, so it must not follow the machine's cores; and two
threads gained nothing while the recogniser and the camera had work too (real-time factor 0.11 against 0.13)."""


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
        from piper.config import PiperConfig, SynthesisConfig

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
        self._synthesis = SynthesisConfig(length_scale=config.length_scale / speed, noise_scale=0.0, noise_w_scale=0.0)
        for _ in self.synthesise("Ready."):
            pass  # the first clause of a process takes 0.3 s more, and it must not be the wearer who waits for it

    def synthesise(self, clause: str) -> Iterator[Samples]:
        """The clause, made `speakable`, sentence by sentence as mono int16; nothing where there is nothing to say."""
        text = speakable(clause, self.language)
        if not text:
            return
        for sentence in self._voice.synthesize(text, self._synthesis):
            yield read_only(sentence.audio_int16_array)


_NO_VOICE = "My voice is missing."
