"""A live session: devices, models and recordings put together; what `glasses run` and `glasses record` share."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from devices.registry import Wanted, open_button, open_camera, open_light, open_microphone, open_speaker, shown
from glasses.helping import helpers
from glasses.keeping import Keeping
from glasses.models import Models
from glasses.pace import Pace
from glasses.printer import Printer
from glasses.quiet import libraries_quiet
from glasses.recorded import Pressed, until_over
from glasses.service_privacy import Remembered
from glasses.service_watch import Watch
from glasses.settings import Config
from glasses.situation import Situation
from glasses.starting import load, say_so
from glasses.strain import Sparing
from glasses.tapped import Tapped
from glasses.winking import wink
from pipeline import clock as clocks
from pipeline.ask.checking import checked
from pipeline.buttons import Button
from pipeline.clock import Clock
from pipeline.errors import CameraLost, MicrophoneLost, UsageError
from pipeline.events import EventLog
from pipeline.listen.listener import Ears
from pipeline.listen.quiet import Joined
from pipeline.look.asking import Asking
from pipeline.look.choice import LookSettings
from pipeline.privacy import Privacy
from pipeline.reader import from_thread
from pipeline.senses import Senses
from pipeline.session import Session
from pipeline.sources import News, Tell
from pipeline.types import AudioChunk, Event, VideoFrame

if TYPE_CHECKING:
    from rich.console import Console

    from glasses.dashboard import Dashboard

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a live session."""

    title: str = "Live"
    answers: bool = True  # questions are answered; otherwise it is only seen and heard
    record: str | None = None  # name of a recording that begins with the session
    console: Console | None = None  # a terminal, for what is no event, and how an answering session stands
    preview: bool = False  # show there what is seen, too
    service: bool = False  # systemd is told how it stands, and the wearer that it is ready


def live(config: Config, wish: Wish, show: Callable[[Event], None]) -> None:
    """See, hear and answer until somebody ends it: Ctrl-C and SIGTERM do, and so does sound that is over.

    `show` is called with each event, in a thread of its own. Work in libraries that can't be interrupted may still go
    on in threads when this returns. Raises UsageError for a wrong address, GlassesError where the models or the
    recording's folder are missing.
    """

    async def main(clock: Clock) -> None:
        async with _until_told():
            await _Live(clock, config, wish, show).run()

    with libraries_quiet():
        clocks.run(main, virtual=False, on_left_behind=lambda: None)


class _Live:
    """One live session."""

    def __init__(self, clock: Clock, config: Config, wish: Wish, show: Callable[[Event], None]) -> None:
        self._clock = clock
        self._config = config
        self._wish = wish
        self._models = Models(config)
        self._log = EventLog(clock)
        self._keeping = Keeping(clock, self._log, config)
        self._dashboard = _dashboard(clock, config, wish)
        self._printer = Printer(clock, partial(_both, self._dashboard, show) if self._dashboard else show)
        self._log.subscribe(self._printer)
        self._log.subscribe(self._keeping.event)
        self._asking = Asking()
        self._log.subscribe(self._asking.event)
        self._sparing = Sparing(clock, self._log)
        self._situation = Situation(config.start)
        self._log.subscribe(self._situation)
        self._pace = Pace(clock.now, self._situation, self._asking, self._sparing.wanted)
        loop = asyncio.get_running_loop()
        self._over = False
        self._log.subscribe(self._ended)
        self._light = open_light(config.light.address, lambda names: from_thread(loop, partial(self._lit, names)))
        self._watch = Watch(clock, _devices(config)) if wish.service else None
        if self._watch:
            self._log.subscribe(self._watch.event)

    async def run(self) -> None:
        """Until it is cancelled, or its sound is over."""
        camera, microphone = self._sources()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._printer.close)
            # First of all: what was recorded is whole before anything else is waited for.
            stack.push_async_callback(self._keeping.close)
            if self._wish.record is not None:
                self._keeping.check(self._wish.record)
            run = self._answering if self._wish.answers else self._recording
            await run(stack, camera, microphone)

    async def _recording(
        self, stack: AsyncExitStack, camera: Iterable[VideoFrame | News], microphone: Iterable[AudioChunk | News] | None
    ) -> None:
        """See and hear only."""

        async def tell(what: str, told: str) -> None:
            self._log.emit("fault", turn=0, what=what, told="")  # there is no voice to tell it with

        button = self._button()
        privacy = self._privacy(button)
        ears = Ears(await self._clock.run("load", self._models.segmenter))
        await self._begin(stack, tell)
        await stack.enter_async_context(_beside(wink(self._clock, self._light.wink, self._missing)))
        senses = Senses(self._clock, self._log, ears, LookSettings(max_age=self._config.look.max_age))
        async with senses.perceive(camera, microphone, self._about, tell, privacy) as said:
            pressed = Pressed(button, privacy, tell)
            await until_over(self._clock, self._log, said, pressed, self._keeping.failed)
        if self._keeping.fault:  # nothing is left to be done
            raise self._keeping.fault

    async def _answering(
        self, stack: AsyncExitStack, camera: Iterable[VideoFrame | News], microphone: Iterable[AudioChunk | News] | None
    ) -> None:
        """See, hear and answer."""
        models, config, clock = self._models, self._config, self._clock
        button, helping = self._button(), helpers(config, clock, self._log)
        if self._watch:
            self._watch.loading()
        with self._wish.console.status("loading the models ...") if self._wish.console else nullcontext():
            say = partial(self._say_starting, config.speaker.address) if self._watch else None
            await load(clock, models, say)
        backend = models.backend(clock, config.ask, self._log)
        speaker = open_speaker(config.speaker.address, clock, models.voice.rate, patient=True)
        stack.push_async_callback(_together, self._keeping.close, speaker.close, backend.close, helping.close)
        parts = models.parts(clock, backend, speaker, config.ask, echoes=True, keeper=self._keeping, helpers=helping)
        parts = replace(parts, ears=replace(parts.ears, rests=self._pace.resting), sparing=self._sparing.wanted)
        self._keeping.played = parts.mouth.played
        session = Session(clock, self._log, parts)
        await self._begin(stack, session.tell)
        await stack.enter_async_context(_beside(self._sparing.watch(session.tell)))
        await stack.enter_async_context(_beside(wink(clock, self._light.wink, self._missing)))
        if self._watch:
            await stack.enter_async_context(self._watch.going(session.tell))
        await stack.enter_async_context(checked(backend, self._log, session.tell))
        await session.run(camera, microphone or (), self._about, button, self._privacy(button))

    def _privacy(self, button: Button | None) -> Privacy:
        """As it was before a service was started anew, if there is a button by which it can be ended."""
        if not (self._wish.service and button):
            return Privacy(self._clock, self._light.dark)
        before = Remembered(os.environ)
        return Privacy(self._clock, self._light.dark, wanted=before.wanted(), remember=before.remember)

    async def _say_starting(self, address: str) -> None:
        await say_so(self._clock, self._models.voice, address)

    async def _begin(self, stack: AsyncExitStack, tell: Tell) -> None:
        self._clock.restart()
        await self._keeping.begin(self._wish.record, tell)
        if self._dashboard:
            await stack.enter_async_context(self._dashboard.below(self._clock, self._printer))

    def _lit(self, names: tuple[str, ...]) -> None:
        """That much is open now; what is closed behind the session's end is no part of its log."""
        if not self._over:
            self._log.emit("light", turn=0, open=names)

    def _missing(self) -> Sequence[str]:
        """What the light winks for; in privacy it is dark."""
        return () if self._situation.private else self._situation.lost

    def _ended(self, event: Event) -> None:
        self._over = self._over or event.kind == "session.ended"

    def _button(self) -> Button | None:
        """What is pressed, to talk above all: without one that was named, the keys of the terminal.

        Raises UsageError if a session that is to have one can't; others do without.
        """
        start = self._config.start
        wanted = bool(start.button) or (self._wish.answers and start.how == "key")
        if not wanted and not (self._wish.console and sys.stdin.isatty()):
            return None
        try:
            return open_button(start.button or "keyboard", self._clock)
        except UsageError:
            if wanted:
                raise
            return None

    def _sources(self) -> tuple[Iterable[VideoFrame | News], Iterable[AudioChunk | News] | None]:
        """Camera and microphone, which the recorder and the preview see and hear too. Raises as `open_camera`."""
        config = self._config
        camera = config.camera
        wanted = Wanted(
            camera.width, camera.height, camera.rate, config.look.rate, camera.rotation, asking=self._asking.now
        )
        spares = self._wish.answers and not self._wish.preview  # what is only shown or recorded needs it all
        if spares:
            wanted = replace(wanted, pace=self._pace.wanted)
        see: list[Callable[[VideoFrame], None]] = [self._keeping.frame]
        hear: list[Callable[[AudioChunk], None]] = [self._keeping.sound]
        if self._dashboard:
            see.append(self._dashboard.preview.frame)
            hear.append(self._dashboard.preview.sound)
        if self._watch:
            see.append(self._watch.frame)
            hear.append(self._watch.sound)
        names = shown(camera.address), shown(config.microphone.address)
        self._about = {"title": self._wish.title, "camera": names[0], "microphone": names[1]}
        seen = Tapped(open_camera(camera.address, self._clock, wanted, self._light), see, CameraLost)
        heard = open_microphone(config.microphone.address, self._clock, self._light)
        tapped = Tapped(heard, hear, MicrophoneLost)
        joined = Joined(tapped, self._rest) if spares else Joined(tapped)
        return seen, None if config.microphone.address == "none" else joined

    def _rest(self, t: float) -> None:
        """A `pipeline.listen.quiet.Rest`."""
        if self._pace.resting():
            self._clock.block_until(t)


def _devices(config: Config) -> list[str]:
    """Of camera and microphone, those that a session has."""
    addresses = {"camera": config.camera.address, "microphone": config.microphone.address}
    return [name for name, address in addresses.items() if address != "none"]


def _dashboard(clock: Clock, config: Config, wish: Wish) -> Dashboard | None:
    if not wish.console or not (wish.answers or wish.preview):
        return None
    from glasses.dashboard import Dashboard

    return Dashboard(wish.console, clock.now, config.start if wish.answers else None, live=wish.preview)


def _both(dashboard: Dashboard, show: Callable[[Event], None], event: Event) -> None:
    dashboard(event)
    show(event)


async def _together(*closings: Callable[[], Awaitable[None]]) -> None:
    """Let go of several things at once: each may take a while, and somebody waits for the end."""
    await asyncio.gather(*(closing() for closing in closings))


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """While `work` is done beside what is inside; it ends with it."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _until_told() -> AsyncIterator[None]:
    """Ctrl-C, SIGTERM and a terminal that closes end what is inside, as its proper end; a second time, at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    told = False

    def end() -> None:
        nonlocal told
        if told:
            os._exit(130)
        told = True
        task.cancel()

    with suppress(NotImplementedError, AttributeError):  # Windows: Ctrl-C comes as KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, end)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        task.uncancel()
