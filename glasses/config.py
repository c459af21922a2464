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
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import UsageError

KEYS = (
    *("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MODEL_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"),  # of services
    "GLASSES_API_KEY",  # for a server given by its address
)
"""The secrets that are known; only whether they are set is ever shown."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What sees."""

    address: str = "webcam"  # as `glasses devices` lists them
    width: int = 1280  # pixels asked of it
    height: int = 720  # pixels asked of it
    rate: float = 30.0  # frames a second asked of it


@dataclass(frozen=True, slots=True)
class Microphone:
    """What hears."""

    address: str = "default"  # as `glasses devices` lists them


@dataclass(frozen=True, slots=True)
class Speaker:
    """What speaks."""

    address: str = "default"  # as `glasses devices` lists them


@dataclass(frozen=True, slots=True)
class Listen:
    """Hearing."""

    model: str = "base"  # whisper: tiny, base, or a folder with CTranslate2 weights (small, medium, ...)
    language: str = "en"  # ISO 639-1; empty to detect it
    hot_words: str = ""  # words to expect, such as names, with commas between
    end_silence: float = 0.7  # seconds of silence that end an utterance


@dataclass(frozen=True, slots=True)
class Look:
    """Choosing the frame."""

    max_age: float = 1.0  # seconds before the first word of a question: no older frame is used
    rate: float = 15.0  # frames a second that are looked at, of those the camera gives


@dataclass(frozen=True, slots=True)
class Ask:
    """Asking a model."""

    backend: str = "ondevice"  # address, or several with commas between: where one fails, the next is asked
    reach: str = ""  # how far pictures may go: machine, lan, hosted; empty: as far as the first backend, lan excepted
    hedge: float = 0.0  # seconds after which the next backend is started though one is still at work; 0 for never
    first_timeout: float = 20.0  # seconds until the first word must have come
    next_timeout: float = 10.0  # seconds until each further word must have come
    blur_faces: bool = False  # whether faces are made unrecognisable in what leaves this machine
    max_tokens: int = 2000  # of an answer, reasoning included
    mode: str = "auto"  # how hard to think: auto, instant, thinking, contemplating
    agents: int = 3  # that contemplate at once; below 2 nobody does
    agent_backends: str = ""  # addresses of those, with commas between, in turn; empty for the backend itself
    contemplate_timeout: float = 30.0  # seconds that contemplating may take
    impression: float = 6.0  # seconds of contemplating after which a first impression is told


@dataclass(frozen=True, slots=True)
class Speak:
    """Speaking."""

    voice: str = "en_US-joe-medium"  # Piper voice, or the path of an .onnx file
    voices: str = ""  # more of them, with commas between: questions in their languages are answered in them
    speed: float = 1.0  # of speech; 1.2 is a fifth faster


@dataclass(frozen=True, slots=True)
class Record:
    """Keeping what was seen and heard."""

    folder: str = ""  # where recordings and pictures go; empty for the usual place
    keep_days: int = 0  # days after which a recording is deleted; 0 keeps it for ever
    budget: float = 0.0  # gigabytes of recordings, the oldest deleted first; 0 for no limit


@dataclass(frozen=True, slots=True)
class Weights:
    """Where model weights lie."""

    folder: str = ""  # the user's model folder; empty for the usual place


_COSTS = {
    "transcribe": 0.25,
    "encode": 0.01,
    "load": 0.0,
    "resolve": 0.02,
    "faces": 0.3,
    "read": 0.9,
    "objects": 0.1,
    "codes": 0.05,
    "colours": 0.01,
    "light": 0.01,
    "synthesise": 0.12,
    "ask.first": 0.8,
    "ask.next": 0.03,
}


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, and for each value that is not built in where it came from."""

    camera: Camera = field(default_factory=Camera)
    microphone: Microphone = field(default_factory=Microphone)
    speaker: Speaker = field(default_factory=Speaker)
    listen: Listen = field(default_factory=Listen)
    look: Look = field(default_factory=Look)
    ask: Ask = field(default_factory=Ask)
    speak: Speak = field(default_factory=Speak)
    record: Record = field(default_factory=Record)
    weights: Weights = field(default_factory=Weights)
    costs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(_COSTS)))  # seconds a call
    sources: Mapping[str, str] = field(default_factory=dict)


_SECTIONS = ("camera", "microphone", "speaker", "listen", "look", "ask", "speak", "record", "weights")

_LIMITS = {
    "camera.width": (16, 16384),
    "camera.height": (16, 16384),
    "camera.rate": (0.1, 1000.0),
    "look.rate": (0.1, 1000.0),
    "record.keep_days": (0, 36500),
    "record.budget": (0.0, 1e6),
    "listen.end_silence": (0.1, 10.0),
    "ask.first_timeout": (0.1, 3600.0),
    "ask.next_timeout": (0.1, 3600.0),
    "ask.max_tokens": (1, 1_000_000),
    "ask.agents": (0, 12),
    "ask.contemplate_timeout": (1.0, 3600.0),
    "speak.speed": (0.25, 4.0),
}
"""The least and the most that make sense."""

_SECONDS = (0.0, 3600.0)
"""The same for every other number."""

_MODES = ("auto", "instant", "thinking", "contemplating")

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


def defaults(overrides: Mapping[str, Any]) -> Config:
    """The built-in settings with `overrides`, whatever this machine's files and environment say."""
    return _merged(Config(), overrides, "flag")


def known(config: Config) -> dict[str, Any]:
    """Every setting as "section.key" and its value. The camera's address may hold a password: show it shortened."""
    values = {}
    for section in _SECTIONS:
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
        value = _checked(key, given, defaults.get(key, 0.0), source)
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
        low, high = _LIMITS.get(key, _SECONDS)
        if not low <= value <= high:
            raise UsageError(f"{source}: {key} must be from {low:g} to {high:g}, not {given!r}")
    elif key == "listen.language" and not re.fullmatch(r"([a-z]{2,3})?", value):
        raise UsageError(f"{source}: {key} must be a code like en, or empty to detect it, not {given!r}")
    elif key == "ask.reach" and value not in ("", "machine", "lan", "hosted"):
        raise UsageError(f"{source}: {key} must be machine, lan or hosted, or empty, not {given!r}")
    elif key == "ask.mode" and value not in _MODES:
        raise UsageError(f"{source}: {key} must be one of {', '.join(_MODES)}, not {given!r}")
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
