"""What every helper is: a machine that hears or speaks for this one. Failures are one exception, HelperLost."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.ask.reach import Reach, farther, reach_of_found
from pipeline.errors import GlassesError
from pipeline.listen.doubt import Hearing, doubt
from pipeline.listen.transcriber import RATE, Transcript
from pipeline.types import Samples, read_only

CONNECT = 1.5
"""Seconds to find a helper and connect. That takes milliseconds, but where the first packet is lost it is sent again
after one second (RFC 6298)."""

PATIENCE = 2.0
"""Seconds for the first words or the first sound, and then for more sound. With what was waited before, and a model
here that takes over then, the wearer still hears something before 4 s of silence have passed."""

PIECE = 0.35
"""Seconds of sound that are given on at once, if they don't end before: pieces as a voice of our own has them."""

_TYPICAL = -0.36
"""Average log-probability of a token where a helper tells none: its words are believed, but what Whisper is known to
invent for noise is not (doubt.py), and they are clear enough for a follow-up (addressed.py)."""


class HelperLost(GlassesError):
    """A helper did not do what it was asked to."""

    def __init__(self, message: str) -> None:
        super().__init__(message, told="I can't reach my helper, so I go on without it.")


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a helper's voice."""

    samples: Samples  # mono int16, read-only
    rate: int  # samples per second, as it comes


class HearingHelper(Protocol):
    """Recognises speech on another machine."""

    name: str  # its address

    async def transcribe(self, samples: Samples) -> Transcript:
        """As `Transcriber.transcribe`, without a language where it tells none. Raises HelperLost."""
        ...

    async def warm(self) -> bool:
        """Whether anybody is there; doesn't raise."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class VoiceHelper(Protocol):
    """Speaks on another machine."""

    name: str  # its address
    paced: bool  # whether it can speak faster and slower

    def speak(self, words: str, speed: float) -> AsyncGenerator[Sound, None]:
        """`words` as sound, piece by piece; closing the iterator stops the work. Raises HelperLost."""
        ...

    async def warm(self) -> bool:
        """Whether anybody is there; doesn't raise."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def patience_for(samples: Samples) -> float:
    """Seconds to wait for the words in `samples`: longer sound takes longer to send and to understand."""
    return PATIENCE + 0.1 * len(samples) / RATE


def believed(
    text: str, samples: Samples, language: str, log_probability: float = _TYPICAL, no_speech: float = 0.0
) -> Transcript:
    """What a helper heard in `samples`, empty where our own recogniser would not believe it either.

    `log_probability` is the average of a token, `no_speech` the probability that nobody speaks. Raises ValueError if
    they are none.
    """
    if not (log_probability <= 0.0 <= no_speech <= 1.0):
        raise ValueError(f"it is sure by {log_probability} and {no_speech}")
    heard = Hearing(text.strip(), log_probability, no_speech, len(samples) / RATE)
    reason = doubt(heard)
    confidence = math.exp(log_probability) * (1.0 - no_speech)
    return Transcript("" if reason else heard.text, confidence, language, reason)


def mono(pcm: bytes, width: int, channels: int) -> Samples:
    """The first channel of interleaved little-endian samples of `width` bytes. Raises ValueError unless that is 2."""
    if width != 2 or channels < 1:
        raise ValueError(f"its sound has {channels} channels of {8 * width} bits, and 16 bits are needed")
    return read_only(np.frombuffer(pcm, "<i2").reshape(-1, channels)[:, 0].astype(np.int16))


def sane_rate(rate: int) -> int:
    """`rate`, in samples per second. Raises ValueError if no voice has it."""
    if not 4_000 <= rate <= 192_000:
        raise ValueError(f"its sound has {rate} samples per second")
    return rate


async def found(name: str, host: str, port: int, limit: Reach) -> list[str]:
    """The addresses of `host`, now, those of IPv4 first: a home network may give others that lead nowhere.

    Raises HelperLost if it has none, or one that lies beyond `limit`.
    """
    try:
        listed = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HelperLost(f"{name}: no host is known as '{host}'; check the address and the network") from error
    addresses = sorted((_with_scope(sockaddr) for *_, sockaddr in listed), key=lambda address: ":" in address)
    near(name, reach_of_found(addresses), limit)
    return addresses


def too_far(name: str, reach: Reach, limit: Reach) -> str:
    """What is said of a helper that lies beyond `limit`."""
    remedy = f"allow it with --reach {reach}, or ask.reach = '{reach}'"
    return f"the helper '{name}' is {reach}: what is said would go farther than {limit}; {remedy}"


def near(name: str, reach: Reach, limit: Reach) -> None:
    """Raises HelperLost if a helper lies beyond `limit`."""
    if farther(reach, limit):
        raise HelperLost(too_far(name, reach, limit))


def _with_scope(sockaddr: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """The address in what getaddrinfo gives; a link-local one of IPv6 means nothing without its interface."""
    scope = sockaddr[3] if len(sockaddr) == 4 else 0
    return f"{sockaddr[0]}%{scope}" if scope else str(sockaddr[0])
