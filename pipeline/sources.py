"""Following a camera or a microphone: its items at their times, reopened when it is lost.

A source is any iterable that opens its device anew each time it is iterated, blocks until the next item,
and raises DeviceLost when there is none to be had. One that just ends, such as a recording, is over. Between its
items it may say `Opened`, and `Lost` and `Back` where what it gives is worth nothing for a while.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from pipeline.clock import Clock
from pipeline.errors import DeviceLost, GlassesError
from pipeline.events import EventLog
from pipeline.types import Opened

T = TypeVar("T")

STALL = 3.0
"""Seconds without an item after which a source counts as lost. OpenCV's and PortAudio's own hiccups are shorter."""

_OPENING = 15.0
"""Seconds that opening may take until the first item; a network stream's may take ten."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
"""Seconds between attempts to reopen, doubled each time: soon enough for a plug that slipped."""

_STEADY = 10.0
"""Seconds that a source must deliver before its next loss is a new one, for the wearer and for the pauses."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing comes any more, for now."""

    why: GlassesError
    again: bool  # it had only just come back: the wearer knows


@dataclass(frozen=True, slots=True)
class Back:
    """It delivers again; the next item follows."""


News = Opened | Lost | Back
"""What becomes of a device."""

Tell = Callable[[str, str], Awaitable[None]]
"""Called with what the log and what the wearer should know of a fault."""


@contextmanager
def iterated(source: Iterable[T]) -> Iterator[Iterator[T]]:
    """Open `source`, and let go of it at the end, however that comes: for what stands between device and reader."""
    items = iter(source)
    try:
        yield items
    finally:
        if close := getattr(items, "close", None):
            close()


class Health:
    """Logs what becomes of a device, under its `name`, and tells the wearer once that it is lost."""

    def __init__(self, log: EventLog, name: str, tell: Tell) -> None:
        self._log = log
        self._name = name
        self._tell = tell

    async def note(self, item: News) -> None:
        """What `follow` gave besides the device's own items."""
        match item:
            case Opened():
                self._log.emit(f"{self._name}.opened", turn=0, address=item.address, asked=item.asked, given=item.given)
            case Lost(why, again):
                await self.lost(str(why), "" if again else why.told)
            case Back():
                self._log.emit(f"{self._name}.back", turn=0)

    async def lost(self, what: str, told: str) -> None:
        """It delivers nothing; `told` is empty where the wearer knows."""
        self._log.emit(f"{self._name}.lost", turn=0, what=what)
        if told:
            await self._tell(what, told)


async def follow(
    clock: Clock,
    source: Callable[[], Iterable[T | News]],
    due: Callable[[T], float],
    lost: Callable[[str], DeviceLost],
) -> AsyncGenerator[T | News, None]:
    """The items of `source()` as they become due, seconds of the session, and what happens to the source between.

    Each call of `source` must open it anew. `lost` makes the error for a source that stalls.
    What a source raises but DeviceLost is its end.
    """
    gone, back_at, pause = False, -_STEADY, _FIRST_PAUSE
    while True:
        try:
            async with aclosing(clock.feed(source())) as feed:
                patience = _OPENING
                while True:
                    try:
                        item = await clock.within(patience, anext(feed))
                    except StopAsyncIteration:
                        return
                    except TimeoutError:
                        raise lost(f"it gave nothing for {patience:.0f} s") from None
                    if isinstance(item, Opened | Lost | Back):
                        yield item
                        continue
                    t = due(item)
                    if not gone and t - clock.now() > patience:  # a recording in which it had been lost
                        await clock.sleep_until(clock.now() + patience)
                        yield Lost(lost(f"it gave nothing for {patience:.0f} s"), clock.now() - back_at < _STEADY)
                        gone = True
                    patience = STALL
                    await clock.sleep_until(t)
                    if gone:
                        gone, back_at = False, clock.now()
                        yield Back()
                    elif clock.now() - back_at > _STEADY:
                        pause = _FIRST_PAUSE
                    yield item
        except DeviceLost as error:
            if not gone:
                yield Lost(error, clock.now() - back_at < _STEADY)
            gone = True
        except Exception as error:  # noqa: BLE001 - a file that can't be read, a driver with a bug: whatever it is is said
            yield Lost(error if isinstance(error, GlassesError) else lost(f"{type(error).__name__}: {error}"), False)
            return
        await clock.sleep_until(clock.now() + pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
