"""Sound to stretches of speech: counts samples, has no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from pipeline.listen.floor import Floor
from pipeline.listen.transcriber import RATE
from pipeline.listen.voice_activity import BLOCK, VoiceActivity
from pipeline.types import AudioChunk, Samples, read_only

GAP = 0.05
"""Seconds. A jump in the sound's times beyond this is a gap; less is rounding, in a container or a driver."""

_CUT_SEARCH = 5.0
"""Seconds at the end of a segment that grew too long, in which the quietest place to cut it is looked for."""


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """When speech begins and ends.

    The hint is what pauses our own voice, and so has to be quick. Behind the echo canceller, in four rooms, people who
    spoke over the voice were suspected after 0.12 s (median, at most 0.23) by one block at 0.2 and after 0.19 s (0.35)
    by two at 0.5; both paused for nothing in at most one of ten answers, and neither in four minutes of kitchen noise.

    One silent block is a pause where it is as quiet as the room: so 93 of 112 orders are transcribed 32 ms earlier (96
    of 143 pieces of them over a kitchen 10 dB below, 142 of 144 short questions by made voices), and understood as
    before, 362 values for 361 (290 for 288). Any one silent block would cut off the end of last words.
    """

    onset: float = 0.5  # probability from which sound is taken for speech
    offset: float = 0.35  # probability below which speech is taken for silence
    hint: float = 0.2  # probability of an onset, in one block: what an echo canceller leaves of a voice is unclear
    relief: float = 0.128  # seconds without a hint after which it was a false one
    patience: float = 0.5  # seconds after which hints that became nothing are a noise, however long it lasts
    min_speech: float = 0.16  # seconds of speech in a row that begin one; less is a click or a cough
    pause: float = 0.064  # seconds of silence from which it may have ended
    quiet_pause: float = 0.032  # the same, of a silence as quiet as the room
    resume: float = 0.096  # seconds of speech in a row after a pause with which it goes on; less is a breath
    end_silence: float = 0.7  # seconds of silence that end it, where nobody knows better
    pre_roll: float = 0.3  # seconds kept before the first voiced sample: soft consonants
    tail: float = 0.2  # seconds kept after the last
    max_segment: float = 28.0  # seconds; Whisper hears 30 at most


@dataclass(frozen=True, slots=True)
class Onset:
    """Somebody may have begun to speak."""

    t: float  # by when that was suspected, seconds


@dataclass(frozen=True, slots=True)
class FalseOnset:
    """It was a click or a cough."""

    t: float  # by when that was clear, seconds


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak."""

    t: float  # first voiced sample, seconds


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, with a little silence around it."""

    t_start: float  # first voiced sample, seconds
    t_end: float  # last voiced sample, seconds
    samples: Samples  # from the pre-roll to the tail, 16 kHz
    t: float  # of the first of the samples, seconds


@dataclass(frozen=True, slots=True)
class Paused:
    """Whoever spoke is silent: for a moment, or for good."""

    segment: Segment  # all so far


@dataclass(frozen=True, slots=True)
class Resumed:
    """It was only a pause."""

    t: float  # by when that was clear, seconds


Speech = Onset | FalseOnset | SpeechStarted | Paused | Resumed | Segment
"""What a stream of sound has to tell: after an onset, a stretch of speech starts if it was no false one, pauses and
resumes any number of times, and ends."""


@dataclass(frozen=True, slots=True)
class _Block:
    t: float
    samples: Samples
    probability: float
    quiet: bool  # as the room is

    @property
    def t_end(self) -> float:
        return self.t + len(self.samples) / RATE


class Segmenter:
    """Finds the utterances in a stream of sound. One object a stream."""

    def __init__(self, vad: VoiceActivity, settings: SegmenterSettings) -> None:
        self._vad = vad
        self._settings = settings
        self._floor = Floor()
        self._rest = self._rest_judged = np.zeros(0, np.int16)  # samples that don't fill a block yet
        self._t_rest = 0.0  # when the first of them sounded
        self._before: deque[_Block] = deque()  # while nobody speaks: the pre-roll and a possible beginning
        self._run = 0  # of those, the blocks at the end that are speech
        self._lull = 0  # and the blocks at the end that don't even hint at it
        self._suspected: float | None = None  # since when there may be an onset, seconds; infinite: there was none
        self._speech: list[_Block] = []  # while somebody speaks: the pre-roll and all since
        self._t_start = 0.0
        self._t_end = 0.0  # of the last voiced block
        self._paused: Paused | None = None
        self._resuming = 0  # blocks of speech in a row since the pause
        self._patience = settings.end_silence  # seconds of silence that end this stretch

    @property
    def wanting(self) -> int:
        """Samples until the next block is whole: with fewer nothing happens."""
        return BLOCK - len(self._rest)

    @property
    def begun(self) -> bool:
        """Whether somebody speaks, or may have begun to."""
        return bool(self._speech) or (self._suspected is not None and self._suspected < inf)

    def feed(self, chunk: AudioChunk, judged: Samples | None = None) -> Iterator[Speech]:
        """Take the next sound, of any length, mono int16 at 16 kHz; what begins and ends with it.

        `judged` is the same sound as it is to be judged, where that is another: with more of our own voice gone than
        is good for the words. A gap before the chunk ends the utterance: what is missing might have been silence.
        """
        t_next = self._t_rest + len(self._rest) / RATE
        if abs(chunk.t - t_next) > GAP:
            yield from self.finish()
            self._t_rest = chunk.t
        elif not len(self._rest):
            self._t_rest = chunk.t
        self._rest = np.concatenate([self._rest, chunk.samples])
        self._rest_judged = np.concatenate([self._rest_judged, chunk.samples if judged is None else judged])
        while len(self._rest) >= BLOCK:
            block, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            sounds, self._rest_judged = self._rest_judged[:BLOCK], self._rest_judged[BLOCK:]
            yield from self._judge(block, sounds)
            self._t_rest += BLOCK / RATE

    def finish(self) -> Iterator[Speech]:
        """The sound is over, which ends the utterance too."""
        if len(self._rest):
            yield from self._judge(self._rest, self._rest_judged)
        if self._speech:
            yield self._end()
        self._rest = self._rest_judged = np.zeros(0, np.int16)
        self._clear()
        self._vad.reset()

    def wait(self, paused: Paused, seconds: float) -> None:
        """Let this pause end the stretch after so many seconds of silence, unless speech has gone on meanwhile."""
        if self._paused is paused and self._patience:  # whoever hurries it is not made to wait
            self._patience = seconds

    def hurry(self) -> None:
        """Somebody says that this was all: what is being said ends with the next block."""
        if self._speech:
            self._patience = 0.0

    def forget(self, before: float) -> Iterator[Speech]:
        """What sounded before that time was none of it, such as a wake word; what is left may begin anew."""
        kept = [block for block in (*self._before, *self._speech) if block.t >= before]
        self._clear()
        for block in kept:
            yield from self._take(block)

    def _clear(self) -> None:
        self._before.clear()
        self._run, self._suspected = 0, None
        self._speech = []
        self._listen()

    def _listen(self) -> None:
        """No pause is known of."""
        self._paused, self._resuming, self._patience = None, 0, self._settings.end_silence

    def _judge(self, samples: Samples, judged: Samples) -> Iterator[Speech]:
        whole = judged if len(judged) == BLOCK else np.pad(judged, (0, BLOCK - len(judged)))
        yield from self._take(_Block(self._t_rest, samples, self._vad.probability(whole), self._floor.quiet(whole)))

    def _take(self, block: _Block) -> Iterator[Speech]:
        if self._speech:
            yield from self._go_on(block)
        else:
            yield from self._await(block)

    def _await(self, block: _Block) -> Iterator[Speech]:
        """Nobody speaks so far."""
        self._before.append(block)
        threshold = self._settings.offset if self._run else self._settings.onset
        self._run = self._run + 1 if block.probability >= threshold else 0
        self._lull = 0 if block.probability >= self._settings.hint else self._lull + 1
        yield from self._suspect(block)
        if self._run * BLOCK >= self._settings.min_speech * RATE:
            self._speech = list(self._before)
            self._t_start = self._before[-self._run].t
            self._t_end = block.t_end
            self._before.clear()
            self._run, self._suspected = 0, None
            yield SpeechStarted(self._t_start)
        while len(self._before) > self._run + self._settings.pre_roll * RATE / BLOCK:
            self._before.popleft()

    def _suspect(self, block: _Block) -> Iterator[Speech]:
        """Whether somebody may be about to speak. What was taken for that in vain has to end before it is again."""
        relieved = self._lull * BLOCK >= self._settings.relief * RATE
        if self._suspected is None:
            if not self._lull:
                self._suspected = block.t_end
                yield Onset(block.t_end)
        elif self._suspected < inf and (relieved or block.t_end - self._suspected >= self._settings.patience):
            self._suspected = None if relieved else inf
            yield FalseOnset(block.t_end)
        elif relieved:
            self._suspected = None

    def _go_on(self, block: _Block) -> Iterator[Speech]:
        """Somebody speaks, or has just stopped."""
        self._speech.append(block)
        silence = round(block.t - self._t_end, 6)  # before it; two blocks are 0.064 s, whatever sums of floats say
        if block.probability >= self._settings.offset:
            self._t_end = block.t_end
            self._resuming += 1
            if not self._patience:
                yield self._end()
                return
            brief = 0.0 < silence < self._settings.pause  # the closure of a consonant, whose sound belongs to the words
            if self._paused and (brief or self._resuming * BLOCK >= self._settings.resume * RATE):
                self._listen()
                yield Resumed(block.t_end)
        else:
            self._resuming = 0
            silence = round(block.t_end - self._t_end, 6)
            least = self._settings.quiet_pause if block.quiet else self._settings.pause
            if not self._paused and silence >= least:
                self._paused = Paused(self._so_far())
                yield self._paused
            if silence >= self._patience:
                yield self._end()
                return
        if block.t_end - self._speech[0].t >= self._settings.max_segment:
            yield from self._cut()

    def so_far(self, paused: Paused) -> Segment:
        """The stretch that is paused, with what has been silent since; as it was where speech has gone on."""
        return self._so_far() if self._paused is paused else paused.segment

    @property
    def _tail_end(self) -> float:
        return self._t_end + self._settings.tail

    def _so_far(self) -> Segment:
        samples = np.concatenate([block.samples for block in self._speech if block.t < self._tail_end])
        return Segment(self._t_start, self._t_end, read_only(samples), self._speech[0].t)

    def _end(self) -> Segment:
        segment = self._so_far()
        self._listen()
        # What follows the tail may be the pre-roll of the next utterance.
        self._before.extend(block for block in self._speech if block.t >= self._tail_end)
        self._speech = []
        return segment

    def _cut(self) -> Iterator[Speech]:
        """Somebody speaks longer than a segment may be: cut where they most likely draw breath."""
        earliest = max(1, len(self._speech) - int(_CUT_SEARCH * RATE / BLOCK))
        place = min(range(earliest, len(self._speech)), key=lambda n: self._speech[n].probability)
        voiced = [block for block in self._speech[place:] if block.probability >= self._settings.offset]
        if not voiced:  # it was ending anyway
            yield self._end()
            return
        first, second = self._speech[:place], self._speech[place:]
        self._speech = first
        self._t_end = min(self._t_end, first[-1].t_end)
        yield self._end()
        self._before.clear()
        self._speech = second
        self._t_start, self._t_end = voiced[0].t, voiced[-1].t_end
        yield SpeechStarted(self._t_start)
