"""One turn: a question asked, its answer spoken while it still arrives. One task group; it dies whole."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace

from pipeline.ask.backend import Backend
from pipeline.ask.conversation import Composed, Conversation
from pipeline.ask.modes import AUTO
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.events import EventLog
from pipeline.look.encode import Encoder
from pipeline.speak.clauses import Clauses
from pipeline.speak.mouth import Mouth
from pipeline.speak.speaking import Speaking
from pipeline.types import Answer, FrameChoice, Notice, Picture, Utterance, VideoFrame

_NOTHING_SEEN = "I can't see anything right now: the camera gave me no fresh picture."
_CUT_OFF = "The answer was cut off."
_WENT_WRONG = "Something went wrong while I asked."


class Turn:
    """Asks `backend` what the wearer asked, and speaks what comes, once it is let go."""

    def __init__(
        self,
        clock: Clock,
        log: EventLog,
        backend: Backend,
        mouth: Mouth,
        encoder: Encoder,
        number: int,
        *,
        since: float,
        mode: str = AUTO,
    ) -> None:
        """`mode` is one of pipeline/ask/modes.py, or leaves it to the question. `since` as for `Speaking`."""
        self._clock = clock
        self._log = log
        self._backend = backend
        self._mouth = mouth
        self._encoder = encoder
        self._number = number
        self._mode = mode
        self._composed: Composed | None = None
        self._noticed: list[str] = []  # clauses that are no part of the answer
        self._impressions: list[str] = []  # nor are these, and they are remembered where no answer has come
        self._speaking = Speaking(clock, log, mouth, number, since=since)

    @property
    def audible(self) -> bool:
        """Whether the wearer has heard the beginning of the answer."""
        return self._speaking.audible

    def hold(self) -> None:
        """Be silent while somebody else speaks; the asking goes on."""
        self._speaking.hold()

    def let_go(self) -> None:
        """Speak, or speak on. A turn is silent until it is let go."""
        self._speaking.let_go()

    async def answer(
        self, utterance: Utterance, choice: FrameChoice, conversation: Conversation, *, preface: str = ""
    ) -> None:
        """Ask and speak, after the words of `preface`; returns when the last word has been heard, and remembered.

        Raises GlassesError if the speaker fails. Cancelled, it stops at once, and what was heard is remembered.
        """
        if choice.frames:
            self._speaking.voice = self._mouth.voice_for(utterance.language, self._backend.languages)
            work = self._ask(lambda: self._stream(utterance, choice, conversation, preface), self._backend.name)
        else:
            work = self._ask(lambda: self._known("", choice.reason, _NOTHING_SEEN), None)
        finished = False
        try:
            await self._speaking.run(work)
            finished = True
        finally:
            if finished or self._heard():
                conversation.add(utterance.text, self._heard(), self._composed)

    async def say(self, text: str) -> None:
        """Say what needed nobody to be asked."""
        await self._speaking.run(self._ask(lambda: self._known(text), None))

    async def tell(self, fault: str, told: str) -> None:
        """Say what went wrong before anyone could be asked."""
        await self._speaking.run(self._ask(lambda: self._known("", fault, told), None))

    def _heard(self) -> str:
        """What was heard of the answer itself, or else of a first impression, which says that it is one."""
        heard = _without(self._noticed, self._speaking.heard)
        return _without(self._impressions, heard) or heard

    async def _known(self, text: str, fault: str = "", told: str = "") -> Answer:
        return Answer(self._number, text, "error" if fault else "ok", fault, told or text)

    async def _ask(self, answering: Callable[[], Coroutine[None, None, Answer]], backend: str | None) -> None:
        """The answer to its end, and what went wrong with it as its last clause."""
        clauses = self._speaking.clauses
        try:
            answer = await answering()
            if answer.fault:
                self._log.emit("fault", what=answer.fault, told=answer.told)
                if not self._speaking.audible:
                    await self._speaking.cue("failed")
            if answer.told:
                await clauses.send(answer.told)
            who = answer.backend or backend
            self._log.emit("answered", text=answer.text, outcome=answer.outcome, backend=who, tokens=answer.tokens)
        finally:
            clauses.close()

    async def _stream(
        self, utterance: Utterance, choice: FrameChoice, conversation: Conversation, preface: str
    ) -> Answer:
        """The backend's words, cut into clauses for the voice as they come."""
        backend, cutter, said = self._backend, Clauses(), ""
        answer = Answer(
            self._number, "", "interrupted", f"{backend.name}: the stream ended without an answer", _CUT_OFF
        )
        if preface:
            await self._speaking.clauses.send(preface)
        try:
            images = [picture for frame in choice.frames for picture in await self._encode(frame, choice.frames[0])]
            self._composed = composed = conversation.compose(
                self._number,
                self._clock.now(),
                utterance.text,
                images,
                setting=self._mode,
                language=self._speaking.voice.language,
            )
            self._log.emit("asked", backend=backend.name, **composed.about, trains=getattr(backend, "trains", False))
            async with aclosing(backend.stream(composed.question)) as stream:
                async for item in stream:
                    if isinstance(item, Answer):
                        answer = item
                        break
                    if isinstance(item, Notice):
                        await self._notice(item)
                        continue
                    said += item.text
                    self._log.emit("answer.delta", text=item.text)
                    for clause in cutter.feed(item.text):
                        await self._speaking.clauses.send(clause)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - a broken backend must not leave the wearer in silence
            what = str(error) if isinstance(error, GlassesError) else f"{type(error).__name__}: {error}"
            answer = Answer(self._number, "", "error", f"{backend.name}: {what}", _WENT_WRONG)
        if not answer.text:
            answer = replace(answer, text=said)
        for clause in cutter.finish():
            await self._speaking.clauses.send(clause)
        return answer

    async def _notice(self, notice: Notice) -> None:
        self._log.emit("notice", text=notice.text, backend=self._backend.name, about=notice.about)
        cutter = Clauses()
        for clause in (*cutter.feed(notice.text), *cutter.finish()):
            (self._impressions if notice.about == "impression" else self._noticed).append(clause)
            await self._speaking.clauses.send(clause)

    async def _encode(self, frame: VideoFrame, newest: VideoFrame) -> tuple[Picture, ...]:
        """A frame as the backend wants it, its small print beside it; an earlier one says how much earlier it is."""
        note = "" if frame is newest else f"{newest.t - frame.t:.1f} s earlier than the first picture"
        return await self._encoder.pictures(frame, self._backend.picture, note=note)


def _without(clauses: Sequence[str], heard: str) -> str:
    """What was `heard` apart from these clauses, of which the last may have been heard in part."""
    for clause in clauses:
        before, found, after = heard.partition(clause)
        heard = f"{before.rstrip()} {after.lstrip()}".strip() if found else "" if clause.startswith(heard) else heard
    return heard
