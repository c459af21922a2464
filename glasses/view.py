"""The session for people: its event log as a timeline on the terminal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from glasses.situation import Stages
from pipeline.latency import STAGES, TurnLatency, summary
from pipeline.types import Event

if TYPE_CHECKING:
    from rich.console import Console

_MOST = 200
"""Lines of a question that was asked early which wait until it is certain; of more, the newest are shown."""

_ROOMY = 40
"""Columns of a terminal from which on the time and the name have columns of their own."""

_NAMES = {
    "session.started": "session",
    "session.ended": "end",
    "speech.started": "speech",
    "camera.opened": "camera",
    "camera.lost": "camera",
    "camera.back": "camera",
    "microphone.opened": "hearing",
    "microphone.lost": "hearing",
    "microphone.back": "hearing",
    "speaker.lost": "speaker",
    "speaker.back": "speaker",
    "helper.lost": "helper",
    "helper.back": "helper",
    "audio.gap": "sound",
    "audio.clipped": "sound",
    "recording.started": "recording",
    "recording.ended": "recording",
    "picture.taken": "picture",
    "answered": "answer",
    "pressed": "button",
    "interrupted": "stopped",
    "notice": "says",
    "cue": "sound",
}
"""What people read where the kind of an event is not a plain word."""

_STYLES = {
    "heard": "bold cyan",
    "looked": "blue",
    "asked": "magenta",
    "answered": "green",
    "speaking": "bold green",
    "fault": "bold red",
    "camera.lost": "bold red",
    "microphone.lost": "bold red",
    "speaker.lost": "bold red",
    "helper.lost": "yellow",
    "recording.started": "red",
    "privacy": "bold yellow",
    "light": "dim",
    "ignored": "dim",
    "cue": "dim",
    "wake": "bold yellow",
    "pressed": "bold yellow",
    "interrupted": "yellow",
}

_BY = {
    "speech": "somebody spoke",
    "stop": "as it was told to",
    "wake word": "by its wake word",
    "button": "by the button",
    "an order": "by an order",
}
"""What ended an answer, in words."""

_CUES = {
    "awake": "a question may come",
    "heard": "the question was understood",
    "looking": "it is being worked on",
    "failed": "something failed",
}
"""What a cue means, in words; the one that goes on and on while the wearer waits is no news."""


def printable(text: str) -> str:
    """`text` without control characters but the line's end: a model's words must not steer the terminal."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def described(event: Event) -> str:
    """What happened, in one line for people; empty for what they need not see."""
    describe = _DESCRIPTIONS.get(event.kind)
    return describe(event.data) if describe else ""


class Timeline:
    """Prints what happens as it happens: a line an event, with the session's time before it.

    A question is asked early, in a pause that may not be its end. What comes of that is shown once the question is
    certain, behind it; if speech went on instead, only what was sent away is.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stages = Stages()
        self._certain = 0  # the last turn whose question is
        self._early: deque[tuple[Event, str]] = deque(maxlen=_MOST)
        self._answer = 0, ""  # the turn, and its words so far

    def __call__(self, event: Event) -> None:
        """Show `event`, a subscriber of the log."""
        latency = self._stages.see(event)
        text = _first_sound(latency) if latency else self._described(event)
        if event.kind == "heard":
            self._certain = event.turn
            self._line(event, text)
            while self._early:
                self._line(*self._early.popleft())
        elif event.kind == "withdrawn":
            for early, what in self._early:
                if early.kind == "sent":
                    self._line(early, f"{what}, for a question that was not over yet")
            self._early.clear()
            self._answer = 0, ""
        elif text and event.turn > self._certain:
            self._early.append((event, text))
        elif text:
            self._line(event, text)

    def _described(self, event: Event) -> str:
        """As `described`; an answer's words are one line, at its end."""
        turn, words = self._answer
        if event.kind == "answer.delta":
            self._answer = event.turn, (words if turn == event.turn else "") + event.data["text"]
        elif event.kind == "answered" and turn == event.turn and words.strip():
            self._answer = 0, ""
            outcome = described(event)
            return " ".join(words.split()) + (f" ({outcome})" if outcome else "")
        return described(event)

    def _line(self, event: Event, text: str) -> None:
        from rich.table import Table
        from rich.text import Text

        text, t = printable(text), event.t
        name, style = _NAMES.get(event.kind, event.kind), _STYLES.get(event.kind, "")
        if not self._console.is_terminal:
            self._console.print(Text(f"{t:7.2f}  {name:9} {text}"), soft_wrap=True)
            return
        if self._console.width < _ROOMY:
            self._console.print(Text.assemble((f"{t:.2f} ", "dim"), (f"{name} ", style), text, overflow="fold"))
            return
        row = Table.grid(padding=(0, 2))
        row.add_column(justify="right", min_width=7)
        row.add_column(min_width=9)
        row.add_column(overflow="fold")
        row.add_row(Text(f"{t:.2f}", style="dim"), Text(name, style=style), Text(text))
        self._console.print(row)


def _first_sound(latency: TurnLatency) -> str:
    stages = ", ".join(f"{stage} {latency.stages[stage]:.2f}" for stage in STAGES)
    return f"first sound {latency.first_sound:.2f} s after the last word ({stages})"


def _session(data: dict[str, Any]) -> str:
    if "duration" not in data:
        return f"{data['title']} · camera {data['camera']} · microphone {data['microphone']}"
    parts = [str(data["title"]), f"{data['duration']:.1f} s"]
    parts.append(f"{data['width']}x{data['height']}" if data["width"] else "no picture")
    parts.append("sound" if data["sound"] else "no sound")
    return " · ".join(parts)


def _asked(data: dict[str, Any]) -> str:
    pictures = [f"{image['width']}x{image['height']}, {image['bytes'] / 1000:.0f} kB" for image in data["images"]]
    mode = f", {data['mode']} ({data['why']})" if data["mode"] != "instant" and "why" in data else ""
    trains = "; its makers may train on what they get" if data.get("trains") else ""
    return f"{data['backend']} with a picture of {' and '.join(pictures)}{mode}{trains}"


def _agent(data: dict[str, Any]) -> str:
    found = f": {data['text']}" if data["text"] else ""
    who = f"{data['agent']} of {data['of']}, {data['backend']}, {data['lens']}"
    return f"{who}: {data['state']} after {data['seconds']:.1f} s{found}"


def _spoken(data: dict[str, Any]) -> str:
    heard = f": “{data['heard_text']}”" if data["heard_text"] else ""
    return f"{data['seconds']:.1f} s" + (f", interrupted{heard}" if data["interrupted"] else "")


def _answered(data: dict[str, Any]) -> str:
    return "" if data["outcome"] == "ok" else f"ended as {data['outcome']}"


def _opened(data: dict[str, Any]) -> str:
    """What the device gives, and what was asked for where that is something else."""
    given, asked = data["given"], data["asked"]
    text = f"{data['address']}: " + ", ".join(_quantity(key, value) for key, value in given.items() if value)
    differs = [_quantity(key, value) for key, value in asked.items() if key in given and given[key] != value]
    return text + (f" (asked for {', '.join(differs)})" if differs else "")


def _quantity(name: str, value: object) -> str:
    return f"{name} {value:g}" if isinstance(value, int | float) else str(value)


def _recorded(data: dict[str, Any]) -> str:
    lost = f", {data['frames_dropped']} pictures lost" if data["frames_dropped"] else ""
    return f"{data['seconds']:.1f} s, {data['frames']} pictures{lost}, {data['bytes'] / 1e6:.1f} MB in {data['path']}"


def _looked(data: dict[str, Any]) -> str:
    return " and ".join(f"frame at {t:.2f} s:" for t in data["frames"]) + f" {data['reason']}"


def _hinted(data: dict[str, Any]) -> str:
    counts = (data["lines"], "line"), (data["codes"], "code")
    read = ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count)
    return f"what was read goes along to {data['backend']}: {read}" if read else ""


def _sent(data: dict[str, Any]) -> str:
    if data.get("what") == "contact":
        return ""
    size = f"{data['bytes'] / 1000:.0f} kB" if data["bytes"] >= 1000 else f"{data['bytes']} bytes"
    what = f" of {data['what']}" if data.get("what") in ("sound", "words") else ""
    return f"{size}{what} to {data['host']}"


_DESCRIPTIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "session.started": _session,
    "camera.opened": _opened,
    "camera.lost": lambda data: str(data["what"]),
    "camera.back": lambda data: "is back",
    "microphone.opened": _opened,
    "microphone.lost": lambda data: str(data["what"]),
    "microphone.back": lambda data: "is back",
    "speaker.lost": lambda data: str(data["what"]),
    "speaker.back": lambda data: "is back",
    "helper.lost": lambda data: f"no {data['helper']}: {data['what']}",
    "slow": lambda data: f"less is done: {' and '.join(data['why'])}" if data["why"] else "all is done again",
    "helper.back": lambda data: f"the {data['helper']} is back",
    "audio.gap": lambda data: f"{data['t_end'] - data['t_start']:.1f} s are missing",
    "audio.clipped": lambda data: f"too loud for the microphone ({data['share']:.0%} of it at full scale)",
    "recording.started": lambda data: f"to {data['path']}",
    "recording.ended": _recorded,
    "picture.taken": lambda data: f"kept in {data['path']}",
    "speech.started": lambda data: "…",
    "ignored": lambda data: f"{data['t_end'] - data['t_start']:.1f} s of sound: {data['reason']}",
    "heard": lambda data: f"“{data['text']}” (confidence {data['confidence']:.2f})",
    "looked": _looked,
    "asked": _asked,
    "blurred": lambda data: (
        f"{sum(data['faces'])} faces in what goes to {data['backend']}" if any(data["faces"]) else ""
    ),
    "hinted": _hinted,
    "sent": _sent,
    "agent": _agent,
    "answered": _answered,
    "speaking": lambda data: f"“{data['text'].strip()}”",
    "spoken": _spoken,
    "wake": lambda data: f"“{data['word'].replace('_', ' ')}”",
    "pressed": lambda data: "a question may come",
    "privacy": lambda data: (
        "camera and microphone are closed" if data["state"] == "on" else "camera and microphone may be open again"
    ),
    "light": lambda data: f"on: {' and '.join(data['open'])} open" if data["open"] else "off: nothing is open",
    "held": lambda data: "silent, while somebody speaks",
    "resumed": lambda data: "speaks on",
    "interrupted": lambda data: _BY.get(data["by"], f"by {data['by']}"),
    "cue": lambda data: _CUES.get(data["name"], ""),
    "notice": lambda data: f"“{data['text']}”",
    "fault": lambda data: data["what"] + (f"; told the wearer: “{data['told']}”" if data["told"] else ""),
    "session.ended": lambda data: f"{data['frames']} frames seen",
}


def latency_table(turns: list[TurnLatency], console: Console) -> None:
    """Print the stages of each turn, their median and 95th percentile, in seconds."""
    from rich.table import Table

    table = Table("turn", *STAGES, "first sound", title="seconds, from the wearer's last voiced sample")
    for turn in turns:
        values = [*(turn.stages[stage] for stage in STAGES), turn.first_sound]
        table.add_row(str(turn.turn), *(f"{value:.3f}" for value in values))
    table.add_section()
    columns = [[turn.stages[stage] for turn in turns] for stage in STAGES]
    columns.append([turn.first_sound for turn in turns])
    for name, index in (("median", 0), ("95th", 1)):
        table.add_row(name, *(f"{summary(column)[index]:.3f}" for column in columns))
    console.print(table)
