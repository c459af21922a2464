"""A sound card's microphone on a real PortAudio and PulseAudio: what arrives, when, and what happens when it goes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from devices.microphone_card import CardMicrophone, _Block, _Hearing, _Inbox, _whole
from devices.registry import open_light, open_microphone, open_speaker
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import MicrophoneLost, SpeakerLost, UsageError
from pipeline.listen.segmenter import GAP
from pipeline.sources import Back, Lost, News, follow
from pipeline.types import AudioChunk, Opened, Samples, SpeechChunk
from tests.sound import ROOM_RATE, Room, SoundSystem, room, sound_system

__all__ = ["room", "sound_system"]


def tone(seconds: float, pitch: float = 1000.0) -> Samples:
    t = np.arange(round(seconds * ROOM_RATE)) / ROOM_RATE
    return (8000 * np.sin(2 * np.pi * pitch * t)).astype(np.int16)


@dataclass
class Heard:
    """What a microphone gave, in the session's time."""

    chunks: list[AudioChunk] = field(default_factory=list)
    others: list[News] = field(default_factory=list)

    def take(self, item: AudioChunk | News) -> None:
        if isinstance(item, AudioChunk):
            self.chunks.append(item)
        else:
            self.others.append(item)

    @property
    def kinds(self) -> list[str]:
        return [type(other).__name__ for other in self.others]

    @property
    def gaps(self) -> list[float]:
        """Seconds missing."""
        jumps = [after.t - before.t_end for before, after in zip(self.chunks, self.chunks[1:], strict=False)]
        assert min(jumps, default=0.0) > -1e-6, "sound overlaps"
        return [jump for jump in jumps if jump > GAP]

    def loud(self) -> list[tuple[float, float]]:
        """Start and end of each stretch of sound, session seconds."""
        times = np.concatenate([chunk.t + np.arange(len(chunk.samples)) / chunk.rate for chunk in self.chunks])
        loud = times[np.abs(np.concatenate([chunk.samples for chunk in self.chunks]).astype(int)) > 1000]
        groups = np.split(loud, np.flatnonzero(np.diff(loud) > 0.1) + 1)
        return [(group[0], group[-1]) for group in groups if len(group)]


async def listening(clock: Clock, heard: Heard, address: str = "default") -> None:
    """Follow the microphone at `address` until cancelled."""
    source = open_microphone(address, clock, open_light("none"))
    items = follow(clock, lambda: source, lambda chunk: chunk.t_end, lambda why: MicrophoneLost(f"hangs: {why}"))
    async with aclosing(items):
        async for item in items:
            heard.take(item)


def live(story: Callable[[Clock, Heard], Awaitable[None]], address: str = "default") -> Heard:
    """What a microphone gives while a story happens."""
    heard = Heard()

    async def main(clock: Clock) -> None:
        listener = asyncio.ensure_future(listening(clock, heard, address))
        try:
            await story(clock, heard)
        finally:
            listener.cancel()
            await asyncio.wait([listener])

    clocks.run(main, virtual=False)
    return heard


async def until(clock: Clock, true: Callable[[], bool], seconds: float = 15.0) -> None:
    end = clock.now() + seconds
    while not true():
        assert clock.now() < end, "it never came to that"
        await clock.sleep_until(clock.now() + 0.02)


async def wait(clock: Clock, seconds: float) -> None:
    await clock.sleep_until(clock.now() + seconds)


def refusing(monkeypatch: pytest.MonkeyPatch, code: int, *, but: tuple[int, int] = (0, 0)) -> None:
    """A card that takes nothing, or nothing but a rate and channels; what it takes is real. PulseAudio takes all."""
    import sounddevice

    def check(**settings: Any) -> None:
        if (settings["samplerate"], settings["channels"]) != but:
            raise sounddevice.PortAudioError("Refused", code)
        real(**settings)

    real = sounddevice.check_input_settings
    monkeypatch.setattr(sounddevice, "check_input_settings", check)


@pytest.mark.parametrize("form", [(16_000, 1), (44_100, 1), (48_000, 2)])
def test_a_tone_arrives_with_its_pitch_level_and_time(
    room: Room, monkeypatch: pytest.MonkeyPatch, form: tuple[int, int]
) -> None:
    said: list[float] = []
    if form != (16_000, 1):
        refusing(monkeypatch, -9997, but=form)

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        for _ in range(2):
            said.append(room.say(tone(0.3)) - time.monotonic() + clock.now())
            await wait(clock, 0.8)

    heard = live(story)
    opened = heard.others[0]
    assert isinstance(opened, Opened)
    assert (opened.address, opened.asked) == ("default", {"rate": 16_000, "channels": 1})
    assert (opened.given["rate"], opened.given["channels"]) == form
    assert heard.kinds == ["Opened"]
    assert all(len(chunk.samples) == 160 and chunk.rate == 16_000 for chunk in heard.chunks)
    assert [start for start, _ in heard.loud()] == pytest.approx(said, abs=0.04)
    assert [end - start for start, end in heard.loud()] == pytest.approx([0.3, 0.3], abs=0.005)
    sound = np.concatenate([chunk.samples for chunk in heard.chunks])
    first = np.flatnonzero(np.abs(sound.astype(int)) > 1000)[0]
    steady = sound[first + 800 : first + 4000]
    assert np.argmax(np.abs(np.fft.rfft(steady))) * 16_000 / len(steady) == pytest.approx(1000, abs=6)
    assert np.abs(steady).max() == pytest.approx(8000, rel=0.02)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [(-9985, "another program uses the card"), (-9993, "the sound server running"), (-9997, "takes neither the rate")],
)
def test_a_card_that_refuses_is_said_with_the_remedy(
    room: Room, monkeypatch: pytest.MonkeyPatch, code: int, remedy: str
) -> None:
    refusing(monkeypatch, code)

    async def main(clock: Clock) -> None:
        with pytest.raises(MicrophoneLost, match=f"^sound card '.*{remedy}"):
            list(open_microphone("default", clock, open_light("none")))

    clocks.run(main, virtual=False)


def test_a_microphone_that_was_suspended_is_one_gap_and_hears_on(room: Room, sound_system: SoundSystem) -> None:
    said: list[float] = []

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        await wait(clock, 0.5)
        room.off = True
        sound_system.tell("suspend-source", "mic", "1")
        await wait(clock, 0.3)
        sound_system.tell("suspend-source", "mic", "0")
        room.off = False
        await until(clock, lambda: bool(heard.gaps))
        said.append(room.say(tone(0.3)) - time.monotonic() + clock.now())
        await until(clock, lambda: bool(heard.loud()) and heard.chunks[-1].t > said[0] + 0.5)

    heard = live(story)
    assert heard.kinds == ["Opened"]
    assert heard.gaps == pytest.approx([room.missed], abs=0.05)
    assert heard.loud()[0][0] == pytest.approx(said[0], abs=0.04)


def test_a_server_that_is_late_is_no_gap(room: Room, sound_system: SoundSystem) -> None:
    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        await wait(clock, 0.5)
        sound_system.hang()
        await wait(clock, 0.4)
        sound_system.hang(False)
        await wait(clock, 1.5)

    heard = live(story)
    assert heard.kinds == ["Opened"]
    assert heard.gaps == []


def test_a_sound_server_that_was_killed_and_restarted_is_lost_and_back(room: Room, sound_system: SoundSystem) -> None:
    said: list[float] = []

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        sound_system.kill()
        await until(clock, lambda: "Lost" in heard.kinds)
        sound_system.start()
        await until(clock, lambda: "Back" in heard.kinds)
        said.append(room.say(tone(0.3)) - time.monotonic() + clock.now())
        await wait(clock, 1.0)

    heard = live(story)
    assert heard.kinds[:2] == ["Opened", "Lost"]
    assert heard.kinds[-2:] == ["Opened", "Back"]
    assert len(heard.gaps) == 1
    assert heard.loud()[-1][0] == pytest.approx(said[0], abs=0.04)


def test_microphone_and_speaker_come_back_together(room: Room, sound_system: SoundSystem) -> None:
    async def story(clock: Clock, heard: Heard) -> None:
        speaker = open_speaker("default", clock, 16_000, patient=True)
        la = SpeechChunk(1, 0.0, tone(0.2), 16_000, "la")
        await until(clock, lambda: bool(heard.chunks))
        await speaker.play(la)
        await speaker.drain()
        sound_system.kill()
        await until(clock, lambda: "Lost" in heard.kinds)
        with pytest.raises(SpeakerLost):
            await speaker.play(la)
        assert speaker.flush() == 0.0
        sound_system.start()
        await until(clock, lambda: "Back" in heard.kinds)
        await speaker.play(la)
        await speaker.drain()
        await speaker.close()

    assert live(story).kinds[-1] == "Back"


def test_a_speaker_that_comes_later_is_found_for_one_short_gap_in_what_is_heard(
    room: Room, sound_system: SoundSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.microphone_card._REST", 3.0)
    said: list[float] = []
    la = SpeechChunk(1, 0.0, tone(0.2), 16_000, "la")

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        speaker = open_speaker("card:late", clock, 16_000, patient=True)
        with pytest.raises(SpeakerLost, match="no sound card 'late'"):  # for this, the microphone let go
            await speaker.play(la)
        rested_at = clock.now() + 3.0
        await until(clock, lambda: heard.kinds == ["Opened"] * 2)
        sound_system.plug_in("late_usb", "card")
        with pytest.raises(SpeakerLost, match="no sound card 'late'"):  # so soon, it does not again
            await speaker.play(la)
        await clock.sleep_until(rested_at)
        assert heard.kinds == ["Opened"] * 2
        await speaker.play(la)
        await speaker.drain()
        await until(clock, lambda: heard.kinds == ["Opened"] * 3)
        said.append(room.say(tone(0.3)) - time.monotonic() + clock.now())
        await until(clock, lambda: heard.chunks[-1].t > said[0] + 0.5)
        await speaker.close()

    heard = live(story)
    assert heard.kinds == ["Opened"] * 3, "never lost"
    assert max(heard.gaps, default=0.0) < 1.0
    assert heard.loud()[-1][0] == pytest.approx(said[0], abs=0.04)


def test_a_microphone_lets_go_for_a_speaker_at_growing_pauses() -> None:
    let_go: list[float] = []

    async def main(clock: Clock) -> None:
        microphone, inbox = CardMicrophone("default", "", clock), _Inbox(clock)
        assert not microphone._let_go(inbox, urgent=False)
        while clock.now() < 200:
            if microphone._let_go(inbox, urgent=True):
                let_go.append(clock.now())
            await clock.sleep_until(clock.now() + 1.0)

    clocks.run(main, virtual=True)
    assert let_go == pytest.approx([0, 5, 15, 35, 75, 135, 195], abs=0.01)


def test_a_sound_server_that_hangs_is_lost_and_back(room: Room, sound_system: SoundSystem) -> None:
    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        sound_system.hang()
        await until(clock, lambda: "Lost" in heard.kinds)
        sound_system.hang(False)
        await until(clock, lambda: "Back" in heard.kinds)

    heard = live(story)
    lost = heard.others[1]
    assert isinstance(lost, Lost)
    assert "gave nothing for 2 s" in str(lost.why)


def test_the_default_microphone_is_followed_when_another_becomes_it(room: Room, sound_system: SoundSystem) -> None:
    spare, said = Room(sound_system.pipe("spare")), []
    spare.off = True  # or it delivers at once what its pipe holds

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: bool(heard.chunks))
        sound_system.tell("set-default-source", "spare")
        spare.off = False
        await wait(clock, 1.5)
        said.append(spare.say(tone(0.3)) - time.monotonic() + clock.now())
        await wait(clock, 1.0)

    try:
        heard = live(story)
    finally:
        spare.close()
    assert heard.loud()[0][0] == pytest.approx(said[0], abs=0.04)


def test_a_muted_microphone_is_said_stays_open_and_is_back_when_it_sounds(
    room: Room, sound_system: SoundSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.microphone_card._MUTED", 1.0)
    sound_system.tell("set-source-mute", "mic", "1")
    said: list[float] = []

    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: "Lost" in heard.kinds)
        sound_system.tell("set-source-mute", "mic", "0")
        said.append(room.say(tone(0.3)) - time.monotonic() + clock.now())
        await until(clock, lambda: heard.chunks[-1].t > said[0] + 0.5)

    heard = live(story)
    assert heard.kinds == ["Opened", "Lost", "Back"]
    assert heard.gaps == []
    assert heard.loud()[0][0] == pytest.approx(said[0], abs=0.04)
    lost = heard.others[1]
    assert isinstance(lost, Lost)
    assert "gives only silence: is it muted?" in str(lost.why)
    assert lost.why.told == "I can't hear anything from the microphone."


@pytest.mark.parametrize("reopened", [False, True])
def test_silence_of_nothing_but_zeros_is_said_once_aloud_only_before_there_was_sound(reopened: bool) -> None:
    zeros, sound = np.zeros(1600, np.int16), np.ones(1600, np.int16)
    hearing, t = _Hearing("default", known=reopened), 0.0
    news: list[tuple[float, News]] = []
    for block, seconds in ((zeros, 30), (sound, 1), (zeros, 59), (sound, 1), (zeros, 99), (sound, 1)):
        for _ in range(seconds * 10):
            news += [(t, item) for item in hearing.news(block, 16_000)]
            t += 0.1
    assert [type(item) for _, item in news] == [Lost, Back, Lost, Back]
    assert [t for t, _ in news] == pytest.approx([10, 30, 151, 190], abs=0.15)
    assert [item.again for _, item in news if isinstance(item, Lost)] == [reopened, True]


def test_a_microphone_is_opened_by_part_of_its_name(room: Room, sound_system: SoundSystem) -> None:
    async def story(clock: Clock, heard: Heard) -> None:
        await until(clock, lambda: "Lost" in heard.kinds)
        sound_system.plug_in("headset_usb")
        await until(clock, lambda: bool(heard.chunks))

    heard = live(story, "card:HEADSET")
    lost = heard.others[0]
    assert isinstance(lost, Lost)
    assert "no sound card 'HEADSET' that hears; there is" in str(lost.why)
    assert "'default'" in str(lost.why)
    opened = heard.others[-2]
    assert isinstance(opened, Opened)
    assert opened.given["name"] == "headset_usb"


@pytest.mark.parametrize("address", ["card", "card:", "card: "])
def test_a_card_without_a_name_is_wrong_use(address: str) -> None:
    async def main(clock: Clock) -> None:
        open_microphone(address, clock, open_light("none"))

    with pytest.raises(UsageError, match="needs a name"):
        clocks.run(main, virtual=False)


def test_a_backlog_that_grows_too_long_loses_its_oldest_sound_as_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.microphone_card._BACKLOG", 1)
    block = np.ones((320, 1), np.int16)

    async def main(clock: Clock) -> None:
        inbox = _Inbox(clock)
        sound = inbox.sound(16_000, "card")
        for count in (1, 100, 1):
            for _ in range(count):
                inbox.take(block, len(block), None, None)
            if count == 1:
                read = next(sound)
        assert read.broken
        assert read.position == 53 * 320  # a second is left of what waited
        assert not next(sound).broken
        inbox.end()
        with pytest.raises(MicrophoneLost, match="'card' broke off"):
            list(sound)

    clocks.run(main, virtual=False)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_all_that_a_microphone_gave_before_it_was_lost_is_delivered(rate: int) -> None:
    block = np.full((rate // 50, 1), 2000, np.int16)
    heard = Heard()

    async def main(clock: Clock) -> None:
        inbox = _Inbox(clock)
        for begins, ends in ((0.0, 2.0), (2.5, 3.0)):  # too little behind the gap to be sure of it
            for n in range(round((ends - begins) / 0.02)):
                await clock.sleep_until(begins + (n + 1) * 0.02)
                inbox.take(block, len(block), None, None)
        inbox.end()
        with contextlib.suppress(MicrophoneLost):
            for item in CardMicrophone("default", "", clock)._chunks(rate, inbox, "card", _Hearing("card")):
                heard.take(item)

    clocks.run(main, virtual=True)
    assert heard.gaps == pytest.approx([0.5], abs=0.01)
    assert [t for stretch in heard.loud() for t in stretch] == pytest.approx([0.0, 2.0, 2.5, 3.0], abs=0.01)


def test_what_has_come_meanwhile_is_worked_on_together_but_for_where_sound_was_lost() -> None:
    def block(position: int, *, broken: bool = False) -> _Block:
        return _Block(position / 16_000, position, np.full(400, position, np.int16), broken)

    blocks = [block(400), block(800), block(1600, broken=True), block(2000), block(2400), block(2800)]
    ends = [[int(at) for at in dict.fromkeys(whole.samples)] for whole in _whole(blocks, 2400, 1600)]
    assert ends == [[400, 800], [1600, 2000, 2400], [2800]]
    assert [whole.broken for whole in _whole(blocks, 2400, 1600)] == [False, True, False]
    assert [len(whole.samples) for whole in _whole(blocks, None, 800)] == [800, 800, 800]
    assert list(_whole([], None, 1600)) == []
