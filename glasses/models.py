"""The models of a session, each loaded when it is first needed and then kept."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, cast

from glasses import weights
from glasses.config import read_keys
from glasses.egress import EgressLog
from glasses.memory import frugal
from glasses.settings import Ask, Config
from pipeline.clock import Clock
from pipeline.converse.attention import AttentionSettings
from pipeline.errors import GlassesError
from pipeline.listen.end_of_turn import Adaptive
from pipeline.listen.listener import Ears
from pipeline.listen.segmenter import Segmenter, SegmenterSettings
from pipeline.listen.transcriber import LocalTranscriber
from pipeline.listen.voice_activity import SileroVad
from pipeline.look.choice import LookSettings
from pipeline.parts import Parts
from pipeline.speak.mouth import Mouth
from pipeline.speak.reference import PlayedBefore, Reference
from pipeline.speak.voice import LocalVoice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.ask.backend import Backend
    from pipeline.ask.reach import Reach
    from pipeline.converse.attention import Start
    from pipeline.converse.orders import Keeper
    from pipeline.events import EventLog
    from pipeline.helpers.helped import Helpers
    from pipeline.listen.echo import Cleaned, EchoCanceller
    from pipeline.listen.end_of_turn import EndOfTurn
    from pipeline.listen.listener import Clean
    from pipeline.listen.wake import WakeWord
    from pipeline.listen.whisper import Whisper
    from pipeline.see.eyes import Eyes
    from pipeline.see.objects import Detector
    from pipeline.speak.speaker import Speaker
    from pipeline.speak.voice import Synthesiser
    from pipeline.types import AudioChunk


NEEDED = ("voice", "transcriber", "other_voices", "end_of_turn")
"""What every session needs of them, and first what can say that the others take long."""


class Models:
    """Ears, voice and eyes by configuration; several sessions may share them."""

    def __init__(self, config: Config) -> None:
        frugal()
        self._config = config

    @cached_property
    def transcriber(self) -> Whisper:
        """Speech recognition."""
        from pipeline.listen.whisper import Whisper

        settings = self._config.listen
        return Whisper(
            weights.whisper(settings.model, self._config.weights.folder),
            settings.language or None,
            hot_words=listed(settings.hot_words),
        )

    @cached_property
    def voice(self) -> Synthesiser:
        """Speech synthesis."""
        return self._voice(self._config.speak.voice)

    @cached_property
    def other_voices(self) -> tuple[Synthesiser, ...]:
        """Voices for questions in other languages."""
        return tuple(map(self._voice, listed(self._config.speak.voices)))

    def _voice(self, address: str) -> Synthesiser:
        from pipeline.speak.voices import voice_driver

        speed = self._config.speak.speed
        if driver := voice_driver(address):
            return driver.open(address, speed)
        from pipeline.speak.piper import Piper
        from pipeline.speak.speakable import speakable

        voice = Piper(weights.piper(address, self._config.weights.folder), speed=speed)
        speakable("Ready.", voice.language)  # the first answer would wait 0.03 s for what this imports
        return voice

    @cached_property
    def eyes(self) -> Eyes:
        """What sees without a network. Things are recognised once somebody asks for them, so it works without that."""
        from pipeline.see.eyes import Eyes

        eyes = Eyes(lambda: self.detector)
        eyes.load()
        return eyes

    @cached_property
    def end_of_turn(self) -> EndOfTurn | None:
        """What decides how long a silence ends a question; None for a fixed one."""
        if self._config.listen.end_of_turn == "fixed":
            return None
        from pipeline.listen.smart_turn import SmartTurn

        model = weights.smart_turn(self._config.weights.folder)
        return Adaptive(SmartTurn(model) if model else None)

    @cached_property
    def detector(self) -> Detector:
        """Object detection."""
        from pipeline.see.objects import Detector

        detector = Detector(weights.detector(self._config.weights.folder))
        detector.load()
        return detector

    def load(self, names: Sequence[str] = NEEDED) -> None:
        """Load what every session needs, or so much of it; blocks for seconds. From two threads not the same."""
        for name in names:
            getattr(self, name)

    def segmenter(self) -> Segmenter:
        """Voice activity, for one stream of sound."""
        settings = SegmenterSettings(end_silence=self._config.listen.end_silence)
        return Segmenter(SileroVad(weights.silero()), settings)

    def _wake_word(self) -> WakeWord | None:
        if self._config.start.how != "wake":
            return None
        from pipeline.listen.wake import MicroWakeWord

        return MicroWakeWord(self._config.start.wake_word)

    def parts(
        self,
        clock: Clock,
        backend: Backend,
        speaker: Speaker,
        ask: Ask,
        *,
        echoes: bool = False,
        keeper: Keeper | None = None,
        helpers: Helpers | None = None,
    ) -> Parts:
        """What a session is made of. `echoes`: the microphone may hear the speaker."""
        config = self._config
        played = Reference() if echoes else None
        clean = self.clean(played) if played else None
        speak, start = config.speak, config.start
        transcriber, voice = LocalTranscriber(clock, self.transcriber), LocalVoice(clock, self.voice)
        others = [LocalVoice(clock, other) for other in self.other_voices]
        return Parts(
            ears=Ears(self.segmenter(), self._wake_word(), clean),
            transcriber=helpers.hearing(transcriber) if helpers else transcriber,
            backend=backend,
            mouth=Mouth(
                clock,
                helpers.voice(voice) if helpers else voice,
                speaker,
                others,
                played=played if clean else None,
                volume=speak.volume,
                cues=speak.cues,
            ),
            look=LookSettings(max_age=config.look.max_age),
            keeper=keeper,
            mode=ask.mode,
            attention=AttentionSettings(cast("Start", start.how), start.name, start.awake, start.follow_up),
            end_of_turn=self.end_of_turn,
            helpers=helpers,
        )

    def clean(self, played: Reference | PlayedBefore) -> Clean | None:
        """Takes what is played out of what the microphone hears; None where that is not wanted."""
        if self._config.listen.echo == "off":
            return None
        canceller = self._canceller()

        def clean(near: AudioChunk) -> Cleaned:
            return canceller.cancel(near, played.between(near.t + canceller.lead, len(near.samples)))

        return clean

    def _canceller(self) -> EchoCanceller:
        """Raises GlassesError where echo cancellation is asked for and not there."""
        from pipeline.listen.echo import FullDuplex, HalfDuplex

        wanted = self._config.listen.echo
        if wanted == "half":
            return HalfDuplex()
        try:
            return FullDuplex()
        except GlassesError:
            if wanted == "cancel":
                raise
            return HalfDuplex()

    def backend(self, clock: Clock, settings: Ask, log: EventLog) -> Backend:
        """Who is asked, on the clock of one session; the session closes it. Raises UsageError for a wrong address."""
        from pipeline.ask.addresses import open_backend

        keys, on_sent = read_keys(os.environ), EgressLog(clock, log)
        guard = self._guard(clock, settings, log)
        reach = cast("Reach | None", settings.reach or None)

        def opened(address: str, reach: Reach | None) -> Backend:
            return open_backend(
                address,
                clock,
                keys,
                lambda: self.eyes,
                first_timeout=settings.first_timeout,
                next_timeout=settings.next_timeout,
                max_tokens=settings.max_tokens,
                reach=reach,
                hedge=settings.hedge or None,
                on_sent=on_sent,
                guard=guard,
                models=weights.user_folder(self._config.weights.folder),
            )

        mind = opened(settings.backend, reach)
        return _contemplating(clock, mind, settings, reach, opened, log)

    def _guard(self, clock: Clock, settings: Ask, log: EventLog) -> Callable[[Backend], Backend] | None:
        """What stands before every backend on another machine. Raises GlassesError if what it needs is not there."""
        blurring = _without_faces(clock, log) if settings.blur_faces else None
        if not settings.hints:
            return blurring
        hinting = _with_hints(clock, self.eyes, log)
        return (lambda backend: hinting(blurring(backend))) if blurring else hinting


def _with_hints(clock: Clock, eyes: Eyes, log: EventLog) -> Callable[[Backend], Backend]:
    """Gives a backend what is written in its pictures beside them."""
    from pipeline.ask.hinting import Hinting

    return lambda backend: Hinting(clock, backend, eyes, log.emit)


def _without_faces(clock: Clock, log: EventLog) -> Callable[[Backend], Backend]:
    """Keeps faces from a backend. Raises GlassesError if face detection is not there: then nothing must be sent."""
    from pipeline.ask.blurring import Blurring
    from pipeline.see.faces import Faces

    faces = Faces(weights.faces())
    return lambda backend: Blurring(clock, backend, faces, log.emit)


def _contemplating(
    clock: Clock,
    mind: Backend,
    settings: Ask,
    reach: Reach | None,
    opened: Callable[[str, Reach | None], Backend],
    log: EventLog,
) -> Backend:
    """`mind`, able to contemplate where there is somebody to do it: ondevice needs no second look."""
    from pipeline.ask.addresses import addresses_in, known_reach
    from pipeline.ask.contemplate import Contemplating
    from pipeline.ask.council import Patience

    others = settings.agent_backends.strip()
    if settings.agents < 2 or not (others or mind.name != "ondevice"):
        return mind
    limit = reach or known_reach(addresses_in(settings.backend)[0])
    backends = [opened(one, limit) for one in addresses_in(others)] if others else [mind]
    agents = [backends[number % len(backends)] for number in range(settings.agents)]
    patience = Patience(settings.contemplate_timeout, settings.impression)
    return Contemplating(clock, mind, agents, patience=patience, reach=reach, emit=log.emit)


def listed(text: str) -> list[str]:
    """What stands between the commas of a setting."""
    return [item for item in map(str.strip, text.split(",")) if item]
