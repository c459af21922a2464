"""A live session: devices, models and recordings put together; what `glasses run` and `glasses record` share."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from devices.registry import Wanted, open_camera, open_microphone, open_speaker, shown
from glasses.config import Config
from glasses.keeping import Keeping
from glasses.models import Models
from glasses.quiet import libraries_quiet
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.events import EventLog
from pipeline.look.choice import LookSettings
from pipeline.senses import Senses
from pipeline.session import Session
from pipeline.types import AudioChunk, Event, Opened, VideoFrame

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live as Display

T = TypeVar("T")

_PREVIEW_EVERY = 0.2
"""Seconds between pictures of the preview."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a live session."""

    title: str = "Live"
    answers: bool = True  # questions are answered; otherwise it is only seen and heard
    record: str | None = None  # name of a recording that begins with the session
    console: Console | None = None  # a terminal, for what is no event
    preview: bool = False  # show there what is seen


def live(config: Config, wish: Wish, subscribers: Sequence[Callable[[Event], None]]) -> None:
    """See, hear and answer until somebody ends it: Ctrl-C and SIGTERM do, and so does sound that is over.

    Work in libraries that can't be interrupted may still go on in threads when this returns.
    Raises UsageError for a wrong address, GlassesError where the models or the recording's folder are missing.
    """

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        for subscriber in subscribers:
            log.subscribe(subscriber)
        async with _until_told(), AsyncExitStack() as stack:
            await _session(clock, log, config, wish, stack)

    with libraries_quiet():
        clocks.run(main, virtual=False, on_left_behind=lambda: None)


async def _session(clock: Clock, log: EventLog, config: Config, wish: Wish, stack: AsyncExitStack) -> None:
    wanted = Wanted(config.camera.width, config.camera.height, config.camera.rate, config.look.rate)
    camera = open_camera(config.camera.address, clock, wanted)
    microphone = open_microphone(config.microphone.address, clock)
    keeping = Keeping(clock, log, config)
    stack.push_async_callback(keeping.close)
    log.subscribe(keeping.event)
    see: list[Callable[[VideoFrame], None]] = [keeping.frame]
    hear: list[Callable[[AudioChunk], None]] = [keeping.sound]
    shows = _Shows(clock, wish.console) if wish.console and wish.preview else None
    if shows:
        see.append(shows.preview.frame)
        hear.append(shows.preview.sound)
    seen, heard = _Tapped(camera, see), _Tapped(microphone, hear)
    about = {"title": wish.title, "camera": shown(config.camera.address), "microphone": config.microphone.address}
    models = Models(config)
    if not wish.answers:

        async def tell(what: str, told: str) -> None:
            log.emit("fault", turn=0, what=what, told=told)

        clock.restart()
        await keeping.begin(wish.record, tell)
        if shows:
            await stack.enter_async_context(shows.drawn())
        async with Senses(clock, log, models.ears(), LookSettings()).perceive(seen, heard, about, tell) as said:
            async for _ in said:
                pass
        return
    with wish.console.status("loading the models ...") if wish.console else nullcontext():
        await clock.run("load", models.load)
    mind = models.backend(clock, config.ask, log)
    stack.push_async_callback(mind.close)
    speaker = open_speaker(config.speaker.address, clock, models.voice.rate, patient=True)
    stack.push_async_callback(speaker.close)
    session = Session(clock, log, models.parts(mind, speaker, config.ask, keeping))
    clock.restart()
    await keeping.begin(wish.record, session.tell)
    if shows:
        await stack.enter_async_context(shows.drawn())
    await session.run(seen, heard, about)


@dataclass(frozen=True, slots=True)
class _Tapped(Generic[T]):
    """A source whose items others see too, in the thread that reads it; they must neither block nor raise."""

    source: Iterable[T | Opened]
    taps: Sequence[Callable[[T], None]]

    def __iter__(self) -> Iterator[T | Opened]:
        items = iter(self.source)
        try:
            for item in items:
                if not isinstance(item, Opened):
                    for tap in self.taps:
                        tap(item)
                yield item
        finally:
            if close := getattr(items, "close", None):
                close()


@asynccontextmanager
async def _until_told() -> AsyncIterator[None]:
    """Ctrl-C and SIGTERM end what is inside, as its proper end."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task
    told = False

    def end() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    with suppress(NotImplementedError):  # Windows: Ctrl-C comes as KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        task.uncancel()


class _Shows:
    """The preview, drawn below the timeline again and again."""

    def __init__(self, clock: Clock, console: Console) -> None:
        from glasses.preview import Preview

        self._clock = clock
        self._console = console
        self.preview = Preview()

    @asynccontextmanager
    async def drawn(self) -> AsyncIterator[None]:
        """Draws while it is entered."""
        from rich.live import Live as Display

        with Display(console=self._console, auto_refresh=False, transient=True) as display:
            drawing = asyncio.ensure_future(self._draw(display))
            try:
                yield
            finally:
                drawing.cancel()

    async def _draw(self, display: Display) -> None:
        while True:
            display.update(self.preview.render(self._clock.now()), refresh=True)
            await self._clock.sleep_until(self._clock.now() + _PREVIEW_EVERY)
