"""What is known of a request that leaves this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it leaves: what a log of them needs to know, and none of its words."""

    t: float  # seconds on the session's clock
    backend: str  # its address
    host: str
    size: int  # bytes of the body
    pictures: tuple[float, ...]  # when the light fell on each that goes along, seconds
    what: str = "question"  # or words to be spoken, sound to be understood; contact: nothing but whether it is there
