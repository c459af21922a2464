"""Checks of the backends: whether each can be reached, knows its key and model, sees pictures, and how fast it is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from glasses import config as configuration
from glasses import weights
from glasses.catalogue import CARRIED, REMEDY
from glasses.doctor.finding import Finding
from glasses.egress import EgressLog
from glasses.settings import Config
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.events import EventLog
from pipeline.types import Answer, AnswerDelta, Picture, Question, VideoFrame, read_only

if TYPE_CHECKING:
    from pipeline.ask.backend import Backend
    from pipeline.ask.failures import Failure
    from pipeline.ask.reach import Reach

_PATIENCE = 3.0
"""Seconds for a model's server to list its models."""

_QUESTION = "Which colour is this picture? Answer with the colour's name alone."
_SHOWN = "red"


@dataclass(frozen=True, slots=True)
class _Tried:
    """What came of one question."""

    answer: Answer
    text: str
    first: float | None  # seconds to the first word


def backend(config: Config) -> Iterator[Finding]:
    """A finding for each backend that the configuration names; what is asked of them is in the egress log."""

    async def main(clock: Clock) -> list[Finding]:
        return [finding async for finding in _all(clock, config)]

    yield from clocks.run(main, virtual=False)


async def _all(clock: Clock, config: Config) -> AsyncIterator[Finding]:
    from pipeline.ask.chain import Chain

    on_sent = EgressLog(clock, EventLog(clock))
    seen: set[str] = set()
    for addresses in filter(None, (config.ask.backend, config.ask.agent_backends.strip())):
        try:
            mind = _opened(addresses, clock, config, on_sent)
        except UsageError as error:
            yield Finding("backend", "fail", str(error), "mend ask.backend, or what it lacks")
            continue
        except GlassesError as error:
            yield Finding("backend", "fail", str(error), REMEDY)
            continue
        for member in mind.members if isinstance(mind, Chain) else (mind,):
            if member.name in seen:
                continue
            seen.add(member.name)
            if isinstance(mind, Chain) and not await mind.allows(member):
                remedy = "see ask.reach, or leave it out"
                yield Finding("backend", "warn", f"{member.name}: left out, it lies farther than is allowed", remedy)
            elif member.name == "ondevice":
                yield _ondevice()
            else:
                yield await _examined(clock, member, config.ask.first_timeout)
        await mind.close()


def _opened(addresses: str, clock: Clock, config: Config, on_sent: EgressLog) -> Backend:
    from pipeline.ask.addresses import open_backend

    reach = cast("Reach | None", config.ask.reach or None)
    keys = configuration.read_keys(os.environ)
    return open_backend(
        addresses,
        clock,
        keys,
        _no_eyes,
        first_timeout=config.ask.first_timeout,
        reach=reach,
        on_sent=on_sent,
        models=weights.user_folder(config.weights.folder),
    )


def _no_eyes() -> Any:
    """Nothing is looked at here by ourselves, so nothing is loaded for it."""
    return None


def _ondevice() -> Finding:
    reader = next(model for model in CARRIED if model.package == "rapidocr")
    if not weights.carried(reader):
        return Finding("backend", "fail", "ondevice: rapidocr is not installed", REMEDY)
    return Finding("backend", "ok", f"ondevice reads with rapidocr {metadata.version('rapidocr')}")


async def _examined(clock: Clock, mind: Backend, patience: float) -> Finding:
    """What becomes of a list of its models and of one question about a picture that is all of one colour."""
    from pipeline.ask.failures import Failure
    from pipeline.ask.remote import Remote

    facts = [mind.name]
    if isinstance(mind, Remote):
        facts[0] += f", {mind.key}"
        try:
            known = await mind.known(clock.now() + min(_PATIENCE, patience))
        except Failure as error:
            # Not every server lists its models, so only what no question could mend ends it here.
            if not error.status or error.about:
                what = str(error).removeprefix(f"{mind.name}: ")
                return Finding("backend", "fail", f"{facts[0]}: {what}", _remedy(error, mind.key))
            known = "untold"
        if known == "unknown":
            what = f"{facts[0]}; the server has no model '{mind.model}'"
            return Finding("backend", "fail", what, "check the model's name, or install it")
        if known != "untold":
            facts.append("model known" if known == "listed" else f"does not list the model '{mind.model}'")
    tried = await _ask(clock, mind, patience)
    if tried.answer.outcome != "ok":
        facts.append(tried.answer.fault.removeprefix(f"{mind.name}: "))
        declined = tried.answer.outcome in ("truncated", "refused", "filtered")
        return Finding("backend", "warn" if declined else "fail", "; ".join(facts), "see what it says, and ask again")
    first = f"first word after {tried.first or 0.0:.2f} s"
    if _SHOWN not in tried.text.lower():
        facts += [f"answers, and does not see that a picture is {_SHOWN}", first]
        return Finding("backend", "warn", "; ".join(facts), "choose a model that takes pictures")
    return Finding("backend", "ok", "; ".join([*facts, "takes pictures", first]))


async def _ask(clock: Clock, mind: Backend, patience: float) -> _Tried:
    began, first, text = clock.now(), None, ""
    question = Question(0, began, _QUESTION, (_picture(mind),))
    answer = Answer(0, "", "interrupted", f"{mind.name}: the stream ended without an answer")
    try:
        async with aclosing(mind.stream(question)) as stream:
            async for item in stream:
                if isinstance(item, Answer):
                    answer = item
                elif isinstance(item, AnswerDelta):
                    first = clock.now() - began if first is None else first
                    text += item.text
    except Exception as error:  # noqa: BLE001 - a backend of anybody's: whatever it raises is what is wrong with it
        answer = Answer(0, "", "error", f"{mind.name}: {type(error).__name__}: {error}")
    return _Tried(answer, text or answer.text, first)


def _picture(mind: Backend) -> Picture:
    """A drawn picture, red from edge to edge: no camera is opened for this."""
    from pipeline.look.encode import encode

    image = np.zeros((96, 128, 3), np.uint8)
    image[:] = (30, 20, 220)
    return encode(VideoFrame(0.0, 0, read_only(image)), mind.picture)


def _remedy(error: Failure, key: str) -> str:
    if error.about == "key":
        return f"set {key.partition(' ')[0]}"
    return (
        "add credit to its account"
        if error.about == "credit"
        else "start the server, or mend the address in ask.backend"
    )
