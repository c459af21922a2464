"""Sound at another rate."""

from __future__ import annotations

import numpy as np

from pipeline.types import Samples, read_only


def resampled(samples: Samples, rate: int, to: int) -> Samples:
    """Mono int16 `samples` at `rate` as the same sound at `to` samples per second (FFmpeg's swresample)."""
    if rate == to or not len(samples):
        return samples
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return read_only(np.concatenate([piece.to_ndarray()[0] for piece in pieces]))
