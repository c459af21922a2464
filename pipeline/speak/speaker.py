"""What every speaker is: chunks of sound in, and an honest account of what was heard."""

from __future__ import annotations

from typing import Protocol

from pipeline.types import SpeechChunk


class Speaker(Protocol):
    """An output for sound, timed by the session's clock.

    Whoever waits in `play` or `drain` is not woken by `flush`: cancel them first. While it is paused, both wait for
    `resume`. A pause makes void what `play` said of sound that was not yet heard: `resume` says where that goes on.
    """

    async def play(self, chunk: SpeechChunk) -> float:
        """Queue the sound behind what is playing; returns when at most half a second is still ahead of it.

        The result is the session time, in seconds, at which its first sample is heard.
        """
        ...

    async def drain(self) -> None:
        """Return when all that was queued has been heard."""
        ...

    def pause(self) -> float:
        """Stop at once and keep what is queued; the seconds of sound really heard since the last drain or flush.

        Twice is as once. Where a device can't tell to the sample, a moment is heard again rather than not at all.
        """
        ...

    def resume(self) -> float:
        """Go on where it stopped; the session time, in seconds, at which the next sample is heard.

        Where nothing is paused, nothing happens.
        """
        ...

    def flush(self) -> float:
        """Stop at once and drop what is queued; the seconds of sound really heard since the last drain or flush.

        A pause ends with it.
        """
        ...

    async def close(self) -> None:
        """Stop at once and let go of the device."""
        ...
