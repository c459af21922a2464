"""Settings: flag over environment over `glasses.toml` here over the user's file over the built-in default.

An environment variable is named GLASSES_<SECTION>_<KEY>, as in GLASSES_LISTEN_MODEL=tiny. API keys are
not settings: they come from the environment or from a file of their own, and are never shown.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import UsageError

KEYS = ("OPENAI_API_KEY", "GLASSES_API_KEY")
"""The secrets that are known; only whether they are set is ever shown."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Hearing."""

    model: str = "base"  # whisper: tiny, base, or a folder with CTranslate2 weights
    language: str = "en"  # ISO 639-1; empty to detect it
    end_silence: float = 0.7  # seconds of silence that end an utterance


@dataclass(frozen=True, slots=True)
class Look:
    """Choosing the frame."""

    max_age: float = 1.0  # seconds before the first word of a question: no older frame is used


@dataclass(frozen=True, slots=True)
class Ask:
    """Asking a model."""

    backend: str = "ondevice"  # address: ondevice, openai:MODEL or http://HOST:PORT/v1#MODEL
    first_timeout: float = 20.0  # seconds until the first word must have come
    next_timeout: float = 10.0  # seconds until each further word must have come
    max_tokens: int = 2000  # of an answer, reasoning included


@dataclass(frozen=True, slots=True)
class Speak:
    """Speaking."""

    voice: str = "en_US-joe-medium"  # Piper voice, or the path of an .onnx file
    speed: float = 1.0  # of speech; 1.2 is a fifth faster


@dataclass(frozen=True, slots=True)
class Weights:
    """Where model weights lie."""

    folder: str = ""  # the user's model folder; empty for the usual place


_COSTS = {
    "transcribe": 0.25,
    "encode": 0.01,
    "read": 0.9,
    "synthesise": 0.12,
    "ask.first": 0.8,
    "ask.next": 0.03,
}


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, and for each value that is not built in where it came from."""

    listen: Listen = field(default_factory=Listen)
    look: Look = field(default_factory=Look)
    ask: Ask = field(default_factory=Ask)
    speak: Speak = field(default_factory=Speak)
    weights: Weights = field(default_factory=Weights)
    costs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(_COSTS)))  # seconds a call
    sources: Mapping[str, str] = field(default_factory=dict)


_SECTIONS = ("listen", "look", "ask", "speak", "weights", "costs")


def files() -> tuple[Path, ...]:
    """The configuration files that count, the weaker first, there or not."""
    return folder() / "config.toml", Path("glasses.toml")


def folder() -> Path:
    """The user's configuration folder, by the XDG rules on Linux."""
    import platformdirs

    return platformdirs.user_config_path("glasses")


def load(overrides: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Config:
    """The settings in force. `overrides` are flags such as {"ask.backend": "ondevice"}; None is no flag.

    Raises UsageError for unknown keys, wrong types and impossible values, naming the place.
    """
    config = Config()
    for path in files():
        config = _merged(config, _flat(path), str(path))
    return _merged(_merged(config, _from_environment(environ), "environment"), overrides, "flag")


def defaults(overrides: Mapping[str, Any]) -> Config:
    """The built-in settings with `overrides`, whatever this machine's files and environment say."""
    return _merged(Config(), overrides, "flag")


def known(config: Config) -> dict[str, Any]:
    """Every setting as "section.key" and its value."""
    values = {}
    for section in _SECTIONS[:-1]:
        settings = getattr(config, section)
        values.update({f"{section}.{item.name}": getattr(settings, item.name) for item in fields(settings)})
    return values | {f"costs.{stage}": seconds for stage, seconds in config.costs.items()}


def read_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The API keys: `environ` over the user's file `keys` (KEY=value, a line each).

    Raises UsageError if other users of the machine may read that file.
    """
    path = folder() / "keys"
    found: dict[str, str] = {}
    if path.is_file():
        if path.stat().st_mode & 0o077:
            raise UsageError(f"{path}: others may read your keys; run: chmod 600 {path}")
        for line in path.read_text(encoding="utf-8").splitlines():
            name, separator, value = line.strip().partition("=")
            if separator and not name.startswith("#"):
                found[name.strip()] = value.strip().strip("'\"")
    return found | {name: value for name, value in environ.items() if name.endswith("_API_KEY") and value}


def _flat(path: Path) -> dict[str, Any]:
    """A file's settings as "section.key"; nothing if the file is not there."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    flat: dict[str, Any] = {}
    for section, values in content.items():
        _refuse_secrets(section, path)
        if not isinstance(values, dict):
            raise UsageError(f"{path}: '{section}' stands outside of a section; {_nearest(section)}")
        for key, value in values.items():
            _refuse_secrets(key, path)
            flat[f"{section}.{key}"] = value
    return flat


def _refuse_secrets(key: str, path: Path) -> None:
    if "key" in key.lower().split("_") or "secret" in key.lower() or "token" in key.lower().split("_"):
        raise UsageError(
            f"{path}: '{key}' looks like a secret, and settings are shown; put it into the environment "
            f"or into {folder() / 'keys'} as OPENAI_API_KEY=..."
        )


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    flat = {}
    for name, text in environ.items():
        if not name.startswith("GLASSES_") or name in KEYS:
            continue
        section, _, key = name.removeprefix("GLASSES_").lower().partition("_")
        if section in _SECTIONS:
            flat[f"{section}.{key}"] = text
    return flat


def _merged(config: Config, flat: Mapping[str, Any], source: str) -> Config:
    sources = dict(config.sources)
    values = known(config)
    for key, given in flat.items():
        if given is None:
            continue
        section, _, name = key.partition(".")
        if section == "costs":
            value = _typed(key, given, 0.0, source)
            config = replace(config, costs=MappingProxyType({**config.costs, name: value}))
        elif key not in values:
            raise UsageError(f"{source}: there is no setting '{key}'; {_nearest(key)}")
        else:
            settings = replace(getattr(config, section), **{name: _typed(key, given, values[key], source)})
            config = replace(config, **{section: settings})
        sources[key] = source
    return replace(config, sources=MappingProxyType(sources))


def _typed(key: str, given: Any, like: Any, source: str) -> Any:
    """`given` with the type of `like`; text from the environment is converted."""
    kind = type(like)
    try:
        if isinstance(given, bool) or (isinstance(given, str) and kind is not str and source != "environment"):
            raise ValueError
        value = kind(given) if isinstance(given, str) or kind is float else given
        if not isinstance(value, kind):
            raise ValueError
    except (TypeError, ValueError):
        names = {str: "text", float: "a number", int: "a whole number"}
        raise UsageError(f"{source}: {key} must be {names[kind]}, not {given!r}") from None
    if kind in (int, float) and not (0 <= value < 1e9 and (value > 0 or key.startswith("costs."))):
        raise UsageError(f"{source}: {key} must be greater than 0, not {given!r}")
    return value


def _nearest(key: str) -> str:
    every = list(known(Config()))
    close = difflib.get_close_matches(key, every, n=1, cutoff=0.5)
    close = close or [name for name in every if name.endswith("." + key.rpartition(".")[2])]
    return f"did you mean '{close[0]}'?" if close else "`glasses config show` lists the settings"
