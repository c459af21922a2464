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
    """What is to know of a service that speaks chat completions."""

    base_url: str
    key: str  # the name of its key
    cap: str  # what it calls its limit of tokens
    long_edge: int  # of a picture, pixels


PROFILES = {"openai": Profile("https://api.openai.com/v1", "OPENAI_API_KEY", "max_completion_tokens", 1024)}
"""Hosted services by the short name in their addresses."""

_OWN = Profile("", "GLASSES_API_KEY", "max_tokens", 768)
"""Any other server. Small models look at no more pixels, and take seconds for them; the key may be missing."""

_QUALITY = 85
"""Of the JPEG: print stays readable, and a picture under 100 kB."""


def open_backend(
    address: str,
    clock: Clock,
    keys: Mapping[str, str],
    reader: Callable[[], Reader],
    *,
    first_timeout: float = 20.0,
    next_timeout: float = 10.0,
    max_tokens: int = 2000,
) -> Backend:
    """The backend at `address`, one of FORMS; nothing is loaded or sent yet.

    `keys` holds API keys by name, `reader` gives the text recognition if it is needed.
    A server has `first_timeout` seconds to its first event and `next_timeout` to each further one.
    Raises UsageError if the address is wrong or its key is missing.
    """
    if address == "ondevice":
        from pipeline.ask.ondevice import OnDevice

        return OnDevice(clock, reader())
    from pipeline.ask.chat import ChatCompletions
    from pipeline.ask.transport import Patience

    if address.startswith(("http://", "https://")):
        base_url, _, model = address.partition("#")
        _check(address, base_url, model)
        key = _key(keys, _OWN.key)
        profile = _OWN
    else:
        scheme, _, model = address.partition(":")
        if not (known := PROFILES.get(scheme)):
            raise UsageError(f"backend '{address}' is not known; use one of: {FORMS}")
        if not model:
            raise UsageError(f"backend '{address}': no model is named; write {scheme}:MODEL")
        if not (key := _key(keys, known.key)):
            raise UsageError(f"backend '{address}': no key; set {known.key} in the environment")
        base_url, profile = known.base_url, known
    return ChatCompletions(
        clock,
        address,
        base_url,
        model,
        key=key,
        picture=PictureBudget(profile.long_edge, _QUALITY),
        patience=Patience(first_timeout, next_timeout),
        max_tokens=max_tokens,
        cap=profile.cap,
    )


def _check(address: str, base_url: str, model: str) -> None:
    """Raise UsageError unless this is the address of a server and a model."""
    try:
        parts = urlsplit(base_url)
        secret, usable = parts.password is not None, bool(parts.hostname) and not parts.query
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        secret, usable = False, False
    if secret:
        raise UsageError(f"a backend's address holds a password; put a key into {_OWN.key} in the environment instead")
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
