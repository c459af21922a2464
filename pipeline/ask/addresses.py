"""A backend from its address, as it stands in the configuration or on the command line.

Several addresses with commas between them are a chain. What we don't know ourselves is looked for among the entry
points of the group `glasses.backends`: the name of one is what stands before the first colon of an address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pipeline.ask.backend import Backend
from pipeline.ask.profiles import OWN, PROFILES, SPOKEN, Profile, trains
from pipeline.ask.reach import Reach, farther, known_reach_of_url
from pipeline.brought import brought
from pipeline.clock import Clock
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.ask.transport import Sent
    from pipeline.see.eyes import Eyes

__all__ = ["FORMS", "PROFILES", "BackendDriver", "Opening", "addresses_in", "known_reach", "open_backend"]

_log = logging.getLogger(__name__)

_LOCAL = tuple(name for name, profile in PROFILES.items() if not profile.needs_model)

_HERE = "llamacpp-here"

FORMS = ", ".join(
    (
        "ondevice",
        *(f"{name}:MODEL" for name in PROFILES if name not in _LOCAL),
        *_LOCAL,
        f"{_HERE}:MODEL.gguf",
        "http://HOST:PORT/v1#MODEL",
        "ollama+http://HOST:PORT#MODEL",
    )
)
"""What an address can look like, for people."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a backend is opened with."""

    keys: Mapping[str, str]  # API keys by name
    reader: Callable[[], Eyes]  # gives the text recognition if it is needed
    first_timeout: float = 20.0  # seconds to the first word
    next_timeout: float = 10.0  # seconds from then on until each further event
    max_tokens: int = 2000  # of an answer, reasoning included
    on_sent: Callable[[Sent], None] | None = None  # called with every request before it leaves
    models: Path | None = None  # the folder in which a model's files are found by name; None for the usual one


class BackendDriver(Protocol):
    """A kind of backend that another package brings."""

    forms: tuple[str, ...]  # how its addresses look, for people

    def open(self, address: str, clock: Clock, opening: Opening) -> Backend:
        """The backend at `address`. Raises UsageError if the address is wrong.

        A backend that has an attribute `reach` ("machine", "lan" or "hosted") says with it where its pictures go;
        without one it is taken to be hosted.
        """
        ...


def open_backend(
    address: str,
    clock: Clock,
    keys: Mapping[str, str],
    reader: Callable[[], Eyes],
    *,
    first_timeout: float = 20.0,
    next_timeout: float = 10.0,
    max_tokens: int = 2000,
    reach: Reach | None = None,
    hedge: float | None = None,
    on_sent: Callable[[Sent], None] | None = None,
    guard: Callable[[Backend], Backend] | None = None,
    models: Path | None = None,
) -> Backend:
    """The backend at `address`, one of FORMS, or a chain of several; nothing is loaded or sent yet.

    `keys` holds API keys by name, `reader` gives the text recognition if it is needed.
    A backend has `first_timeout` seconds to its first word and a server `next_timeout` to each further event.
    No picture goes farther than `reach`; None is as far as the first of a chain sends it, but not into the local
    network: in another one, the same address is somebody else's. The next one of a chain is
    started `hedge` seconds after the one before, even if that is still at work; None waits until it has failed.
    Whatever is not known to stay on this machine is wrapped by `guard`, if there is one.
    Files of models are found by their names in the folder `models`, None for the usual one.
    Raises UsageError if an address is wrong, its key is missing, or it is known to lie beyond `reach`.
    """
    opening = Opening(keys, reader, first_timeout, next_timeout, max_tokens, on_sent, models)
    addresses = addresses_in(address)
    first = known_reach(addresses[0])
    limit = reach or first
    for one in addresses:
        if reach is None and known_reach(one) == "lan":
            remedy = "allow it with --reach lan, or ask.reach = 'lan'"
            raise UsageError(f"backend '{one}' is on the local network, where anybody may have its address; {remedy}")
        if limit and (known := known_reach(one)) and farther(known, limit):
            remedy = f"allow it with ask.reach = '{known}', or choose another"
            raise UsageError(f"backend '{one}' is {known}: pictures would go farther than {limit}; {remedy}")
    members = [_open(one, clock, opening) for one in addresses]
    if guard:
        near = [known_reach(one) == "machine" for one in addresses]
        members = [member if stays else guard(member) for member, stays in zip(members, near, strict=True)]
    if len(members) == 1 and first:
        return members[0]
    from pipeline.ask.chain import Chain

    return Chain(clock, members, first_timeout=first_timeout, reach=reach, lan=reach is not None, hedge=hedge)


def addresses_in(text: str) -> list[str]:
    """The addresses with commas between them."""
    return [one.strip() for one in text.split(",")]


def _open(address: str, clock: Clock, opening: Opening) -> Backend:
    if address == "ondevice":
        from pipeline.ask.ondevice import OnDevice

        return OnDevice(clock, opening.reader())
    if address.startswith(f"{_HERE}:"):
        from pipeline.ask.llamacpp_here import LlamaHere
        from pipeline.ask.remote import Patience

        patience = Patience(opening.first_timeout, opening.next_timeout)
        return LlamaHere(
            clock,
            address,
            patience=patience,
            max_tokens=opening.max_tokens,
            on_sent=opening.on_sent,
            folder=opening.models,
        )
    name, base_url, model = _parts(address)
    profile = _profile(name, base_url)
    if not profile:
        return _brought(name, address, clock, opening)
    if base_url:
        profile = _at(address, profile, base_url)
    if not model and profile.needs_model:
        example = f"{base_url.rstrip('/')}#qwen3-vl:2b" if base_url else f"{name}:MODEL"
        raise UsageError(f"backend '{address}': no model is named; write it like {example}")
    key = _key(opening.keys, profile.key)
    if profile.needs_key and not key:
        raise UsageError(f"backend '{address}': no key; set {profile.key} in the environment")
    if trains(model):
        _log.warning("backend '%s': its makers may train on the words and pictures that it is sent", address)
    from pipeline.ask.remote import Patience, Remote

    patience = Patience(opening.first_timeout, opening.next_timeout)
    return Remote(
        clock,
        address,
        profile,
        model,
        key=key,
        patience=patience,
        max_tokens=opening.max_tokens,
        on_sent=opening.on_sent,
    )


def _profile(name: str, base_url: str) -> Profile | None:
    """The profile of a service, or at a given base address, of whatever speaks a wire format."""
    if base_url and not name:
        return OWN
    return PROFILES.get(name) or (SPOKEN.get(name) if base_url else None)


def _parts(address: str) -> tuple[str, str, str]:
    """The name, base address and model in an address; those that it lacks are empty."""
    before, separator, rest = address.partition("://")
    if separator:
        name, _, scheme = before.rpartition("+")
        base_url, _, model = rest.partition("#")
        return name, f"{scheme}://{base_url}", model
    name, _, model = address.partition(":")
    return name or address, "", model


def _at(address: str, profile: Profile, base_url: str) -> Profile:
    """`profile` at another base address. Raises UsageError unless it is one; the service's own key stays at home."""
    try:
        parts = urlsplit(base_url)
        secret, usable = parts.password is not None, bool(parts.hostname) and not parts.query
        usable = usable and parts.scheme in ("http", "https")
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        secret, usable = False, False
    if secret:
        raise UsageError(f"a backend's address holds a password; put a key into {OWN.key} in the environment instead")
    if not usable:
        raise UsageError(f"backend '{address}': not an address; write it like http://localhost:11434/v1#MODEL")
    return replace(profile, base_url=base_url, key=OWN.key, needs_key=False, reach=None)


def _key(keys: Mapping[str, str], name: str) -> str:
    """The key without the spaces that come with copying. Raises UsageError if no request could carry it."""
    key = keys.get(name, "").strip()
    if not (key.isascii() and (not key or key.isprintable())):
        raise UsageError(f"{name} holds characters that no key has; copy it again")
    return key


def known_reach(address: str) -> Reach | None:
    """Where an address sends pictures, if that needs no looking up."""
    if address == "ondevice" or address.startswith(f"{_HERE}:"):
        return "machine"
    name, base_url, _ = _parts(address)
    profile = _profile(name, base_url)
    if not profile:
        return None
    return (not base_url and profile.reach) or known_reach_of_url(base_url or profile.base_url)


def _brought(name: str, address: str, clock: Clock, opening: Opening) -> Backend:
    """A backend that another package brings."""
    driver: BackendDriver | None = brought("backend", name)
    if driver is None:
        raise UsageError(f"backend '{address}' is not known; use one of: {FORMS}")
    return driver.open(address, clock, opening)
