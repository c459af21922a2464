"""A helper from its address, as it stands in the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.ask.reach import Reach
from pipeline.clock import Clock
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.ask.sent import Sent
    from pipeline.helpers.helper import HearingHelper, VoiceHelper
    from pipeline.helpers.speech_api import Endpoint
    from pipeline.helpers.wyoming import WyomingServer

HEARING = "wyoming://HOST:10300 or http://HOST:PORT/v1#MODEL"
VOICE = "wyoming://HOST:10200#VOICE or http://HOST:PORT/v1#MODEL:VOICE"
"""What an address can look like, for people. Wyoming's #VOICE may be missing: then it is the server's usual one."""


@dataclass(frozen=True, slots=True)
class Helping:
    """What a helper is opened with."""

    clock: Clock
    limit: Reach  # how far what is said may go
    key: str = ""  # for a server that wants one; Wyoming has none
    on_sent: Callable[[Sent], None] | None = None  # called with every request before it leaves


def open_hearing(address: str, helping: Helping, language: str | None, hot_words: Sequence[str] = ()) -> HearingHelper:
    """Who recognises speech at `address`; nothing is sent yet. `language` is ISO 639-1, or None to have it detected.

    Raises UsageError if the address is wrong.
    """
    if address.startswith("wyoming://"):
        from pipeline.helpers.wyoming import WyomingEars

        server, _ = _wyoming(address, helping, HEARING)
        return WyomingEars(server, language, hot_words)
    from pipeline.helpers.speech_api import ApiEars

    return ApiEars(_endpoint(address, helping, HEARING), language, hot_words)


def open_voice(address: str, helping: Helping, speed: float = 1.0) -> VoiceHelper:
    """Who speaks at `address`, `speed` times as fast as by itself where it can; nothing is sent yet.

    Raises UsageError if the address is wrong.
    """
    if address.startswith("wyoming://"):
        from pipeline.helpers.wyoming import WyomingVoice

        return WyomingVoice(*_wyoming(address, helping, VOICE))
    from pipeline.helpers.speech_api import ApiVoice

    base, _, voice = address.rpartition(":")
    if "#" not in base or not voice:
        raise _wrong(address, VOICE)
    return ApiVoice(_endpoint(base, helping, VOICE, address), voice, speed)


def _wyoming(address: str, helping: Helping, forms: str) -> tuple[WyomingServer, str]:
    """The server, and what stands behind the #."""
    from pipeline.helpers.wyoming import WyomingServer

    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port  # which raises ValueError if it is not a number
    except ValueError:
        host, port = None, None
    if not host or not port or parts.path or parts.query:
        raise _wrong(address, forms)
    return WyomingServer(helping.clock, address, host, port, helping.limit, helping.on_sent), parts.fragment


def _endpoint(url: str, helping: Helping, forms: str, name: str = "") -> Endpoint:
    from pipeline.helpers.speech_api import Endpoint

    base_url, _, model = url.partition("#")
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and bool(model)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise _wrong(name or url, forms)
    return Endpoint(helping.clock, name or url, base_url, model, helping.limit, helping.key, helping.on_sent)


def _wrong(address: str, forms: str) -> UsageError:
    return UsageError(f"helper '{address}': not an address; write it like {forms}")
