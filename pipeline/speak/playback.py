"""Bookkeeping of what is played: where sound begins, and what of the words was really heard. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.types import Samples

_AUDIBLE = 32768 * 10 ** (-50 / 20)
"""-50 dB of full scale (104 of 32768): what counts as audible in "first sound"."""


def audible_offset(samples: Samples, rate: int) -> float | None:
    """Seconds of silence before the first sample of `samples` (mono int16) above -50 dBFS; None if all is silence."""
    loud = np.abs(samples.astype(np.int32)) > _AUDIBLE
    return int(loud.argmax()) / rate if loud.any() else None


def heard_text(chunks: Iterable[tuple[str, float]], seconds: float) -> str:
    """What of the words was heard when the sound ended after `seconds`.

    `chunks` are the text and length in seconds of each SpeechChunk in the order played; one with no text
    continues the clause before it. The clause that was cut keeps the words that had wholly sounded,
    taking every character to last equally long.
    """
    clauses: list[tuple[str, float]] = []
    for text, length in chunks:
        if text or not clauses:
            clauses.append((text, length))
        else:
            clauses[-1] = (clauses[-1][0], clauses[-1][1] + length)
    heard: list[str] = []
    for text, length in clauses:
        if seconds < length - _ROUNDING:
            heard.append(_whole_words(text, seconds / length))
            break
        heard.append(text)
        seconds -= length
    return " ".join(text for text in heard if text)


_ROUNDING = 1e-3
"""Seconds. Sums of lengths differ from the whole by rounding; that must not cost a word."""


def _whole_words(text: str, share: float) -> str:
    """The words of `text` that end within its first `share` (0 to 1)."""
    end = int(max(share, 0.0) * len(text))
    if text[end : end + 1].strip() and " " in text[:end]:
        return text[:end].rpartition(" ")[0].rstrip()
    return "" if text[end : end + 1].strip() else text[:end].rstrip()
