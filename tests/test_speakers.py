"""Speakers: what is heard, when, and what is left of it in the file."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import time
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from devices import portaudio
from devices.registry import open_speaker
from devices.resampling import resampled
from devices.speaker_card import SoundCard, play_file
from devices.speaker_feed import Playing
from devices.speaker_none import NoSpeaker
from devices.speaker_wav import WavSpeaker
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, SpeakerLost, UsageError
from pipeline.speak.speaker import Speaker
from pipeline.types import Samples, SpeechChunk, read_only
from tests.sound import RATE, Ears, SoundSystem, ears, look_for_cards_again, sound_system

__all__ = ["ears", "sound_system"]
T = TypeVar("T")


def tone(seconds: float, *, rate: int = RATE, pitch: float = 440.0) -> Samples:
    t = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * pitch * t)).astype(np.int16)


def chunk(seconds: float, *, turn: int = 1, rate: int = RATE) -> SpeechChunk:
    return SpeechChunk(turn, 0.0, tone(seconds, rate=rate), rate, "la")


def read(path: Path) -> tuple[int, Samples]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def replay(main: Callable[[Clock], Awaitable[T]]) -> T:
    return clocks.run(main, virtual=True)


def test_chunks_sound_one_behind_the_other() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        assert await speaker.play(chunk(0.2)) == 0.0
        assert await speaker.play(chunk(0.2)) == 0.2
        await speaker.drain()
        assert clock.now() == pytest.approx(0.4)
        await clock.sleep_until(2.0)
        assert await speaker.play(chunk(0.2)) == pytest.approx(2.0)

    replay(main)


def test_play_returns_when_half_a_second_is_still_ahead() -> None:
    async def main(clock: Clock) -> list[float]:
        speaker = NoSpeaker(clock)
        returned = []
        for _ in range(4):
            await speaker.play(chunk(1.0))
            returned.append(clock.now())
        return returned

    assert replay(main) == pytest.approx([0.0, 0.5, 1.5, 2.5])


def test_flush_says_how_much_was_really_heard() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        await speaker.play(chunk(0.2))
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.75)
        assert speaker.flush() == pytest.approx(0.75)
        assert speaker.flush() == 0.0
        assert await speaker.play(chunk(0.2)) == pytest.approx(0.75)  # at once: nothing is left of what was queued

    replay(main)


def test_pauses_between_chunks_do_not_count_as_heard() -> None:
    async def main(clock: Clock) -> float:
        speaker = NoSpeaker(clock)
        await speaker.play(chunk(0.5))
        await clock.sleep_until(3.0)
        await speaker.play(chunk(0.5))
        await clock.sleep_until(3.25)
        return speaker.flush()

    assert replay(main) == pytest.approx(0.75)


def test_a_pause_holds_what_is_queued_and_says_when_it_goes_on() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        await speaker.play(chunk(0.2))
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.75)
        assert speaker.pause() == pytest.approx(0.75)
        await clock.sleep_until(5.0)
        assert speaker.pause() == pytest.approx(0.75)  # twice is as once
        assert speaker.resume() == 5.0
        assert speaker.resume() == 5.0
        await clock.sleep_until(5.1)
        assert speaker.pause() == pytest.approx(0.85)
        await clock.sleep_until(6.0)
        speaker.resume()
        await speaker.drain()
        assert clock.now() == pytest.approx(6.35)

    replay(main)


def test_play_and_drain_wait_for_the_end_of_a_pause() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.2)
        speaker.pause()
        waiting = asyncio.ensure_future(speaker.play(chunk(0.1)))
        await clock.sleep_until(3.0)
        assert not waiting.done()
        speaker.resume()
        assert await waiting == pytest.approx(3.8)
        assert clock.now() == pytest.approx(3.3)  # half a second before
        draining = asyncio.ensure_future(speaker.drain())
        await clock.sleep_until(3.7)
        speaker.pause()
        await clock.sleep_until(9.0)
        assert not draining.done()
        speaker.resume()
        await draining
        assert clock.now() == pytest.approx(9.2)

    replay(main)


def test_a_pause_before_the_first_word_holds_it_back() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        assert speaker.pause() == 0.0
        waiting = asyncio.ensure_future(speaker.play(chunk(0.1)))
        await clock.sleep_until(2.0)
        assert speaker.resume() == 2.0
        assert await waiting == 2.0

    replay(main)


def test_what_is_paused_can_be_dropped_and_the_next_plays_at_once() -> None:
    async def main(clock: Clock) -> None:
        speaker = NoSpeaker(clock)
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.25)
        speaker.pause()
        await clock.sleep_until(2.0)
        assert speaker.flush() == 0.25
        assert await speaker.play(chunk(0.1)) == 2.0
        await speaker.drain()
        assert clock.now() == pytest.approx(2.1)

    replay(main)


def test_what_a_card_has_taken_and_not_sounded_is_handed_over_again_after_a_pause() -> None:
    playing = Playing()
    playing.put(read_only(np.arange(600, dtype=np.int16)))
    playing.put(read_only(np.arange(600, 1000, dtype=np.int16)))
    assert playing.take(700, 1.0, 1000).tolist() == list(range(700))
    assert playing.heard(1.5, 1000) == 500
    assert playing.pause(1.5, 1000)
    assert len(playing.take(700, 1.5, 1000)) == 0
    playing.paused = False
    assert playing.take(700, 3.0, 1000).tolist() == list(range(450, 1000)), "and a moment more than that"
    assert playing.time(450, 0.0, 1000) == pytest.approx(3.0)
    assert not playing.pause(4.0, 1000), "it was all heard"
    playing.paused = False
    assert playing.waiting == 0


def test_the_file_is_silent_while_the_answer_is_paused(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/answer.wav", clock, RATE)
        await speaker.play(chunk(0.5))
        await speaker.play(chunk(0.5))
        for pause, end in ((0.2, 0.5), (1.0, 3.0)):
            await clock.sleep_until(pause)
            speaker.pause()
            await clock.sleep_until(end)
            speaker.resume()
        await speaker.drain()
        assert clock.now() == pytest.approx(3.3)
        speaker.pause()  # there is nothing to pause
        await clock.sleep_until(5.0)
        speaker.resume()
        await speaker.close()

    replay(main)
    sound = np.concatenate([tone(0.5), tone(0.5)])
    first, second = round(0.2 * RATE), round(0.7 * RATE)
    silence = [np.zeros(round(seconds * RATE), np.int16) for seconds in (0.3, 2.0)]
    expected = [sound[:first], silence[0], sound[first:second], silence[1], sound[second:]]
    assert np.array_equal(read(tmp_path / "answer.wav")[1], np.concatenate(expected))


def test_the_file_ends_where_a_paused_answer_was_given_up(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/answer.wav", clock, RATE)
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.4)
        speaker.pause()
        await clock.sleep_until(2.0)
        assert speaker.flush() == 0.4
        await speaker.close()

    replay(main)
    assert np.array_equal(read(tmp_path / "answer.wav")[1], tone(1.0)[: round(0.4 * RATE)])


def test_the_file_holds_the_heard_sound_with_a_pause_between_turns(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/new/folder/answer.wav", clock, RATE)
        for turn in (1, 2):
            await speaker.play(chunk(0.25, turn=turn))
            await speaker.play(chunk(0.5, turn=turn))
            await speaker.drain()
        await speaker.close()

    replay(main)
    rate, sound = read(tmp_path / "new" / "folder" / "answer.wav")
    answer = np.concatenate([tone(0.25), tone(0.5)])
    assert rate == RATE
    assert np.array_equal(sound, np.concatenate([answer, np.zeros(round(0.4 * RATE), np.int16), answer]))


def test_the_file_ends_where_the_answer_was_interrupted(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/answer.wav", clock, RATE)
        await speaker.play(chunk(1.0))
        await clock.sleep_until(0.4)
        assert speaker.flush() == 0.4
        await speaker.close()

    replay(main)
    assert np.array_equal(read(tmp_path / "answer.wav")[1], tone(1.0)[: round(0.4 * RATE)])


def test_the_file_is_valid_at_every_moment(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/answer.wav", clock, RATE)
        assert len(read(tmp_path / "answer.wav")[1]) == 0
        await speaker.play(chunk(0.5))
        await speaker.drain()
        assert len(read(tmp_path / "answer.wav")[1]) == round(0.5 * RATE)
        await speaker.play(chunk(0.5))
        try:
            raise RuntimeError("the session died")
        finally:
            await speaker.close()

    with pytest.raises(RuntimeError, match="died"):
        replay(main)
    assert len(read(tmp_path / "answer.wav")[1]) == round(0.5 * RATE)


def test_a_voice_at_another_rate_is_resampled_for_the_file(tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker = open_speaker(f"wav:{tmp_path}/answer.wav", clock, RATE)
        await speaker.play(chunk(1.0, rate=16_000))
        await speaker.drain()
        await speaker.close()

    replay(main)
    rate, sound = read(tmp_path / "answer.wav")
    assert rate == RATE
    assert len(sound) == pytest.approx(RATE, abs=50)
    assert strongest_pitch(sound, RATE) == pytest.approx(440, abs=3)


def test_resampling_nothing_gives_nothing() -> None:
    assert len(resampled(np.zeros(0, np.int16), 16_000, RATE)) == 0


def test_a_file_that_cannot_be_written_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    async def main(clock: Clock) -> None:
        open_speaker(f"wav:{tmp_path}/file/answer.wav", clock, RATE)

    with pytest.raises(GlassesError, match=r"answer\.wav.*choose another file"):
        replay(main)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_with_a_remedy() -> None:
    async def main(clock: Clock) -> None:
        open_speaker("wav:/dev/full", clock, RATE)

    with pytest.raises(GlassesError, match=f"{os.strerror(errno.ENOSPC)}; make room"):
        replay(main)


@pytest.mark.parametrize("address", ["", "wav", "wav:", "loud", "default:7", "none:1", "card", "card: "])
def test_an_unknown_address_is_wrong_use(address: str) -> None:
    async def main(clock: Clock) -> None:
        open_speaker(address, clock, RATE)

    with pytest.raises(UsageError, match=r"no speaker '|needs a (file|name)"):
        replay(main)


def test_the_sound_card_plays_all_of_it_when_it_says(ears: Ears) -> None:
    async def main(clock: Clock) -> list[float]:
        zero = time.monotonic() - clock.now()
        speaker = open_speaker("default", clock, RATE)
        ears.listen()
        starts = [await speaker.play(chunk(0.4)), await speaker.play(chunk(0.2))]
        await speaker.drain()
        await clock.sleep_until(clock.now() + 0.3)
        starts.append(await speaker.play(chunk(0.2)))
        await speaker.drain()
        await speaker.close()
        return [zero + start - ears.began for start in starts]

    first, second, third = clocks.run(main, virtual=False)
    bursts = bursts_in(ears.heard())
    assert [end - start for start, end in bursts] == pytest.approx([0.6, 0.2], abs=0.06)
    assert second - first == pytest.approx(0.4, abs=0.03)
    assert bursts[1][0] - bursts[0][0] == pytest.approx(third - first, abs=0.06)
    assert bursts[0][0] == pytest.approx(first, abs=0.25)


def test_the_sound_card_falls_silent_at_once_and_says_what_was_heard(ears: Ears) -> None:
    async def main(clock: Clock) -> float:
        speaker = SoundCard(clock, RATE)
        ears.listen()
        start = await speaker.play(chunk(2.0))
        await clock.sleep_until(start + 0.5)
        heard = speaker.flush()
        assert clock.now() < start + 0.8
        await clock.sleep_until(clock.now() + 0.3)
        await speaker.play(chunk(0.3))
        await speaker.drain()
        assert speaker.flush() == 0.0
        await speaker.close()
        return heard

    heard = clocks.run(main, virtual=False)
    lengths = [end - start for start, end in bursts_in(ears.heard())]
    assert heard == pytest.approx(0.5, abs=0.1)
    assert lengths == pytest.approx([heard, 0.3], abs=0.1)


def test_the_sound_card_is_silent_within_60_ms_of_a_pause_and_goes_on_where_it_stopped(ears: Ears) -> None:
    rising = np.arange(1, round(1.5 * RATE) + 1)
    samples = (1000 + rising * 20_000 // len(rising)).astype(np.int16)  # each says where it lies in the whole

    async def main(clock: Clock) -> tuple[float, float, float, float]:
        speaker = SoundCard(clock, RATE)
        ears.listen()
        zero = time.monotonic() - clock.now() - ears.began
        start = await speaker.play(SpeechChunk(1, 0.0, samples, RATE, "la"))
        await clock.sleep_until(start + 0.5)
        heard, paused = speaker.pause(), clock.now()
        assert speaker.pause() == heard
        await clock.sleep_until(clock.now() + 0.6)
        goes_on = speaker.resume()
        await speaker.drain()
        assert speaker.flush() == 0.0
        await speaker.close()
        return heard, zero + start, zero + paused, zero + goes_on

    heard, start, paused, goes_on = clocks.run(main, virtual=False)
    sound = ears.heard()
    (first, silent), (again, end) = bursts_in(sound)
    late = first - start  # of the monitor and of our knowledge of when it began
    assert heard == pytest.approx(paused - start - 0.05, abs=0.02)  # from where it goes on
    assert silent < paused + late + 0.06
    assert again == pytest.approx(goes_on + late, abs=0.06)
    before, after = sound[round((silent - 0.05) * RATE)], sound[round((again + 0.05) * RATE)]
    repeated = (before - after) / 20_000 * 1.5 + 0.1  # seconds
    assert -0.005 < repeated < 0.1, "a moment may be doubled, and none is lost"
    assert end - again == pytest.approx(1.5 - heard, abs=0.06)


def test_a_paused_sound_card_can_be_flushed_and_plays_the_next_at_once(ears: Ears) -> None:
    async def main(clock: Clock) -> float:
        speaker = SoundCard(clock, RATE)
        ears.listen()
        start = await speaker.play(chunk(2.0))
        await clock.sleep_until(start + 0.4)
        heard = speaker.pause()
        waiting = asyncio.ensure_future(speaker.play(chunk(0.2)))
        await clock.sleep_until(clock.now() + 0.4)
        assert not waiting.done()
        waiting.cancel()
        assert speaker.flush() == heard
        await speaker.play(chunk(0.3))
        await speaker.drain()
        await speaker.close()
        return heard

    heard = clocks.run(main, virtual=False)
    assert [end - start for start, end in bursts_in(ears.heard())] == pytest.approx([heard, 0.3], abs=0.06)


def test_a_waiting_play_ends_when_the_sound_card_is_flushed(ears: Ears) -> None:
    async def main(clock: Clock) -> None:
        speaker = SoundCard(clock, RATE)
        await speaker.play(chunk(5.0))
        waiting = asyncio.ensure_future(speaker.play(chunk(1.0)))
        await clock.sleep_until(clock.now() + 0.1)
        waiting.cancel()
        speaker.flush()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await speaker.drain()
        assert clock.now() < 3
        await speaker.close()

    clocks.run(main, virtual=False)


def test_sound_is_played_and_kept_at_the_same_time(ears: Ears, tmp_path: Path) -> None:
    async def main(clock: Clock) -> None:
        speaker: Speaker = WavSpeaker(SoundCard(clock, RATE), tmp_path / "answer.wav", RATE)
        ears.listen()
        await speaker.play(chunk(0.3))
        await speaker.drain()
        await speaker.close()

    clocks.run(main, virtual=False)
    assert np.array_equal(read(tmp_path / "answer.wav")[1], tone(0.3))
    assert [end - start for start, end in bursts_in(ears.heard())] == pytest.approx([0.3], abs=0.06)


def test_a_speaker_whose_sound_server_ends_is_lost_and_back_with_the_next_answer(sound_system: SoundSystem) -> None:
    async def main(clock: Clock) -> float:
        speaker = open_speaker("default", clock, RATE)
        sound_system.ears.listen()
        start = await speaker.play(chunk(2.0))
        await clock.sleep_until(start + 0.5)
        sound_system.ears.stop()
        sound_system.kill()
        with pytest.raises(SpeakerLost, match="takes no more sound"):
            await speaker.drain()
        heard = speaker.flush()
        with pytest.raises(SpeakerLost, match=r"--speaker none"):
            await speaker.play(chunk(0.3))
        assert speaker.flush() == 0.0
        sound_system.start()
        sound_system.ears.listen()
        await speaker.play(chunk(0.3))
        await speaker.drain()
        await speaker.close()
        return heard

    heard = clocks.run(main, virtual=False)
    assert 0.4 < heard < 1.0  # it is seen when the card has played what it holds
    assert [end - start for start, end in bursts_in(sound_system.ears.heard())] == pytest.approx([0.3], abs=0.06)


def test_a_patient_speaker_waits_for_its_card(sound_system: SoundSystem) -> None:
    sound_system.kill()
    look_for_cards_again()

    async def main(clock: Clock) -> None:
        with pytest.raises(GlassesError, match=r"no sound card|sound card 'default'"):
            open_speaker("default", clock, RATE)
        speaker = open_speaker("default", clock, RATE, patient=True)
        with pytest.raises(SpeakerLost):
            await speaker.play(chunk(0.2))
        assert speaker.flush() == 0.0
        sound_system.start()
        await speaker.play(chunk(0.2))
        await speaker.drain()
        assert speaker.flush() == 0.0
        await speaker.close()

    clocks.run(main, virtual=False)


def test_a_sound_server_that_hangs_keeps_nobody_waiting_but_the_answer(sound_system: SoundSystem) -> None:
    async def main(clock: Clock) -> None:
        speaker = SoundCard(clock, RATE)
        sound_system.ears.listen()
        start = await speaker.play(chunk(3.0))
        await clock.sleep_until(start + 0.3)
        sound_system.hang()
        with pytest.raises(SpeakerLost, match="still waiting"):
            await speaker.drain()
        before = clock.now()
        assert speaker.flush() > 0.2
        assert clock.now() - before < 0.1  # where it hangs, it is not in the loop
        sound_system.hang(False)
        await speaker.play(chunk(0.2))
        await speaker.drain()
        await speaker.close()

    clocks.run(main, virtual=False)


def test_closing_waits_a_moment_at_most_for_a_sound_server_that_hangs(sound_system: SoundSystem) -> None:
    async def main(clock: Clock) -> float:
        speaker = SoundCard(clock, RATE)
        await speaker.play(chunk(3.0))
        sound_system.hang()
        speaker.flush()  # Ctrl-C in an answer: it opens the card anew, and hangs
        before = clock.now()
        await speaker.close()
        waited = clock.now() - before
        sound_system.hang(False)
        return waited

    assert clocks.run(main, virtual=False) == pytest.approx(0.3, abs=0.25)


def test_looking_for_cards_again_disturbs_no_answer_and_an_idle_speaker_comes_back(sound_system: SoundSystem) -> None:
    async def main(clock: Clock) -> None:
        speaker = SoundCard(clock, RATE)
        sound_system.plug_in("desk_usb", "card")
        await speaker.play(chunk(0.5))
        assert not portaudio.rescan()
        assert "desk_usb" not in {device.name for device in portaudio.devices("output")}
        await speaker.drain()
        assert portaudio.rescan()
        sound_system.ears.listen()
        await speaker.play(chunk(0.3))
        named = open_speaker("card:desk", clock, RATE)
        await speaker.drain()
        await clock.sleep_until(clock.now() + 0.3)
        await named.play(chunk(0.2))
        await named.drain()
        await speaker.close()
        await named.close()

    clocks.run(main, virtual=False)
    assert [end - start for start, end in bursts_in(sound_system.ears.heard())] == pytest.approx([0.3, 0.2], abs=0.06)


def test_a_file_is_played_afterwards(ears: Ears, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "answer.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone(0.3).tobytes())
    ears.listen()
    play_file(tmp_path / "answer.wav")
    sound = ears.heard()
    assert [end - start for start, end in bursts_in(sound)] == pytest.approx([0.3], abs=0.06)
    assert strongest_pitch(sound, RATE) == pytest.approx(440, abs=5)


def test_playing_what_is_no_sound_says_so(ears: Ears, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for name in ("empty.wav", "missing.wav"):
        with pytest.raises(GlassesError, match=f"can't play .*{name}"):
            play_file(tmp_path / name)


OPEN = (
    "from pipeline import clock, errors\nfrom devices.registry import open_speaker\n"
    "async def main(c): open_speaker('default', c, 22050)\n"
    "try: clock.run(main, virtual=False)\nexcept errors.GlassesError as error: print(error)\n"
)


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_system_without_a_sound_card_is_told_what_to_do() -> None:
    said = run_python(OPEN)
    if not said:
        pytest.skip("this system has a sound card")
    assert said.startswith("no sound card that plays")
    assert said.count("\n") == 1


def test_a_system_without_portaudio_is_told_the_one_line() -> None:
    without = "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    assert "sudo apt install libportaudio2" in run_python(without + OPEN)


def bursts_in(sound: Samples) -> list[tuple[float, float]]:
    """Start and end, in seconds, of each stretch of sound. Shorter silence is a machine with too much else to do."""
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 500)
    if not len(loud):
        return []
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 0.15 * RATE) + 1)
    return [(group[0] / RATE, (group[-1] + 1) / RATE) for group in groups]


def strongest_pitch(sound: Samples, rate: int) -> float:
    """Hertz."""
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound))
