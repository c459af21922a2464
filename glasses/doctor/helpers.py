"""Checks of the helpers: whether each can be reached and does its work, and how soon."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

import numpy as np

from glasses.doctor.finding import Finding
from glasses.doctor.senses import sweep
from glasses.helping import opened
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import UsageError
from pipeline.events import EventLog
from pipeline.helpers.helper import HelperLost
from pipeline.listen.transcriber import RATE
from pipeline.types import Event, read_only

if TYPE_CHECKING:
    from pipeline.helpers.helper import HearingHelper, VoiceHelper

_REMEDY = "start it, or mend its address; until then this machine does its work"

_WORDS = "Ready."


def helpers(config: Config) -> Iterator[Finding]:
    """A finding for each helper that the configuration names; what is sent to them is in the egress log."""

    async def main(clock: Clock) -> list[Finding]:
        return [finding async for finding in _all(clock, config)]

    if config.listen.helper or config.speak.helper:
        yield from clocks.run(main, virtual=False)


async def _all(clock: Clock, config: Config) -> AsyncIterator[Finding]:
    log, faults = EventLog(clock), list[Event]()
    log.subscribe(faults.append)
    try:
        hearing, voice = opened(config, clock, log)
    except UsageError as error:
        yield Finding("helper", "fail", str(error), "mend listen.helper or speak.helper")
        return
    for fault in faults:
        if fault.kind == "fault":
            yield Finding("helper", "warn", f"left out: {fault.data['what']}", "see ask.reach")
    if hearing:
        yield await _hears(clock, hearing)
        await hearing.close()
    if voice:
        yield await _speaks(clock, voice, config.speak.speed)
        await voice.close()


async def _hears(clock: Clock, helper: HearingHelper) -> Finding:
    """How long it takes to find that there are no words in a second of a tone."""
    tone = read_only(np.resize((sweep(RATE) * 8000).astype(np.int16), RATE))
    began = clock.now()
    try:
        await helper.transcribe(tone)
    except HelperLost as error:
        return Finding("hearing helper", "warn", str(error), _REMEDY)
    return Finding("hearing helper", "ok", f"{helper.name}: answers after {clock.now() - began:.2f} s")


async def _speaks(clock: Clock, helper: VoiceHelper, speed: float) -> Finding:
    began, first, seconds = clock.now(), 0.0, 0.0
    try:
        async with aclosing(helper.speak(_WORDS, 1.0)) as pieces:
            async for piece in pieces:
                first = first or clock.now() - began
                seconds += len(piece.samples) / piece.rate
    except HelperLost as error:
        return Finding("voice helper", "warn", str(error), _REMEDY)
    if not seconds:
        return Finding("voice helper", "warn", f"{helper.name}: gives no sound for words", "see the server's log")
    text = f"{helper.name}: first sound after {first:.2f} s"
    if speed != 1.0 and not helper.paced:
        remedy = "set --length-scale of the server instead"
        return Finding("voice helper", "warn", f"{text}; it does not know speak.speed", remedy)
    return Finding("voice helper", "ok", text)
