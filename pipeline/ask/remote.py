"""A backend on a server: a profile says where and how it is asked, a format what its words mean.

Failures are outcomes. Before the first word has been spoken a question is asked again where that may help, within the
time that it has; after it, never: nobody wants to hear the beginning twice.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pipeline.ask import anthropic, chat, gemini, ollama, responses
from pipeline.ask.backend import PictureBudget
from pipeline.ask.checking import Trouble
from pipeline.ask.failures import Failure, Subject, one_line
from pipeline.ask.profiles import Profile, trains
from pipeline.ask.reach import Reach, reach_of_url
from pipeline.ask.transport import Reply, Sent, Server
from pipeline.ask.wire import Asked, Format, Heard
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Question

FORMATS: Mapping[str, Format] = {
    "anthropic": anthropic,
    "chat": chat,
    "gemini": gemini,
    "ollama": ollama,
    "responses": responses,
}
"""The wire formats by the names that profiles use."""

_PAUSES = (0.5, 1.0)
"""Seconds before each further try, where the server does not say: two of them, as the vendors' own packages do."""

_AFTERWARDS = 1.0
"""Seconds after the finish reason for the count of tokens: the answer's last clause waits for it."""

_CHECK = 5.0
"""Seconds for a server to say what it has, before anybody asks: then it either answers at once or hangs."""

_QUALITY = 85
"""Of the JPEG: print stays readable, and a picture under 100 kB."""

_SENSELESS = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What a format raises on events that are not its own."""


Known = Literal["listed", "unlisted", "unknown", "untold"]
"""Of a model: the server has it; its list lacks it, which may be long; it has not; there is no list, or no name."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may keep the wearer waiting."""

    first: float = 20.0  # seconds to the first word: a small computer takes long to look at a picture
    next: float = 10.0  # seconds from one word to the next: what else a server sends does not count


class Remote:
    """A model on a server."""

    languages = None

    def __init__(
        self,
        clock: Clock,
        name: str,
        profile: Profile,
        model: str,
        *,
        key: str = "",
        patience: Patience | None = None,
        max_tokens: int = 2000,
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        """`name` is the address for the log; an empty `model` means the first one that the server lists.

        `max_tokens` counts reasoning too: some models think for a thousand before the first word. Nothing is sent
        yet; `on_sent` is called with every request, before it is sent.
        """
        self.name = name
        self.picture = PictureBudget(profile.long_edge, _QUALITY)
        self._clock = clock
        self._profile = profile
        self._format = FORMATS[profile.format]
        self._model = model
        self._key = key
        self._patience = patience or Patience()
        self._max_tokens = max(max_tokens, profile.least_tokens)
        self._takes_effort = True
        self._server = Server(clock, name, profile.base_url, self._format.headers(key), on_sent)

    @property
    def reach(self) -> Reach | None:
        """Where pictures go now; None while its host's name can't be resolved. Blocks where it has one to look up."""
        return self._profile.reach or reach_of_url(self._profile.base_url)

    @property
    def model(self) -> str:
        """The model that is asked; empty until the server has said what it has."""
        return self._model

    @property
    def _called(self) -> str:
        """What it is called aloud: the service, or the machine."""
        return urlsplit(self.name).hostname or self.name.partition(":")[0]

    @property
    def key(self) -> str:
        """The name of its key and whether there is one, for people."""
        return f"{self._profile.key} {'set' if self._key else 'not set'}"

    @property
    def trains(self) -> bool:
        """Whether the makers of its model may train on what they get."""
        return trains(self._model)

    async def warm(self) -> bool:
        """Open a connection for a question that may come soon; False if the server can't be reached."""
        return await self._server.warm()

    async def troubles(self) -> list[Trouble]:
        """What will keep it from answering, as far as it says so without being asked; none if nobody is there."""
        if not await self.warm():
            return []
        try:
            known = await self.known(self._clock.now() + _CHECK)
        except Failure as error:
            return [Trouble(str(error), _ahead(error.about, self._called))] if error.about else []
        if known == "unknown":
            fault = f"{self.name}: the server has no model '{self._model}'; check its name, or install it"
            return [Trouble(fault, f"{self._called} does not know the model {self._model}.")]
        return []

    async def known(self, until: float) -> Known:
        """Whether the server has the model, as far as it says.

        Raises Failure if it refuses the key, or does not answer `until` then, seconds on the clock.
        """
        if self._profile.key_path:
            await self._got(self._profile.key_path, until)
        listed = await self.models(until)
        if not (self._model and listed):
            return "untold"
        if any(name in (self._model, f"{self._model}:latest") for name in listed):
            return "listed"
        if self._profile.format == "ollama":
            return "unknown"
        try:  # lists are cut, and leave out the other names of a model
            return "listed" if _names(await self._got(f"/models/{self._model}", until)) else "unlisted"
        except Failure as error:
            return "unknown" if error.about == "model" else "unlisted"

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        """As `Backend.stream`: deltas as the server sends them, then one Answer."""
        until = self._clock.now() + self._patience.first
        pauses = iter(_PAUSES)
        while True:
            heard = Heard(self.name, self._model)
            reply: Reply | None = None
            try:
                reply = await self._post(question, until)
                by = until
                while (data := await self._next(reply, heard, by)) is not None:
                    ended = bool(heard.finish)
                    if text := self._read(data, heard):
                        yield AnswerDelta(question.turn, self._clock.now(), text)
                    if text or (heard.finish and not ended):
                        by = self._clock.now() + (_AFTERWARDS if heard.finish else self._patience.next)
                if text := heard.rest():
                    yield AnswerDelta(question.turn, self._clock.now(), text)
                failure = heard.ending(self._format.ENDS)
            except Failure as error:
                failure = error
            finally:
                if reply:
                    await reply.close()
            again = None if heard.text or not failure else self._again(failure, pauses)
            if again is None or again >= until:
                break
            await self._clock.sleep_until(again)
        failure = failure and failure.without(self._key)
        outcome, fault, told = (failure.outcome, str(failure), failure.told) if failure else ("ok", "", "")
        yield Answer(question.turn, heard.text, outcome, fault, told, heard.tokens)

    async def close(self) -> None:
        """Let go of connections."""
        await self._server.close()

    def _again(self, failure: Failure, pauses: Iterator[float]) -> float | None:
        """When to ask again after `failure`, seconds on the clock; None for not at all."""
        now = self._clock.now()
        if failure.status == 400 and self._takes_effort and self._profile.effort and _about_effort(str(failure)):
            self._takes_effort = False
            return now
        pause: float | None = next(pauses, None) if failure.again else None
        return None if pause is None else now + (failure.after or pause)

    async def _post(self, question: Question, until: float) -> Reply:
        if not self._model:
            self._model = await self._first_model(until)
        effort = self._profile.effort.get(question.mode, "") if self._takes_effort else ""
        asked = Asked(question, self._model, self._max_tokens, self._profile.cap, effort)
        path, body = self._format.path(self._model), self._format.body(asked)
        return self._server.post(path, self._model, body, question.images)

    async def _first_model(self, until: float) -> str:
        """The model that a server has loaded, or the first of those it could load."""
        if not (listed := await self.models(until)):
            message = f"{self.name}: the server lists no model; load one, or name it: {self.name}:MODEL"
            raise Failure(message, told="The model's server has no model.")
        return listed[0]

    async def models(self, until: float) -> list[str]:
        """The names of those that the server has, perhaps not all; none if its list makes no sense.

        Raises Failure if it does not answer `until` then, seconds on the clock.
        """
        listed = await self._got("/api/tags" if self._profile.format == "ollama" else "/models", until)
        try:
            named = listed.get("data") or listed["models"]
            return [str(one.get("id") or one["name"]).removeprefix("models/") for one in named]
        except _SENSELESS:
            return []

    async def _got(self, path: str, until: float) -> Any:
        """The JSON at `path`, None if it is none. Raises Failure as `models` does."""
        reply = self._server.get(path)
        try:
            return json.loads(await self._next(reply, Heard(self.name, ""), until) or "")
        except Failure as error:
            raise error.without(self._key) from error
        except _SENSELESS:
            return None
        finally:
            await reply.close()

    async def _next(self, reply: Reply, heard: Heard, by: float) -> str | None:
        """The next event, None at the end. Raises Failure if it does not come `by` then, seconds on the clock."""
        try:
            return await reply.next(max(0.0, by - self._clock.now()))
        except (Failure, TimeoutError) as error:
            if heard.finish:
                return None  # the answer is whole: only its count of tokens is missing
            if isinstance(error, Failure):
                raise
        if heard.text:
            message = f"{self.name}: no word came for {self._patience.next:g} s; see what the server is doing"
            raise Failure(message, told="The answer stopped in the middle.", outcome="interrupted")
        message = f"{self.name}: no word came within {self._patience.first:g} s; see whether the server is overloaded"
        raise Failure(message, told="The model did not answer in time.", about="silence")

    def _read(self, data: str, heard: Heard) -> str:
        """What the event `data` adds to the spoken answer. Raises Failure if it is an error, or makes no sense."""
        if data.strip() == "[DONE]":
            return ""
        try:
            return self._format.read(json.loads(data), heard)
        except _SENSELESS as error:
            message = f"{self.name}: no event of the format '{self._profile.format}': {one_line(data)}"
            told = "I did not understand the model's server."
            raise Failure(f"{message}; check that the server speaks it", told=told) from error


def _ahead(about: Subject, who: str) -> str:
    """What the wearer hears, before having asked, of what will go wrong."""
    match about:
        case "key":
            return f"The key for {who} is refused."
        case "credit":
            return f"The account at {who} has no credit left."
        case _:
            return f"The model at {who} does not answer."


def _names(one: Any) -> bool:
    """Whether this is what a server says of one model."""
    return isinstance(one, dict) and bool(one.get("id") or one.get("name"))


def _about_effort(words: str) -> bool:
    """Whether a server's complaint may be about how hard it was asked to think."""
    return any(word in words.lower() for word in ("effort", "reasoning", "think"))
