"""Settings: flag over environment over `glasses.toml` here over the user's file over the built-in default.

An environment variable is named GLASSES_<SECTION>_<KEY>, as in GLASSES_LISTEN_MODEL=tiny. API keys are
not settings: they come from the environment or from a file of their own, and are never shown.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from glasses.settings import CHOICES, LIMITS, SECONDS, SECTIONS, Config
from pipeline.errors import UsageError

KEYS = (
    *("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MODEL_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"),  # of services
    "GLASSES_API_KEY",  # for a server given by its address
)
"""The secrets that are known; only whether they are set is ever shown."""

_LISTS = frozenset({"ask.backend", "ask.agent_backends"})
"""Settings that may also be a list of texts in a file: one with commas in it would not be one address."""

_SECRET = re.compile(r"(^|_)(api_?)?key($|_)|apikey|secret|password|(^|_)token($|_)", re.IGNORECASE)


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
        config = _merged(config, _read(path), str(path))
    for key, name, text in _from_environment(environ):
        config = _merged(config, {key: text}, name)
    return _merged(config, overrides, "flag")


def check(path: Path) -> None:
    """Raises UsageError if the settings in the file at `path` can't be used, naming the place."""
    _merged(Config(), _read(path), str(path))


def defaults(overrides: Mapping[str, Any]) -> Config:
    """The built-in settings with `overrides`, whatever this machine's files and environment say."""
    return _merged(Config(), overrides, "flag")


def known(config: Config) -> dict[str, Any]:
    """Every setting as "section.key" and its value. The camera's address may hold a password: show it shortened."""
    values = {}
    for section in SECTIONS:
        settings = getattr(config, section)
        values.update({f"{section}.{item.name}": getattr(settings, item.name) for item in fields(settings)})
    return values | {f"costs.{stage}": seconds for stage, seconds in config.costs.items()}


def read_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The API keys by name: `environ` over the user's file `keys` (NAME=value, a line each).

    Raises UsageError if that file cannot be read, or if other users of the machine can.
    """
    path = folder() / "keys"
    found: dict[str, str] = {}
    if path.is_file():
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise UsageError(f"{path}: others may read your keys; run: chmod 600 {path}")
        for line in _text(path).splitlines():
            name, separator, value = line.strip().removeprefix("export ").partition("=")
            if separator and not name.startswith("#"):
                found[name.strip()] = value.strip().strip("'\"")
    return found | {name: value for name, value in environ.items() if name.endswith("_API_KEY") and value}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    """A file's settings as "section.key"; nothing if the file is not there."""
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    settings = dict(_flat(content))
    if secret := next((key for key in settings if _SECRET.search(key.rpartition(".")[2])), None):
        raise UsageError(
            f"{path}: '{secret}' looks like a secret, and settings are shown; put it into the environment, "
            f"or into {folder() / 'keys'} as OPENAI_API_KEY=..."
        )
    return settings


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _joined(key: str, given: Any, source: str) -> Any:
    """`given`, where it is a list of addresses as a chain is written on the command line. Others stay as they are."""
    if key not in _LISTS or not isinstance(given, list):
        return given
    if not all(isinstance(one, str) and one.strip() and "," not in one for one in given):
        raise UsageError(f"{source}: {key} must be a list of addresses, each a text without commas, not {given!r}")
    return ", ".join(given)


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Key, variable and text of every setting in the environment."""
    variables = {f"GLASSES_{key.upper().replace('.', '_')}": key for key in known(Config())}
    for name, text in environ.items():
        if name in variables:
            yield variables[name], name, text
        elif name.startswith("GLASSES_") and name not in KEYS:
            close = difflib.get_close_matches(name, variables, n=1)
            remedy = f"did you mean {close[0]}?" if close else "names are like GLASSES_LISTEN_MODEL"
            raise UsageError(f"environment: {name} is not a setting; {remedy}")


def _merged(config: Config, settings: Mapping[str, Any], source: str) -> Config:
    """`config` with `settings` over it. A stage's cost may be new: stages are known to the pipeline, not here."""
    sources = dict(config.sources)
    defaults = known(Config())
    for key, given in settings.items():
        if given is None:
            continue
        section, _, name = key.partition(".")
        if key not in defaults and not (section == "costs" and name):
            raise UsageError(f"{source}: there is no setting '{key}'; {_nearest(key, defaults)}")
        value = _checked(key, _joined(key, given, source), defaults.get(key, 0.0), source)
        if section == "costs":
            config = replace(config, costs=MappingProxyType({**config.costs, name: value}))
        else:
            config = replace(config, **{section: replace(getattr(config, section), **{name: value})})
        sources[key] = source
    return replace(config, sources=MappingProxyType(sources))


def _checked(key: str, given: Any, default: Any, source: str) -> Any:
    """`given` with the type of `default`, converted where it is text from the environment."""
    kind = type(default)
    value = given
    if kind is bool and source.startswith("GLASSES_"):
        value = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            given.lower(), given
        )
    elif kind is not str and source.startswith("GLASSES_"):
        with contextlib.suppress(ValueError):
            value = kind(given)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        names = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}
        raise UsageError(f"{source}: {key} must be {names[kind]}, not {given!r}")
    if kind is bool:
        return value
    if kind is not str:
        low, high = LIMITS.get(key, SECONDS)
        if not low <= value <= high:
            raise UsageError(f"{source}: {key} must be from {low:g} to {high:g}, not {given!r}")
    elif key == "listen.language" and not re.fullmatch(r"([a-z]{2,3})?", value):
        raise UsageError(f"{source}: {key} must be a code like en, or empty to detect it, not {given!r}")
    elif key in CHOICES and value not in CHOICES[key]:
        words = ", ".join(word or "empty" for word in CHOICES[key])
        raise UsageError(f"{source}: {key} must be one of {words}, not {given!r}")
    elif default and not value.strip():
        raise UsageError(f"{source}: {key} is empty")
    elif key != "camera.address" and re.search(r"://[^/]*:[^/]*@", value):
        raise UsageError(f"{source}: {key} holds a password; put a key into GLASSES_API_KEY in the environment instead")
    return value


def _nearest(key: str, every: Iterable[str]) -> str:
    names = list(every)
    close = [name for name in names if name.endswith("." + key.rpartition(".")[2])]
    close = close or difflib.get_close_matches(key, names, n=1)
    return f"did you mean '{close[0]}'?" if close else "`glasses config show` lists the settings"
