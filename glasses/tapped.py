"""A camera or a microphone that others see and hear too: the recorder, the preview, what watches the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.errors import DeviceLost, GlassesError
from pipeline.sources import Back, Lost, News, iterated
from pipeline.types import Opened

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tapped(Generic[T]):
    """A device whose items others see too, in the thread that reads it; they must neither block nor raise.

    A driver that raises what nobody expects has lost its device, and is tried again as any other.
    """

    source: Iterable[T | News]
    taps: Sequence[Callable[[T], None]]
    lost: Callable[[str], DeviceLost]

    def __iter__(self) -> Iterator[T | News]:
        try:
            with iterated(self.source) as items:
                for item in items:
                    if not isinstance(item, Opened | Lost | Back):
                        for tap in self.taps:
                            tap(item)
                    yield item
        except GlassesError:
            raise
        except Exception as error:
            raise self.lost(f"the driver failed: {type(error).__name__}: {error}") from error
