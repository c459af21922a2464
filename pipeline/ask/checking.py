"""What will keep a backend from answering, found out before anybody asks: a key that is refused, a model not there.

Nothing of the wearer's is sent for it, and nothing is said of a network that is not there: it may come.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pipeline.ask.backend import Backend
from pipeline.events import EventLog
from pipeline.sources import Tell


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that will."""

    fault: str  # for the log: what is wrong, where, and the remedy; never a secret
    told: str  # for the wearer, in a sentence; empty where another answers in its place


async def troubles(backend: Backend) -> tuple[Trouble, ...]:
    """What `backend` itself finds out, where it has such a method. Bounded, and never raises."""
    look = getattr(backend, "troubles", None)
    try:
        return tuple(await look()) if look else ()
    except Exception:  # noqa: BLE001 - a backend of anybody's: the question will say what is wrong with it
        return ()


@asynccontextmanager
async def checked(backend: Backend, log: EventLog, tell: Tell) -> AsyncIterator[None]:
    """While what is inside goes on, `tell` says to the wearer what will keep `backend` from answering, once."""

    async def check() -> None:
        for trouble in await troubles(backend):
            if trouble.told:
                await tell(trouble.fault, trouble.told)
            else:
                log.emit("fault", turn=0, what=trouble.fault, told="")

    checking = asyncio.create_task(check())
    try:
        yield
    finally:
        checking.cancel()
        await asyncio.wait({checking})
