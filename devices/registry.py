"""Drivers by short address: what stands before the first colon names the driver, an entry point of some package.

Entry points are in the groups `glasses.cameras`, `glasses.microphones`, `glasses.speakers`, `glasses.buttons` and
`glasses.lights`; ours are in pyproject.toml, and anybody's package may add more. A driver that can't be loaded never
breaks the others. No camera and no microphone is opened here without the light.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal, Protocol

from devices.camera_turned import turned
from devices.light import Lamp, Light, Shown
from pipeline.brought import brought, on_offer
from pipeline.errors import CameraLost, GlassesError, MicrophoneLost, UsageError

if TYPE_CHECKING:
    from pipeline.buttons import Button
    from pipeline.clock import Clock
    from pipeline.sources import News
    from pipeline.speak.speaker import Speaker
    from pipeline.types import AudioChunk, VideoFrame

_NETWORK = ("http", "https", "mms", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")
"""Schemes whose addresses may hold a password, though their slashes were forgotten."""

_HOST = r"(?:[\w.-]*|\[[\w:.%-]*\])(?::\d*)?"
"""A host and its port, and no password."""

_SECRET = (
    r"([\w-]*(?:pass|pwd|psw|secret|token|key|user|usr|login|auth)[\w-]*)(?:=|%3d)(?:(?!%26)[^&;])*"  # to the next one
)
"""What cheap cameras want in the path: user=admin&password=1234&channel=1."""

Kind = Literal["camera", "microphone", "speaker", "button", "light"]

KINDS: tuple[Kind, ...] = ("camera", "microphone", "speaker", "button", "light")


@dataclass(frozen=True, slots=True)
class Found:
    """A device that is there now."""

    address: str  # to type
    description: str  # for people


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a camera; it may give something else, and says so."""

    width: int = 1280  # pixels
    height: int = 720  # pixels
    rate: float = 30.0  # frames a second that it takes
    looked_at: float = 15.0  # frames a second of those that are decoded and delivered
    rotation: int = 0  # degrees clockwise by which its pictures are turned: 0, 90, 180 or 270
    asking: Callable[[], bool] = lambda: False  # whether somebody asks just now: time to meter and focus. Never waits
    pace: Callable[[], float] = lambda: inf  # frames a second that will do just now, where that is less. Never waits


class CameraDriver(Protocol):
    """A kind of camera."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def find(self) -> Iterable[Found]:
        """What is there now. Raises GlassesError, with the remedy, where it can't work on this machine."""
        ...

    def open(self, address: str, clock: Clock, wanted: Wanted) -> Iterable[VideoFrame | News]:
        """A source as in pipeline/sources.py: opens the camera when iterated, and anew each time.

        Raises UsageError if the address is malformed. That there is no such camera is CameraLost, when iterated.
        """
        ...


class MicrophoneDriver(Protocol):
    """A kind of microphone."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def find(self) -> Iterable[Found]:
        """As of a CameraDriver."""
        ...

    def open(self, address: str, clock: Clock) -> Iterable[AudioChunk | News]:
        """A source of mono sound at 16 kHz; as of a CameraDriver, and MicrophoneLost."""
        ...


class SpeakerDriver(Protocol):
    """A kind of speaker."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def find(self) -> Iterable[Found]:
        """As of a CameraDriver."""
        ...

    def open(self, address: str, clock: Clock, rate: int, *, patient: bool = False) -> Speaker:
        """A speaker for sound at `rate` samples per second (the voice's); other rates are resampled.

        Raises UsageError if the address is malformed, GlassesError where the device or file can't be opened. With
        `patient`, a device that may come later is no error: `play` raises SpeakerLost until it is there.
        """
        ...


class ButtonDriver(Protocol):
    """A kind of button."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def find(self) -> Iterable[Found]:
        """As of a CameraDriver."""
        ...

    def open(self, address: str, clock: Clock) -> Button:
        """Something to press, as in pipeline/buttons.py.

        Raises UsageError if the address is malformed or there is no such button.
        """
        ...


class LightDriver(Protocol):
    """A kind of light."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def find(self) -> Iterable[Found]:
        """As of a CameraDriver."""
        ...

    def open(self, address: str) -> Lamp:
        """Something that shines when told to: until then nothing is opened.

        Raises UsageError if the address is malformed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A driver and what it finds."""

    kind: Kind
    name: str
    forms: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    trouble: str = ""  # why it can't be used, with the remedy


def shown(address: str) -> str:
    """`address` without what may be secret in it; what is no network's is shown as it is.

    Of a network's address: scheme, host and port, and the path without its secrets. A query is only said to be there.
    """
    scheme, colon, rest = address.partition(":")
    if not rest.startswith("//") and scheme.lower() not in _NETWORK:
        return address
    host, path = _split(rest.removeprefix("//"))
    plain = re.fullmatch(_HOST, host) is not None
    path, query, _ = masked(path).partition("?") if plain else (masked(path), "", "")
    # Up to the last @: a password that should have been escaped may hold a slash, or another @.
    host, path = _split(f"{host}{path}".rpartition("@")[2])
    path, late_query, _ = path.partition("?")
    host = host if re.fullmatch(_HOST, host) else "…"
    return f"{scheme}{colon}//{host}{path.partition('#')[0]}{'?…' if query or late_query else ''}"


def masked(path: str) -> str:
    """The path of an address without the values of what is called a password, a user or the like."""
    return re.sub(_SECRET, r"\1=…", path, flags=re.IGNORECASE)


def _split(place: str) -> tuple[str, str]:
    """Host and path, of an address without its scheme."""
    end = next((at for at, letter in enumerate(place) if letter in "/?#"), len(place))
    return place[:end], place[end:]


def open_camera(address: str, clock: Clock, wanted: Wanted, light: Light) -> Iterable[VideoFrame | News]:
    """The camera at `address`, whose light shows whenever it is open.

    Raises UsageError for an unknown address, GlassesError if its driver can't be loaded.
    """
    driver: CameraDriver = _driver("camera", address)
    return Shown(turned(driver.open(address, clock, wanted), wanted.rotation), light, "camera", CameraLost)


def open_microphone(address: str, clock: Clock, light: Light) -> Iterable[AudioChunk | News]:
    """The microphone at `address`, whose light shows whenever it is open. Raises as `open_camera`."""
    driver: MicrophoneDriver = _driver("microphone", address)
    return Shown(driver.open(address, clock), light, "microphone", MicrophoneLost)


def open_speaker(address: str, clock: Clock, rate: int, *, patient: bool = False) -> Speaker:
    """The speaker at `address`. Raises as `open_camera`, and GlassesError where the device or file can't be opened.

    With `patient`, as a live session wants it, a device that is not there is no error yet: `play` raises SpeakerLost.
    """
    driver: SpeakerDriver = _driver("speaker", address)
    return driver.open(address, clock, rate, patient=patient)


def open_button(address: str, clock: Clock) -> Button:
    """The button at `address`. Raises as `open_camera`, and UsageError where there is no such button."""
    driver: ButtonDriver = _driver("button", address)
    return driver.open(address, clock)


def open_light(address: str, told: Callable[[tuple[str, ...]], None] = lambda names: None) -> Light:
    """The light at `address`, for the cameras and microphones that it is handed to; `told` as for a Light.

    Raises as `open_camera`.
    """
    driver: LightDriver = _driver("light", address)
    return Light(driver.open(address), told)


def listing() -> Iterator[Listed]:
    """Every driver that some package brings, with the devices it finds or the reason why it can't be used."""
    for kind in KINDS:
        for name in on_offer(kind):
            try:
                driver: Any = brought(kind, name)
                yield Listed(kind, name, tuple(driver.forms), tuple(driver.find()))
            except Exception as error:  # noqa: BLE001 - one broken driver must not hide the others
                what = str(error) if isinstance(error, GlassesError) else f"{type(error).__name__}: {error}"
                yield Listed(kind, name, trouble=what)


def _driver(kind: Kind, address: str) -> Any:
    name, colon, _ = address.partition(":")
    driver = brought(kind, name)
    if driver is None:
        known = f"an address begins with {', '.join(on_offer(kind))}; `glasses devices` lists what is there"
        # Perhaps a scheme was forgotten, and a password is in front of the host.
        what = shown(address) if "//" in address or "@" not in address else f"…@{address.rpartition('@')[2]}"
        raise UsageError(f"no {kind} '{what}': {known}")
    if colon and not any(":" in form for form in driver.forms):
        raise UsageError(f"no {kind} '{shown(address)}': it is just '{name}'")
    return driver
