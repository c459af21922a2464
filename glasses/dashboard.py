"""The session as it is right now, a few lines below the timeline on a terminal."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glasses.preview import QUIETEST, Preview, fitting, picture
from glasses.printer import Printer
from glasses.settings import Start
from glasses.situation import Situation, State
from glasses.view import printable
from pipeline.clock import Clock
from pipeline.latency import STAGES
from pipeline.types import Event

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text

    from pipeline.types import Image

_EVERY = 0.22
"""Seconds between two drawings."""

_WIDEST, _BAR, _LABEL = 110, 20, 9
"""Columns of all of it, of the bar of the level, and of what stands before a line."""

_ROOMY = 40
"""Columns from which on lines have something before them."""

_BESIDE, _PICTURE, _LIVE = 64, 30, 64
"""Columns from which on there is a picture beside the words, its own at most, and those of a large one at most."""

_LINES = 9
"""Of the words, at most, and of the picture beside them. A terminal of less than twice as many shows the first ones."""

_LOOKS: dict[State, str] = {
    "idle": "dim",
    "awake": "bold yellow",
    "hearing": "bold cyan",
    "thinking": "bold magenta",
    "speaking": "bold green",
    "held": "yellow",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line: words, and so many columns of a picture beside them."""

    words: Text
    picture: str = ""
    columns: int = 0


class Dashboard:
    """Drawn anew each time it is printed: it fits into the console that it is printed on."""

    def __init__(self, console: Console, now: Callable[[], float], start: Start | None, *, live: bool = False) -> None:
        """`start` is how a question begins, if one may; `live`: the picture is what is seen now, and large."""
        # Coarser colours show no face of a small picture, so none is kept for them.
        self.preview = Preview(pictures=not live and console.color_system == "truecolor")
        self._console = console
        self._now = now
        self._situation = Situation(start or Start())
        self._answers = start is not None
        self._live = live
        self._lengths: list[int] = []  # of the lines as they were last drawn, columns
        self._drawn: tuple[object, int, list[str]] | None = None  # a picture, its columns, and what became of it

    def __call__(self, event: Event) -> None:
        """That has happened; call it before what is printed of `event`."""
        self._situation(event)
        self._settle()

    @asynccontextmanager
    async def below(self, clock: Clock, printer: Printer) -> AsyncIterator[None]:
        """Keeps itself below what is printed while this is entered; all is drawn by `printer`."""
        from rich.live import Live

        display = Live(self, console=self._console, auto_refresh=False, transient=True)

        def redraw() -> None:
            self._settle()
            display.refresh()

        async def draw() -> None:
            while True:
                printer.draw(redraw)
                await clock.sleep_until(clock.now() + _EVERY)

        printer.post(display.start)
        drawing = asyncio.ensure_future(draw())
        try:
            yield
        finally:
            drawing.cancel()
            printer.post(display.stop)

    def _settle(self) -> None:
        """Go up by the lines more that it takes since the terminal has become narrower: rich goes up by the others.

        Terminals break the lines that they show anew, but xterm, which cuts them.
        """
        from rich.control import Control
        from rich.segment import ControlType

        lengths, self._lengths = self._lengths, []
        more = sum((max(1, length) - 1) // self._console.width for length in lengths)
        if more and "XTERM_VERSION" not in os.environ:
            self._console.control(Control(*((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)) * more))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import ControlType, Segment

        lines = self._lines(options.max_width - 1, options.size.height)  # the last column makes some wrap
        self._lengths = [line.words.cell_len + line.columns for line in lines]
        for n, line in enumerate(lines):
            if n:
                yield Segment.line()
            yield from line.words.render(console)
            if line.columns:  # as a control, which rich hands on as it is
                yield Segment(line.picture, None, [(ControlType.CURSOR_FORWARD, line.columns)])

    def _lines(self, width: int, height: int) -> list[_Line]:
        from rich.text import Text

        width = max(1, min(width, _WIDEST))
        most = max(1, min(_LINES, height // 2))
        if self._live and self.preview.newest is not None:
            image = self.preview.newest.image
            columns = fitting(image, min(width, _LIVE), height - most - 3)
            above = [_Line(Text(), row, columns) for row in self._picture(image, columns)]
            return [*above, *map(_Line, self._words(width, most))]
        chosen = self._chosen() if width >= _BESIDE and most == _LINES else None
        columns = fitting(chosen, _PICTURE, most) if chosen is not None else 0
        words = self._words(width - columns - 2 if columns else width, most)
        beside = self._picture(chosen, columns) if chosen is not None else []
        words += [Text() for _ in range(len(beside) - len(words))]
        for line in words[: len(beside)]:
            line.pad_right(width - columns - line.cell_len)
        lines = [_Line(line, beside[n], columns) if n < len(beside) else _Line(line) for n, line in enumerate(words)]
        return [_Line(Text("─" * width, "dim")), *lines] if most == _LINES else lines

    # The picture.

    def _chosen(self) -> Image | None:
        looked = self._situation.looked
        if not looked or not looked["frames"]:
            return None
        return self.preview.chosen(looked["frames"][0])

    def _picture(self, image: Image, columns: int) -> list[str]:
        if columns <= 0:
            return []
        if self._drawn is None or self._drawn[0] is not image or self._drawn[1] != columns:
            self._drawn = image, columns, picture(image, columns, deep=self._console.color_system == "truecolor")
        return self._drawn[2]

    # The words.

    def _words(self, width: int, most: int) -> list[Text]:
        """The lines of the words, each at most `width` columns wide; the first ones matter most."""
        from rich.text import Text

        situation, now = self._situation, self._now()
        lines = [self._status(width, now)]
        question = Text(printable(situation.question), "" if situation.certain else "italic dim")
        for name, text, style, many in (
            ("heard", question, "cyan", 2),
            ("answer", Text(printable(situation.answer)), "green", 3),
            ("time", Text(self._stages()), "magenta", 2),
            ("seen", Text(self._seen(now)), "blue", 2),
        ):
            label = _LABEL if width >= _ROOMY else 0
            for n, line in enumerate(self._part(text, width - label, many, end=name in ("heard", "answer"))):
                head = f"{'' if n else name:{label}}" if label else ""
                lines.append(Text.assemble((head, style), line))
        return lines[:most]

    def _status(self, width: int, now: float) -> Text:
        from rich.text import Text

        situation, state = self._situation, self._situation.state(now)
        line = Text(f"{state:{_LABEL}}", _LOOKS[state]) if self._answers else Text()
        bar, level = min(_BAR, width - len(line)), self.preview.level
        if bar > 0:
            full = round((level - QUIETEST) / -QUIETEST * bar)
            line.append("▮" * full, "red" if level > -3 else "green")
            line.append("▯" * (bar - full), "dim")
        notes = [("privacy", "bold yellow")] if situation.private else []
        notes += [(f"◉ {' and '.join(situation.open)}", "bold green")] if situation.open else []
        notes += [(f"no {name}", "bold red") for name in situation.lost]
        notes += [("● recording", "red")] if situation.recording else []
        notes += [(f"{level:.0f} dB" if level > QUIETEST else "silent", "dim")]
        notes += [(self._hint(state, now), "dim")] if self._answers else []
        if self._live and self.preview.newest is not None:
            shape, age = self.preview.newest.image.shape, max(0.0, now - self.preview.newest.t)  # a file is read ahead
            notes.append((f"{shape[1]}x{shape[0]}, {age:.1f} s old", "dim"))
        elif self._live:
            notes.append(("no picture yet", "dim"))
        for text, style in notes:
            if text and line.cell_len + len(text) + 2 <= width:
                line.append(f"  {text}", style)
        line.truncate(width)
        return line

    def _hint(self, state: State, now: float) -> str:
        """What the wearer can do."""
        start = self._situation.start
        if self._situation.private:
            return "p, or a long press, opens them"
        if state == "idle":
            return {
                "wake": f"say “{start.wake_word.replace('_', ' ')}”",
                "name": f"say “hey {start.name}, ...”",
                "key": "press the button",
            }.get(start.how, "")
        return {"awake": "ask", "speaking": "“stop” ends it"}.get(state, "")

    def _seen(self, now: float) -> str:
        looked = self._situation.looked
        if not looked:
            return ""
        if not looked["frames"]:
            return printable(looked["reason"])
        ago = now - looked["frames"][0]
        return f"{_ago(ago)} ago: {printable(looked['reason'])}"

    def _stages(self) -> str:
        latency = self._situation.latency
        if latency is None:
            return ""
        parts = [f"{stage} {latency.stages[stage]:.2f}" for stage in STAGES if latency.stages[stage] >= 0.005]
        return f"{latency.first_sound:.2f} s to the first sound = {' + '.join(parts)}"

    def _part(self, text: Text, width: int, most: int, *, end: bool) -> list[Text]:
        """`text` as at most so many lines of so many columns: of what is longer, the beginning or the `end`."""
        from rich.text import Text

        text = Text(" ".join(text.plain.split()), text.style)
        if not text or width < 1:
            return []
        lines = list(text.wrap(self._console, width, overflow="fold"))
        if len(lines) > most and end:
            lines = lines[-most:]
            lines[0].plain = f"…{lines[0].plain[1:]}"
        elif len(lines) > most:
            lines = lines[:most]
            lines[-1].truncate(width - 1)
            lines[-1].append("…")
        for line in lines:
            line.rstrip()
        return lines


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
