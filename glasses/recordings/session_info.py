"""session.toml: where a recording comes from, under what licence, and what a test may expect of it."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

from glasses.recordings.faults import NOT_BEGUN, cannot_write
from pipeline.errors import GlassesError
from pipeline.types import Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Expect:
    """What one turn of a replay should come to. Words are compared without regard to case by whoever tests them."""

    heard: tuple[str, ...] = ()  # words that the transcript contains
    frame_between: tuple[float, float] | None = None  # a good frame was captured in this window, seconds
    mentions: tuple[tuple[str, ...], ...] = ()  # the answer has one alternative of each
    never_mentions: tuple[str, ...] = ()
    outcome: Outcome = "ok"
    words_at_most: int | None = None  # of the answer


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The whole of session.toml; everything in it is optional."""

    title: str = ""
    device: str = ""  # what recorded it, or how it was made
    start: str = ""  # wall-clock time of t = 0, ISO 8601
    start_unsure: bool = False  # the machine's clock had not been set by the network: it may have been years later
    consent: str = ""  # of those who are seen and heard
    licence: str = ""  # of what is seen and heard
    seconds: float | None = None  # to the end of the last picture or sound; None where the recorder was killed
    frames: int | None = None  # pictures in it
    frames_dropped: int | None = None  # pictures left out because the recorder could not keep up
    sound_seconds: float | None = None  # of sound in it
    answers: int | None = None  # turns that are answered; None where the recording does not say
    expect: tuple[Expect, ...] = ()  # one a turn

    @classmethod
    def read(cls, path: Path) -> SessionInfo:
        """Raises GlassesError naming the file and the key if something is unknown, of the wrong type or unreadable."""
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise GlassesError(f"{path}: cannot be read ({error}); correct the file") from error
        table = _Table(values, str(path))
        info = cls(
            title=table.take("title", str, ""),
            device=table.take("device", str, ""),
            start=table.time("start"),
            start_unsure=table.flag("start_unsure"),
            consent=table.take("consent", str, ""),
            licence=table.take("licence", str, ""),
            seconds=table.number("seconds"),
            frames=table.take("frames", int, None),
            frames_dropped=table.take("frames_dropped", int, None),
            sound_seconds=table.number("sound_seconds"),
            answers=table.take("answers", int, None),
            expect=tuple(
                _expect(_Table(turn, f"{path}, expect {number}"))
                for number, turn in enumerate(table.take("expect", list, []), start=1)
            ),
        )
        table.end()
        return info

    def write(self, path: Path) -> None:
        """Write what is not empty. Raises GlassesError if the file cannot be written."""
        import tomlkit

        document = tomlkit.document()
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "expect" and value not in ("", None) and value is not False:
                document[item.name] = value
        turns = tomlkit.aot()
        for expect in self.expect:
            turns.append(tomlkit.item(_plain(expect)))
        if self.expect:
            document["expect"] = turns
        try:
            path.write_text(tomlkit.dumps(document), encoding="utf-8")
        except OSError as error:
            raise cannot_write(path, error, NOT_BEGUN) from error


def _expect(table: _Table) -> Expect:
    outcome = table.take("outcome", str, "ok")
    if outcome not in get_args(Outcome):
        raise table.wrong("outcome", f"one of {', '.join(get_args(Outcome))}")
    expect = Expect(
        heard=table.texts("heard"),
        frame_between=table.window("frame_between"),
        mentions=table.alternatives("mentions"),
        never_mentions=table.texts("never_mentions"),
        words_at_most=table.take("words_at_most", int, None),
        outcome=outcome,
    )
    table.end()
    return expect


def _plain(expect: Expect) -> dict[str, Any]:
    """What is not the default, as TOML has it: a single alternative is a plain string."""
    fields: dict[str, Any] = {
        "heard": list(expect.heard),
        "frame_between": list(expect.frame_between or ()),
        "mentions": [words[0] if len(words) == 1 else list(words) for words in expect.mentions],
        "never_mentions": list(expect.never_mentions),
        "words_at_most": expect.words_at_most,
        "outcome": expect.outcome,
    }
    return {key: value for key, value in fields.items() if value not in ([], None, "ok")}


class _Table:
    """A TOML table that is read key by key; what is left at the end nobody knows."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise GlassesError(f"{where}: must be a table")
        self._values = values
        self._where = where
        self._known: list[str] = []

    def wrong(self, key: str, wanted: str) -> GlassesError:
        return GlassesError(f"{self._where}: {key} must be {wanted}")

    def take(self, key: str, kind: type[T], default: T | None) -> Any:
        self._known.append(key)
        value = self._values.get(key, default)
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self.wrong(key, {str: "a text", int: "a whole number", list: "a list"}[kind])
        return value

    def time(self, key: str) -> str:
        """TOML's own date and time, or a string; kept as ISO 8601."""
        if isinstance(self._values.get(key), datetime):
            self._known.append(key)
            return str(self._values[key].isoformat())
        text = str(self.take(key, str, ""))
        try:
            if text:
                datetime.fromisoformat(text)
        except ValueError as error:
            raise self.wrong(key, "a date and time such as 2026-11-23T12:00:00Z") from error
        return text

    def number(self, key: str) -> float | None:
        """A whole one is one too."""
        self._known.append(key)
        value = self._values.get(key)
        if value is None or type(value) in (int, float):
            return value
        raise self.wrong(key, "a number")

    def flag(self, key: str) -> bool:
        self._known.append(key)
        value = self._values.get(key, False)
        if isinstance(value, bool):
            return value
        raise self.wrong(key, "true or false")

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, [])
        if not _all_texts(values):
            raise self.wrong(key, "a list of texts")
        return tuple(values)

    def alternatives(self, key: str) -> tuple[tuple[str, ...], ...]:
        groups = [[item] if isinstance(item, str) else item for item in self.take(key, list, [])]
        if not all(isinstance(group, list) and group and _all_texts(group) for group in groups):
            raise self.wrong(key, "a list of texts, or of lists of alternatives")
        return tuple(tuple(group) for group in groups)

    def window(self, key: str) -> tuple[float, float] | None:
        if key not in self._values:
            self._known.append(key)
            return None
        match self.take(key, list, []):
            case [int() | float() as begin, int() | float() as end] if begin <= end:
                return float(begin), float(end)
        raise self.wrong(key, "two times in seconds, the earlier first")

    def end(self) -> None:
        """Raises GlassesError if a key was never asked for."""
        for key in self._values:
            if key not in self._known:
                close = difflib.get_close_matches(key, self._known, 1) or [", ".join(self._known)]
                raise GlassesError(f"{self._where}: unknown key {key!r}; did you mean {close[0]}?")


def _all_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
