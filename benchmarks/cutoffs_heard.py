"""What is heard in the clips of `benchmarks.cutoffs`; kept on disk, since hearing it takes some ten minutes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import hearing_sounds
from benchmarks.cutoffs_sounds import Clip, Kind, chances, hesitations, pauses, room_tone
from glasses import weights
from pipeline.listen.end_of_turn import Adaptive, Evidence, gather
from pipeline.listen.smart_turn import SmartTurn
from pipeline.listen.transcriber import Transcript
from pipeline.listen.voice_activity import SileroVad
from pipeline.listen.whisper import Whisper
from pipeline.types import Samples, Word


@dataclass(frozen=True, slots=True)
class Asked:
    """One pause in which a decider is asked."""

    t_last: float  # end of the last voiced block, seconds in the clip
    length: float  # seconds until it is known that speech goes on; infinite if it does not
    heard: Transcript  # the words so far
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Case:
    """One clip: its pauses in their order, the last being the end."""

    file: str
    kind: Kind
    cut: float  # seconds; where the hesitation begins, infinite if there is none
    asked: tuple[Asked, ...]


class Ears:
    """The product's recogniser, its word times by faster-whisper's alignment, and Smart Turn if `smart_turn` is given.

    `cache` is a folder for what was heard before; the same sound is heard once.
    """

    def __init__(self, model: str, smart_turn: Path | None, cache: Path) -> None:
        self._weights = weights.whisper(model)
        self._vad = SileroVad(weights.silero())
        self._whisper: Whisper | None = None
        self._aligner: Any = None
        self._smart = SmartTurn(smart_turn) if smart_turn else None
        self._file = cache / f"cutoffs-{model.replace('/', '-')}.json"
        self._known: dict[str, Any] = json.loads(self._file.read_text("utf-8")) if self._file.is_file() else {}

    def cases(self, path: Path, each: int) -> Iterator[Case]:
        """The clips made of one recording, with up to `each` hesitations of a kind; none if nobody speaks in it."""
        samples = hearing_sounds.read(path)
        judged = chances(samples, self._vad)
        clips = [(Clip(path.name, "natural", samples), judged)]
        tone = room_tone(samples, judged)
        if tone is not None:
            let_in = hesitations(path.name, samples, self._words(samples), tone, each)
            clips += [(clip, chances(clip.samples, self._vad)) for clip in let_in]
        for clip, judged in clips:
            asked = []
            for pause in pauses(clip.samples, judged):
                heard = self._transcript(pause.early)
                evidence = gather(heard, Adaptive(self if self._smart else None).listen(pause.sound))
                asked.append(Asked(pause.t_last, pause.length, heard, evidence))
            if asked:
                yield Case(clip.file, clip.kind, clip.cut, tuple(asked))

    def save(self) -> None:
        """Keep what is known."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._known, ensure_ascii=False), encoding="utf-8")

    def _transcript(self, sound: Samples) -> Transcript:
        key = _key("heard", sound)
        if key not in self._known:
            self._whisper = self._whisper or Whisper(self._weights, "en")
            heard = self._whisper.transcribe(sound)
            self._known[key] = [heard.text, heard.confidence, heard.reason]
        text, confidence, reason = self._known[key]
        return Transcript(text, confidence, "en", reason)

    def complete(self, sound: Samples) -> float:
        """As `TurnModel.complete`: Smart Turn, with a memory."""
        assert self._smart
        key = _key("smart turn", sound)
        if key not in self._known:
            self._known[key] = self._smart.complete(sound)
        return float(self._known[key])

    def _words(self, samples: Samples) -> list[Word]:
        """Every word of a whole recording, and when it is said."""
        key = _key("words", samples)
        if key not in self._known:
            if self._aligner is None:
                from faster_whisper import WhisperModel

                folder = str(self._weights)
                self._aligner = WhisperModel(folder, device="cpu", compute_type="int8", local_files_only=True)
            sound = samples.astype(np.float32) / np.float32(32768)
            parts, _ = self._aligner.transcribe(sound, language="en", temperature=0.0, word_timestamps=True)
            self._known[key] = [[word.word.strip(), word.start, word.end] for part in parts for word in part.words]
        return [Word(*word) for word in self._known[key]]


def _key(what: str, sound: Samples) -> str:
    return f"{what} {hashlib.blake2b(sound.tobytes(), digest_size=12).hexdigest()}"
