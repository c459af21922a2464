"""Loading what a session needs: the voice beside the rest, so that it can say that the rest takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from devices.registry import open_speaker
from glasses.models import NEEDED
from pipeline.clock import Clock
from pipeline.errors import GlassesError
from pipeline.speak.voice import LocalVoice, Synthesiser
from pipeline.types import SpeechChunk

_SOON = 1.5
"""Seconds after the voice in which the rest may be there without a word: more would be said than is worth saying."""

_PATIENCE = 5.0
"""Seconds that a speaker has to say it; the session doesn't wait for one that hangs or is not there."""

_WORDS = "Starting up."


class Loads(Protocol):
    """What has models to load."""

    def load(self, names: Sequence[str]) -> None:
        """Load those; blocks."""
        ...


async def load(clock: Clock, models: Loads, say: Callable[[], Awaitable[None]] | None) -> None:
    """Load the models; `say`, if given, is called once the voice is there and the rest will not be soon.

    Raises what loading raises.
    """
    voice = asyncio.ensure_future(clock.run("load", partial(models.load, NEEDED[:1])))
    rest = asyncio.ensure_future(clock.run("load", partial(models.load, NEEDED[1:])))
    try:
        await voice
        await asyncio.wait({rest}, timeout=_SOON)
        if say and not rest.done():
            await say()
        await rest
    finally:
        for task in (voice, rest):
            task.cancel()
        await asyncio.gather(voice, rest, return_exceptions=True)


async def say_so(clock: Clock, voice: Synthesiser, address: str) -> None:
    """Say that it is starting, through a speaker of its own: a session's counts from the session's beginning."""
    try:
        speaker = open_speaker(address, clock, voice.rate, patient=True)
    except GlassesError:  # the session will say so, and how it can be mended
        return
    try:
        await clock.within(_PATIENCE, _say(clock, voice, speaker.play, speaker.drain))
    except (GlassesError, TimeoutError):
        pass
    finally:
        await speaker.close()


async def _say(
    clock: Clock,
    voice: Synthesiser,
    play: Callable[[SpeechChunk], Awaitable[float]],
    drain: Callable[[], Awaitable[None]],
) -> None:
    async for samples in LocalVoice(clock, voice).speak(_WORDS, 1.0):
        await play(SpeechChunk(0, clock.now(), samples, voice.rate, _WORDS))
    await drain()
