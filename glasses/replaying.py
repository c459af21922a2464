"""A recording through the whole pipeline: what `glasses replay`, `glasses latency` and the pytest fixture share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from glasses.helping import helpers
from glasses.recordings import EventWriter, Recording, open_recording, read_events
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.costs import Costs, fixed, measured, recorded
from pipeline.errors import UsageError
from pipeline.events import EventLog
from pipeline.helpers.helped import Helpers
from pipeline.parts import Parts
from pipeline.session import Session
from pipeline.speak.reference import PlayedBefore
from pipeline.types import Event

if TYPE_CHECKING:
    from glasses.models import Models
    from pipeline.ask.backend import Backend
    from pipeline.speak.speaker import Speaker

_HELPED = {"helper.transcribe": "transcribe", "helper.synthesise": "synthesise"}
"""Stages of a helper, and those of our own models that take their place."""

CostsName = Literal["measured", "fixed", "recorded"]
BackendFactory = Callable[[Clock], "Backend"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay left: its event log, and easy questions to it."""

    events: tuple[Event, ...]

    def of(self, kind: str) -> list[Event]:
        """The events of one kind, in order."""
        return [event for event in self.events if event.kind == kind]

    @property
    def heard(self) -> list[str]:
        """What the wearer said, one text an utterance."""
        return [event.data["text"] for event in self.of("heard")]

    @property
    def answers(self) -> list[str]:
        """What the wearer was told, one text a turn, faults included."""
        return [event.data["heard_text"] for event in self.of("spoken")]


def replay(
    path: Path,
    config: Config,
    models: Models,
    *,
    costs: CostsName = "measured",
    realtime: bool = False,
    speaker: str = "none",
    out: Path | None = None,
    backend: BackendFactory | None = None,
    subscribers: Sequence[Callable[[Event], None]] = (),
) -> Replayed:
    """Replay the recording at `path`, faster than life unless `realtime`; `out` keeps its log and its answers.

    Answers come from `backend` if given, from the recording's own log with `recorded` costs, and from
    the configured address otherwise; helpers are not asked with `recorded` costs. Raises GlassesError (UsageError
    for what was asked wrongly).
    """
    recording = open_recording(path)
    past = list(read_events(recording)) if costs == "recorded" else []
    if costs == "recorded" and not past:
        raise UsageError(f"{recording.events_path}: it is empty; replay without recorded costs")
    events: list[Event] = []

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        for subscriber in (events.append, *subscribers):
            log.subscribe(subscriber)
        # What can be wrong comes first, then what takes long to load; only then is anything written over.
        async with AsyncExitStack() as stack:
            mind = backend(clock) if backend else _backend(clock, config, models, past, log)
            stack.push_async_callback(mind.close)
            helping = Helpers(clock, log) if past else helpers(config, clock, log)
            stack.push_async_callback(helping.close)
            sounds = _speaker(speaker, out, clock, models.voice.rate)
            stack.push_async_callback(sounds.close)
            parts = models.parts(clock, mind, sounds, config.ask, helpers=helping)
            if recording.has_played:
                played = stack.enter_context(closing(recording.played()))
                parts = replace(parts, ears=replace(parts.ears, clean=models.clean(PlayedBefore(played))))
            if out:
                log.subscribe(stack.enter_context(EventWriter(out)))
            clock.restart()
            await _run(clock, log, recording, parts)

    clocks.run(main, virtual=not realtime, costs=_costs(costs, config, past))
    return Replayed(tuple(events))


async def _run(clock: Clock, log: EventLog, recording: Recording, parts: Parts) -> None:
    about = {
        "title": recording.title,
        "duration": recording.duration,
        "width": recording.width,
        "height": recording.height,
        "sound": recording.has_sound,
    }
    frames = recording.frames() if recording.has_video else ()
    sound = recording.sound() if recording.has_sound else ()
    await Session(clock, log, parts).run(frames, sound, about)


def _backend(clock: Clock, config: Config, models: Models, past: Sequence[Event], log: EventLog) -> Backend:
    from pipeline.ask.recorded import RecordedAnswers

    if past:
        return RecordedAnswers(clock, past)
    return models.backend(clock, config.ask, log)


def _costs(name: CostsName, config: Config, past: Sequence[Event]) -> Costs:
    if name == "fixed":
        return fixed(config.costs)
    return recorded(map(_done_here, past)) if name == "recorded" else measured


def _done_here(event: Event) -> Event:
    """What a helper did, as if it had been done here: nobody else is asked in a replay with recorded costs."""
    stage = _HELPED.get(event.data.get("stage", ""))
    return replace(event, data={**event.data, "stage": stage}) if stage else event


def _speaker(address: str, out: Path | None, clock: Clock, rate: int) -> Speaker:
    from devices.registry import open_speaker
    from devices.speaker_wav import WavSpeaker

    speaker = open_speaker(address, clock, rate)
    return WavSpeaker(speaker, out / "answer.wav", rate) if out else speaker
