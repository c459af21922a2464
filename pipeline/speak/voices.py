"""Voices that packages of others bring, by entry points of the group `glasses.voices`."""

from __future__ import annotations

from typing import Protocol

from pipeline.brought import brought
from pipeline.speak.voice import Synthesiser


class VoiceDriver(Protocol):
    """A kind of voice that another package brings."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def open(self, address: str, speed: float) -> Synthesiser:
        """The voice at `address`, made to speak `speed` times as fast as it would by itself.

        Raises UsageError if the address is wrong, GlassesError if something that it needs is not there.
        """
        ...


def voice_driver(address: str) -> VoiceDriver | None:
    """Whose name stands before the first colon of `address`; None if it is a voice of our own.

    Raises GlassesError if it can't be loaded.
    """
    name, colon, _ = address.partition(":")
    return brought("voice", name) if colon else None
