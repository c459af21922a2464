"""A backend from its address, as it stands in the configuration or on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.ask.backend import Backend, PictureBudget
from pipeline.clock import Clock
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.ask.reader import Reader

FORMS = "ondevice, openai:MODEL, http://HOST:PORT/v1#MODEL"
"""What an address can look like, for people."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A hosted service that speaks chat completions, known by a short name."""

    base_url: str
    key: str  # the name of its key
    long_edge: int  # of a picture, pixels


PROFILES = {"openai": Profile("https://api.openai.com/v1", "OPENAI_API_KEY", 1024)}

_KEY = "GLASSES_API_KEY"
"""The name of the key for a server that has no profile."""

_LONG_EDGE = 768
"""Pixels. What a server of one's own gets: small models look at no more, and take seconds for it."""

_QUALITY = 85


def open_backend(address: str, clock: Clock, keys: Mapping[str, str], reader: Callable[[], Reader]) -> Backend:
    """The backend at `address`, one of FORMS; nothing is loaded or sent yet.

    `keys` holds API keys by name, `reader` gives the text recognition if it is needed.
    Raises UsageError if the address is wrong or its key is missing.
    """
    if address == "ondevice":
        from pipeline.ask.ondevice import OnDevice

        return OnDevice(clock, reader())
    from pipeline.ask.chat import ChatCompletions

    if address.startswith(("http://", "https://")):
        base_url, _, model = address.partition("#")
        _check(address, base_url, model)
        key = _key(keys, _KEY)
        picture = PictureBudget(_LONG_EDGE, _QUALITY)
        return ChatCompletions(clock, address, base_url, model, key=key, picture=picture)
    scheme, _, model = address.partition(":")
    if profile := PROFILES.get(scheme):
        if not model:
            raise UsageError(f"backend '{address}': no model is named; write {scheme}:MODEL")
        if not (key := _key(keys, profile.key)):
            raise UsageError(f"backend '{address}': no key; set {profile.key} in the environment")
        picture = PictureBudget(profile.long_edge, _QUALITY)
        return ChatCompletions(clock, address, profile.base_url, model, key=key, picture=picture)
    raise UsageError(f"backend '{address}' is not known; use one of: {FORMS}")


def _check(address: str, base_url: str, model: str) -> None:
    """Raise UsageError unless this is the address of a server and a model."""
    try:
        parts = urlsplit(base_url)
        secret, usable = parts.password is not None, bool(parts.hostname) and not parts.query
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        secret, usable = False, False
    if secret:
        raise UsageError(f"a backend's address holds a password; put a key into {_KEY} in the environment instead")
    if not usable:
        raise UsageError(f"backend '{address}': not an address; write it like http://localhost:11434/v1#MODEL")
    if not model:
        raise UsageError(f"backend '{address}': no model is named; add it, like {base_url.rstrip('/')}#qwen3-vl:2b")


def _key(keys: Mapping[str, str], name: str) -> str:
    """The key without the spaces that come with copying. Raises UsageError if no request could carry it."""
    key = keys.get(name, "").strip()
    if not (key.isascii() and (not key or key.isprintable())):
        raise UsageError(f"{name} holds characters that no key has; copy it again")
    return key
