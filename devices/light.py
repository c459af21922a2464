"""The light that says that somebody may be seen or heard: it shows as long as a camera or a microphone is open.

It belongs to the devices. Whatever reads one gets it from `devices.registry`, behind a `Shown`, which lights the light
before it opens the device and puts it out behind its end: there is no way to capture in the dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Condition
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from pipeline.errors import DeviceLost, GlassesError

T = TypeVar("T")


class Lamp(Protocol):
    """Something that shines, for one thread at a time."""

    def on(self) -> None:
        """Shine. Raises GlassesError, with the remedy, if it can't."""
        ...

    def off(self) -> None:
        """Shine no more, and let go of what it needs."""
        ...


@runtime_checkable
class Dims(Lamp, Protocol):
    """A lamp that can be dark for a moment without letting go of what it needs: one that winks."""

    def dim(self, dark: bool) -> None:
        """Be dark, or shine again, while it is on. Never raises."""
        ...


class Light:
    """Counts what is open, and lets a lamp shine as long as anything is. For any thread."""

    def __init__(self, lamp: Lamp, told: Callable[[tuple[str, ...]], None] = lambda names: None) -> None:
        """`told` is called with the names of what is open at each change, in the thread that opened or closed it."""
        self._lamp = lamp
        self._told = told
        self._open: list[str] = []
        self._winks: Literal["dark", "lit", ""] = ""  # what it is for a moment, instead of what it would be
        self._changed = Condition()

    @property
    def open(self) -> tuple[str, ...]:
        """The names of what is open, each as often as it is."""
        with self._changed:
            return tuple(self._open)

    @contextmanager
    def shown(self, name: str) -> Iterator[None]:
        """Shine while `name` is open. Raises GlassesError if the lamp can't: then nothing may be opened."""
        with self._changed:
            if not self._open:
                self._end_wink()
                self._lamp.on()
            self._change(self._open.append, name)
        try:
            yield
        finally:
            with self._changed:
                self._change(self._open.remove, name)
                if not self._open:
                    self._winks = ""
                    self._lamp.off()

    def wink(self, winks: bool) -> None:
        """Be the opposite of what it is, or no longer: for a moment, to say that something is missing. Never raises."""
        with self._changed:
            self._end_wink()
            if winks and self._open and isinstance(self._lamp, Dims):
                self._lamp.dim(dark=True)
                self._winks = "dark"
            elif winks and not self._open:
                with suppress(GlassesError):
                    self._lamp.on()
                    self._winks = "lit"

    def _end_wink(self) -> None:
        if self._winks == "dark" and isinstance(self._lamp, Dims):
            self._lamp.dim(dark=False)
        elif self._winks == "lit":
            self._lamp.off()
        self._winks = ""

    def dark(self, seconds: float) -> bool:
        """Wait until nothing is open, at most so many seconds; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, seconds)

    def _change(self, change: Callable[[str], None], name: str) -> None:
        change(name)
        self._changed.notify_all()
        self._told(tuple(self._open))  # under the lock: who is told in another order would show what is past


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """A device that is only open while the light shows: each iteration lights it, and puts it out at its end."""

    source: Iterable[T]
    light: Light
    name: str  # camera, microphone
    lost: Callable[..., DeviceLost]

    def __iter__(self) -> Iterator[T]:
        """As `source`. Raises `lost` if the light can't be lit."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self.light.shown(self.name))
            except GlassesError as error:
                raise self.lost(
                    f"the light can't be lit, so the {self.name} stays closed: {error}",
                    told=f"The light can't be lit, so the {self.name} stays closed.",
                ) from error
            yield from self.source  # closed with this one, before the light goes out
