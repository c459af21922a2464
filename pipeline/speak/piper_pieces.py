"""A Piper model cut in two, so that the beginning of a clause is heard while the rest of it is still decoded.

The first half makes all frames of a sentence at once, the decoder makes sound of them and takes twice as long. It looks
only a few frames ahead and back, so it gives the same sound in pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.converted import converted
from pipeline.network import network

_FIRST = 0.35
"""Seconds of the first piece: as long as the second takes to decode where speech takes half as long as it lasts, the
first half aside. That is a voice with a real-time factor of 0.7, as a Raspberry Pi 4 may have it."""

_GROWTH = 1.4
"""Each piece from the third on is so much longer than the one before: fewer pieces, since the frames around each are
decoded twice, and still none is late."""


_FIRST_HALF, _DECODER = "first.onnx", "decoder.onnx"

_CUT = "1"
"""Another one for each change of where it is cut."""


class _UncuttableError(Exception):
    """The halves share more than one tensor."""


class Halves:
    """The two sessions of a model, and what the second looks at."""

    def __init__(self, first: Any, decoder: Any, rate: int) -> None:
        """`first` and `decoder` are onnxruntime's; `rate` is in samples per second."""
        self.first = first
        self._decoder = decoder
        self._input: str = decoder.get_inputs()[0].name
        self._rate = rate
        self._reach, self._hop = 0, 0

    def measure(self, frames: NDArray[np.float32]) -> None:
        """Find out, with the frames (channels, count) of some word, how many frames around one its samples depend on.

        11 in a voice of Piper's quality "medium".
        """
        twice = np.tile(frames, 2)
        middle = twice.shape[-1] // 2
        moved = twice.copy()
        moved[:, middle] += 1
        sound, other = self._decode(twice), self._decode(moved)
        self._hop = len(sound) // twice.shape[-1]
        touched = np.flatnonzero(sound != other) // self._hop
        self._reach = int(np.abs(touched - middle).max(initial=0))

    def sound(self, frames: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """The sound of the frames (channels, count), piece by piece; joined, it is that of all decoded at once."""
        start = 0
        for length in lengths(frames.shape[-1], round(_FIRST * self._rate / self._hop)):
            before = max(0, start - self._reach)
            sound = self._decode(frames[:, before : start + length + self._reach])
            yield sound[(start - before) * self._hop :][: length * self._hop]
            start += length

    def _decode(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        sound: NDArray[np.float32] = self._decoder.run(None, {self._input: frames[np.newaxis]})[0]
        return sound.reshape(-1)


def cut(model: Path, rate: int) -> Halves | None:
    """The halves of an .onnx file of Piper; None where they share more than one tensor, as with several speakers.

    They are kept among the user's cached files. To cut them takes 0.4 s and 90 MB more than to load them, a second and
    more on a small machine. Raises what onnx and onnxruntime raise where the file is no model.
    """
    # By way of files in any case: a session that is made of bytes keeps them for good, and these are 60 MB.
    try:
        return converted(
            model, "voices", _CUT, lambda folder: _save_halves(model, folder), lambda folder: _loaded(folder, rate)
        )
    except _UncuttableError:
        return None


def _loaded(folder: Path, rate: int) -> Halves:
    return Halves(network(folder / _FIRST_HALF), network(folder / _DECODER), rate)


def _save_halves(model: Path, folder: Path) -> None:
    import onnx
    from onnx.utils import Extractor

    whole = onnx.load(str(model))
    decoding = [node for node in whole.graph.node if node.name.startswith("/dec/")]
    made = {name for node in whole.graph.node if not node.name.startswith("/dec/") for name in node.output}
    shared = {name for node in decoding for name in node.input if name in made}
    if len(shared) != 1:
        raise _UncuttableError
    extractor = Extractor(whole)
    inputs, seam, output = [value.name for value in whole.graph.input], [*shared], whole.graph.output[0].name
    onnx.save(extractor.extract_model(inputs, seam), str(folder / _FIRST_HALF))
    onnx.save(extractor.extract_model(seam, [output]), str(folder / _DECODER))


def lengths(frames: int, first: int) -> Iterator[int]:
    """How many frames each piece has, for a sentence of `frames`; two of `first` begin it."""
    length = first
    yield min(length, frames)
    frames -= length
    while frames > 0:
        yield min(length, frames)
        frames -= length
        length = round(length * _GROWTH)
