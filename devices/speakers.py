"""Speakers by address: `default`, `wav:FILE`, `none`."""

from __future__ import annotations

from pathlib import Path

from devices.speaker_card import SoundCard, play_file
from devices.speaker_none import NoSpeaker
from devices.speaker_wav import WavSpeaker
from pipeline.clock import Clock
from pipeline.errors import UsageError

__all__ = ["open_speaker", "play_file"]


def open_speaker(address: str, clock: Clock, rate: int) -> NoSpeaker | WavSpeaker | SoundCard:
    """The speaker at `address`, for sound at `rate` samples per second (the voice's; other rates are resampled).

    To write a file and be heard as well, wrap: `WavSpeaker(open_speaker("default", ...), path, rate)`.
    Raises UsageError for an unknown address, GlassesError where the device or file can't be opened.
    """
    kind, _, rest = address.partition(":")
    if kind == "wav" and rest:
        return WavSpeaker(NoSpeaker(clock), Path(rest), rate)
    if address == "none":
        return NoSpeaker(clock)
    if address == "default":
        return SoundCard(clock, rate)
    raise UsageError(f"no speaker '{address}': use default, wav:FILE or none")
