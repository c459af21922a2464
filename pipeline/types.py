"""The data that flows through everything: frozen, and read-only where it holds arrays.

Times named `t` are seconds on the session's clock; 0 is the start of the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Samples = NDArray[np.int16]

Outcome = Literal["ok", "truncated", "refused", "filtered", "error", "interrupted"]
"""How an answer ended; only `ok` is a whole answer."""


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same memory, marked so that no stage can change what another still looks at."""
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture of the camera."""

    t: float  # when the light fell, seconds
    seq: int  # counts what the camera delivered since it was opened, from 0; a gap is a frame skipped
    image: Image  # H x W x 3, BGR as OpenCV gives it, upright, read-only


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of the microphone's sound."""

    t: float  # of its first sample, seconds: start + samples so far / rate
    samples: Samples  # mono int16, read-only
    rate: int  # samples per second

    @property
    def t_end(self) -> float:
        """When its last sample has sounded, seconds."""
        return self.t + len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Opened:
    """A device was opened: what a camera or microphone yields before its first item, each time."""

    address: str  # as people type it
    asked: Mapping[str, object]  # what was wanted of it, such as width, height, rate
    given: Mapping[str, object]  # what it gives, under the same names


@dataclass(frozen=True, slots=True)
class Word:
    """One word of what was said."""

    text: str  # as it is written, punctuation and all
    t_start: float  # seconds
    t_end: float  # seconds


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the wearer said, from the first to the last voiced sample."""

    turn: int
    t_start: float  # first voiced sample, seconds
    t_end: float  # last voiced sample, seconds
    text: str
    confidence: float  # 0 to 1
    language: str = "en"  # ISO 639-1
    words: tuple[Word, ...] = ()  # in their order; empty where the recogniser times no words


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """The pictures a question is asked about, best first."""

    frames: tuple[VideoFrame, ...]
    scores: tuple[float, ...]  # one a frame, higher is better
    reason: str  # one line for people
    dark: bool = False  # there is next to no light in any of them


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame encoded for a model."""

    data: bytes  # a JPEG file
    width: int  # pixels
    height: int  # pixels
    t: float  # when the light fell, seconds
    note: str = ""  # what it shows of another picture of the same question, in plain words; empty for the first


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier turn as the conversation remembers it: words only, never old pictures."""

    question: str
    answer: str  # what the wearer really heard
    shown: str = ""  # one line that stands for its picture; empty where it had none


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a backend."""

    turn: int
    t: float  # when it is asked, seconds
    text: str
    images: tuple[Picture, ...]
    history: tuple[Exchange, ...] = ()
    mode: str = "instant"
    language: str = "en"  # ISO 639-1, in which it is to be answered
    guidance: str = ""  # what this question needs beside the usual prompt


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """The next words of an answer, as they arrive."""

    turn: int
    t: float  # arrival, seconds
    text: str


About = Literal["another", "thinking", "impression"]
"""What a notice tells: who takes over; that it is still being thought about; what it looks like so far."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the wearer is told of the asking itself, such as who took over: spoken, and no part of the answer."""

    turn: int
    t: float  # seconds
    text: str  # whole sentences
    about: About = "another"


@dataclass(frozen=True, slots=True)
class Answer:
    """How an answer ended: the last thing that a backend's stream yields, exactly once."""

    turn: int
    text: str  # the whole of it
    outcome: Outcome
    fault: str = ""  # for the log: what went wrong, where, and the remedy; never a secret
    told: str = ""  # for the wearer: one spoken sentence about what went wrong
    tokens: int | None = None  # of the completion, where the server counts them
    backend: str = ""  # who answered, where that is one of several; empty for the one that was asked


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of the answer as sound."""

    turn: int
    t: float  # when it was synthesised, seconds
    samples: Samples  # mono int16, read-only
    rate: int  # samples per second
    text: str  # the clause it speaks; empty for what continues the clause before


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the session's log, the one public record of what happened."""

    t: float  # seconds
    seq: int
    turn: int  # 0 where it belongs to no turn
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
