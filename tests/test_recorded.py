"""A session that is only recorded, as timelines: what ends it, and what its button does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest

from glasses.recorded import Pressed, until_over
from pipeline import clock as clocks
from pipeline.buttons import LONG, ButtonEvent, ButtonReleased
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.errors import GlassesError
from pipeline.events import EventLog
from pipeline.listen.listener import Ears
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.look.choice import LookSettings
from pipeline.privacy import Privacy
from pipeline.senses import Senses
from pipeline.types import Event
from tests import timeline
from tests.test_buttons import Device
from tests.timeline import FREE, LoudnessVad, Timeline, of

END = 12.0


@dataclass
class Recorded:
    """What came of it."""

    events: list[Event] = field(default_factory=list)
    past: list[str] = field(default_factory=list)  # of the camera
    over: float = 0.0  # when it ended, seconds


def recorded(*presses: tuple[float, float], full: float | None = None, closes: bool = True) -> Recorded:
    """A recording of 12 s whose button is pressed then; at `full` the disk is. Opened anew, its camera goes on."""
    day, result = Timeline(end=END).says(1.0, 2.0, "Shall we go?"), Recorded()
    camera = Device(list(day.frames()), presses[-1][0] + LONG if presses else 0.0)

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(result.events.append)

        async def tell(what: str, told: str) -> None:
            log.emit("fault", turn=0, what=what, told="")

        failed = asyncio.Event()
        if full is not None:
            asyncio.get_running_loop().call_at(full, failed.set)
        privacy = Privacy(clock, lambda seconds: closes and camera.shut.wait(seconds))
        senses = Senses(clock, log, Ears(Segmenter(LoudnessVad(), SegmenterSettings())), LookSettings())
        button = timeline.Pressed(clock, list(presses))
        async with senses.perceive(camera, None, {}, tell, privacy) as said:
            await until_over(clock, log, said, Pressed(button, privacy, tell), failed)
        result.over = clock.now()

    clocks.run(main, virtual=True, costs=fixed(FREE))
    result.past = camera.past
    return result


def states(events: list[Event]) -> list[str]:
    return [event.data["state"] for event in of(events, "privacy")]


def test_it_lasts_as_long_as_there_is_something_to_be_seen() -> None:
    assert recorded().over == pytest.approx(END, abs=0.2)


def test_a_double_tap_ends_it_and_a_tap_does_not() -> None:
    assert recorded((2.0, 2.1)).over == pytest.approx(END, abs=0.2)
    assert recorded((2.0, 2.1), (5.0, 5.1), (5.3, 5.4)).over == pytest.approx(5.3)


def test_a_long_press_closes_the_camera_while_it_is_still_held_and_the_next_opens_it_again() -> None:
    result = recorded((2.0, 5.0), (7.0, 9.5))
    assert result.past == ["opened", "closed", "opened", "closed"]
    assert [round(event.t, 1) for event in of(result.events, "privacy")] == [4.0, 9.0]
    assert states(result.events) == ["on", "off"]
    assert of(result.events, "session.ended")[0].data["frames"] == pytest.approx(10 * (4.0 + END - 9.0), abs=2)


def test_a_camera_that_does_not_close_is_told() -> None:
    (fault,) = of(recorded((2.0, 4.5), (6.0, 8.5), closes=False).events, "fault")
    assert "still open after 3 s: unplug them" in fault.data["what"]


def test_it_ends_where_nothing_can_be_kept_any_more() -> None:
    assert recorded(full=3.0).over == pytest.approx(3.0, abs=0.1)


def test_what_a_button_raises_ends_it() -> None:
    class Broken:
        async def __aiter__(self) -> AsyncGenerator[ButtonEvent, None]:
            raise GlassesError("the button was unplugged")
            yield ButtonReleased(0.0)

    async def main(clock: Clock) -> None:
        async def tell(what: str, told: str) -> None:
            raise AssertionError(what)

        async def nothing() -> AsyncGenerator[object, None]:
            await asyncio.Event().wait()
            yield ButtonReleased(0.0)

        pressed = Pressed(Broken(), Privacy(clock), tell)
        await until_over(clock, EventLog(clock), nothing(), pressed, asyncio.Event())

    with pytest.raises(GlassesError, match="unplugged"):
        clocks.run(main, virtual=True)
