"""The event log: stamped, rounded, one JSON object a line."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.channel import Channel
from pipeline.errors import GlassesError
from pipeline.events import EventLog, current_turn, from_lines, to_line
from pipeline.types import Event


class At:
    def __init__(self, t: float) -> None:
        self.t = t

    def now(self) -> float:
        return self.t


def test_an_event_is_one_line_and_comes_back_whole() -> None:
    event = Event(3.214, 17, 1, "heard", {"text": "Où est-ce\u2028?", "t_end": 2.5})
    line = to_line(event)
    assert line.startswith('{"t": 3.214, "seq": 17, "turn": 1, "kind": "heard", "data": {')
    assert "\n" not in line
    assert list(from_lines([line, "", "\n"])) == [event]


def test_events_are_numbered_rounded_and_carry_the_turn_of_their_task() -> None:
    seen: list[Event] = []
    log = EventLog(At(1 / 3))
    log.subscribe(seen.append)
    log.emit("speech.started", turn=0, t_start=2 / 3)
    token = current_turn.set(4)
    log.emit("looked", ages=[1 / 7], scores=({"a": 1 / 9},))
    current_turn.reset(token)
    assert seen == [
        Event(0.3333, 0, 0, "speech.started", {"t_start": 0.6667}),
        Event(0.3333, 1, 4, "looked", {"ages": [0.1429], "scores": [{"a": 0.1111}]}),
    ]


@pytest.mark.parametrize("line", ["{", "[]", '{"t": 1}', '{"t": "x", "seq": 1, "turn": 1, "kind": "a", "data": {}}'])
def test_a_line_that_is_no_event_is_named(line: str) -> None:
    with pytest.raises(GlassesError, match=r"log\.jsonl, line 1: not an event"):
        list(from_lines([line], where="log.jsonl"))


def test_a_full_channel_makes_its_sender_wait_and_loses_nothing() -> None:
    async def main() -> list[int]:
        channel: Channel[int] = Channel(2)
        sent: list[int] = []

        async def send() -> None:
            for n in range(6):
                await channel.send(n)
                sent.append(n)
            channel.close()

        task = asyncio.ensure_future(send())
        for _ in range(10):
            await asyncio.sleep(0)
        assert sent == [0, 1]
        received = [n async for n in channel]
        await task
        return received

    assert asyncio.run(main()) == [0, 1, 2, 3, 4, 5]


def test_a_full_channel_can_be_closed_at_once() -> None:
    async def main() -> list[int]:
        channel: Channel[int] = Channel(1)
        await channel.send(1)
        channel.close()
        return [n async for n in channel]

    assert asyncio.run(main()) == [1]
