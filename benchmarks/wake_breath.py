"""Questions in one breath with the wake word, for `benchmarks.wake`: is the word heard, and what of both is understood?

People's "Alexa" with somebody else's order right behind it, and all words with a question behind them by made voices,
which run on without a comma. Heard as in the product, up to Whisper's transcript; where its first words differ from
those of the question, something of the word was left in front of it, or its own first word went with the word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks import hearing_sounds as sounds
from benchmarks import wake_speech as made
from benchmarks.hearing_words import normal
from glasses import weights
from pipeline.listen.segmenter import Segment, Segmenter, SegmenterSettings
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK, SileroVad
from pipeline.listen.wake import WORDS, MicroWakeWord
from pipeline.listen.whisper import Whisper
from pipeline.types import AudioChunk, Samples

PAUSES = (0.05, 0.15)
"""Seconds between people's word and the order."""

QUESTIONS = ("what does the sign say?", "is the light green?", "read this to me.", "how much is it?")

JOINTS = {"with a comma": ", ", "without a comma": " "}

_FIRST = 3
"""Words of a transcript among which the question's first must be: what is left of a wake word is one or two."""


@dataclass(frozen=True, slots=True)
class Breath:
    """One wake word with a question behind it."""

    word: str
    sound: str  # who says it, and how
    woke: bool
    left: bool  # something of the word stands before the question
    lost: bool  # the question lacks its first word


class Hearing:
    """The product's ears, for one wake word after the other."""

    def __init__(self) -> None:
        self._vad = SileroVad(weights.silero())
        self._whisper = Whisper(weights.whisper("base"), "en")

    def text(self, samples: Samples, detector: MicroWakeWord | None = None) -> str | None:
        """What is understood first, behind the wake word if there is a detector for one; None if it did not wake."""
        segmenter, woke = Segmenter(self._vad, SegmenterSettings()), False
        found: list[object] = []
        for start in range(0, len(samples), BLOCK):
            chunk = AudioChunk(start / RATE, samples[start : start + BLOCK], RATE)
            found.extend(segmenter.feed(chunk))
            for woken in detector.feed(chunk) if detector else ():
                found, woke = list(segmenter.forget(woken.t_end)), True
        found.extend(segmenter.finish())
        if detector and not woke:
            return None
        return next((self._whisper.transcribe(one.samples).text for one in found if isinstance(one, Segment)), "")

    def breath(self, detector: MicroWakeWord, sound: str, samples: Samples, question: str) -> Breath:
        """What becomes of `samples`, the word and a `question` that is understood so without it."""
        detector.reset()
        text = self.text(samples, detector)
        return Breath(detector.word, sound, text is not None, *compared(text or "", question))


def compared(text: str, question: str) -> tuple[bool, bool]:
    """Whether there is something before the first word of `question` in `text`, and whether that word is missing."""
    heard, wanted = normal(text).split(), normal(question).split()
    if not wanted or heard[:1] == wanted[:1]:
        return False, False
    return wanted[0] in heard[1:_FIRST], bool(heard) and heard[:1] == wanted[1:2]


def people(hearing: Hearing, wake: Path, speech: Path) -> Iterator[Breath]:
    """Everybody's "Alexa" with an order behind it."""
    detector, room = MicroWakeWord("alexa"), made.quiet(1.5)
    orders = cycle(sorted(set(speech.glob("*.flac")) - {speech / sounds.NOISE}))
    for file, order in zip(sorted(wake.glob("*.flac")), orders, strict=False):
        word = np.concatenate([room, sounds.read(file), room])
        end, talk = made.word_ends(word), sounds.utterances(sounds.read(order))
        if end is None or not talk:
            continue
        said = made.as_loud(talk[0].samples[round((talk[0].t_start - talk[0].t) * RATE) :], sounds.read(file))
        question = hearing.text(np.concatenate([room, said, room])) or ""
        for pause in PAUSES:
            samples = np.concatenate([word[: round(end * RATE)], made.quiet(pause), said, room])
            yield hearing.breath(detector, f"people, an order {pause} s behind it", samples, question)


def voices(hearing: Hearing) -> Iterator[Breath]:
    """Every word with a question by every made voice, near."""
    cast, questions = made.voices(), cycle(QUESTIONS)
    for word in WORDS:
        detector = MicroWakeWord(word)
        for how, joint in JOINTS.items():
            for voice, question in zip(cast, questions, strict=False):
                said = voice.say(made.SPOKEN[word].rstrip(".") + joint + question)
                yield hearing.breath(detector, f"{voice.family}, {how}", made.placed(said, "near"), question)


def rows(breaths: list[Breath]) -> Iterator[dict[str, str]]:
    """As cells by their heads."""
    for word, sound in dict.fromkeys((one.word, one.sound) for one in breaths):
        these = [one for one in breaths if (one.word, one.sound) == (word, sound)]
        woke = [one for one in these if one.woke]
        yield {
            "word": word,
            "sound": sound,
            "missed": f"{len(these) - len(woke)} of {len(these)}",
            "some of it left": f"{sum(one.left for one in woke)} of {len(woke)}",
            "first word lost": f"{sum(one.lost for one in woke)} of {len(woke)}",
        }
