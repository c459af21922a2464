"""A session as it stands, below the timeline of a terminal: what is drawn, in how much room, and nothing left of it."""

from __future__ import annotations

import io
import re
from functools import cache

import numpy as np
import pytest
from rich.console import Console

from glasses.dashboard import Dashboard
from glasses.printer import Printer
from glasses.settings import Start
from glasses.view import Timeline
from pipeline import clock as clocks
from pipeline.clock import Clock
from pipeline.types import AudioChunk, Event, VideoFrame, read_only
from tests.clips import quadrants
from tests.timeline import Scripted, tone
from tests.timeline import Timeline as Day

QUESTION = "What does the sign over there say, and when does it open on weekdays?"
ANSWER = "It is open from nine until six on weekdays. " * 8
ABOUT = {"title": "A day", "camera": "none", "microphone": "none"}


@cache
def session() -> list[Event]:
    events = Day(end=30.0).says(1.0, 2.0, QUESTION).says(24.0, 25.0, "And").play(Scripted(ANSWER, first=1.0))
    return [Event(0.0, 0, 0, "session.started", ABOUT), *events[1:]]


def terminal(width: int = 80, height: int = 24, *, colours: bool = True) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor" if colours else None,
        width=width,
        height=height,
    )


def at(t: float, console: Console, start: Start | None = None, *, live: bool = False) -> Dashboard:
    """As it stands at `t`, with a picture and a loud tone."""
    dashboard = Dashboard(console, lambda: t, start or Start(), live=live)
    for n in [*range(min(25, round(t * 10))), round(t * 10) - 1]:
        dashboard.preview.frame(VideoFrame(n / 10, n, read_only(quadrants(640, 480))))
    dashboard.preview.sound(AudioChunk(t, tone(0.032), 16_000))
    for event in session():
        if event.t <= t:
            dashboard(event)
    return dashboard


def lines(dashboard: Dashboard, console: Console) -> list[str]:
    """What it draws, without colours."""
    file = console.file
    assert isinstance(file, io.StringIO)
    file.truncate(file.seek(0))
    console.print(dashboard, end="")
    return re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()


def test_it_says_how_loud_it_is_and_what_goes_on() -> None:
    console = terminal()
    (rule, status) = lines(at(0.5, console, Start("name")), console)
    assert set(rule) == {"─"}
    assert status == "idle     ▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▯▯▯▯▯  -15 dB  say “hey glasses, ...”"


def test_it_is_the_light_of_a_machine_without_one() -> None:
    console = terminal(width=100)
    dashboard = at(0.5, console)
    dashboard(Event(0.5, 90, 0, "light", {"open": ["camera", "microphone"]}))
    assert "◉ camera and microphone" in lines(dashboard, console)[1]
    dashboard(Event(0.5, 91, 0, "light", {"open": []}))
    dashboard(Event(0.5, 92, 0, "privacy", {"state": "on"}))
    assert "◉" not in (status := lines(dashboard, console)[1])
    assert "  privacy  " in status
    assert "p, or a long press, opens them" in status


def test_words_grow_as_they_are_heard_and_answered() -> None:
    console = terminal(colours=False)
    early = lines(at(2.2, console), console)
    assert early[1].startswith("hearing")
    assert " ".join(" ".join(early[2:]).split()) == f"heard {QUESTION}"
    counts = [" ".join(lines(at(t, console), console)).count("weekdays.") for t in (3.0, 3.5, 4.0)]
    assert counts[0] < counts[1] < counts[2]


def test_of_a_long_answer_the_end_is_shown() -> None:
    console = terminal(colours=False)
    _, _, _, first, second, last, *_ = lines(at(15.0, console), console)
    assert first.startswith("answer   …")
    assert second.startswith("         ")
    assert last == "         weekdays."


def test_the_last_turn_is_told_by_its_stages_and_its_frame() -> None:
    console = terminal(colours=False)
    text = " ".join(" ".join(lines(at(15.0, console), console)).split())
    assert re.search(r"1\.\d\d s to the first sound = silence 0\.\d\d \+ first token 0\.\d\d \+ voice 0\.\d\d", text)
    assert "s ago: sharpest settled frame" in text


def test_the_chosen_frame_is_shown_where_the_terminal_has_its_colours() -> None:
    console = terminal()
    picture = [line for line in lines(at(15.0, console), console) if "▀" in line]
    assert len(picture) == 9
    assert {line.count("▀") for line in picture} == {24}  # 4:3, a character is two pixels high
    assert all(len(line) == 79 for line in picture)
    assert "▀" not in "".join(lines(at(15.0, plain := terminal(colours=False)), plain))


def test_what_is_seen_now_is_shown_large_where_that_is_wanted() -> None:
    console = terminal(height=40)
    drawn = lines(at(2.5, console, live=True), console)
    assert max(line.count("▀") for line in drawn) >= 60
    assert any("640x480, 0.1 s old" in line for line in drawn)
    assert len(drawn) < 40


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("height", [1, 10, 24])
@pytest.mark.parametrize("width", [1, 20, 64, 300])
def test_it_fits_into_any_terminal(width: int, height: int, live: bool) -> None:
    for t in (0.5, 2.2, 15.0):
        console = terminal(width, height)
        drawn = lines(at(t, console, live=live), console)
        assert len(drawn) <= max(1, height - 2)
        assert live or len(drawn) <= max(1, height // 2 + 1)
        assert all(len(line) < max(width, 2) for line in drawn)


def test_a_models_words_do_not_steer_the_terminal() -> None:
    console = terminal()
    dashboard = at(15.0, console)
    dashboard(Event(15.0, 999, 1, "answer.delta", {"text": "\x1b[2J\x07 until"}))
    assert "\x1b" not in "".join(lines(dashboard, console))


def printed(console: Console, script: list[Event]) -> str:
    """All that a session of `script` writes to a terminal."""

    async def main(clock: Clock) -> None:
        dashboard, timeline = Dashboard(console, clock.now, Start()), Timeline(console)

        def show(event: Event) -> None:
            dashboard(event)
            timeline(event)

        printer = Printer(clock, show)
        async with dashboard.below(clock, printer):
            for event in script:
                printer(event)
                await clock.sleep_until(clock.now() + 0.01)
        await printer.close()

    clocks.run(main, virtual=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


class Screen:
    """What a terminal that scrolls for ever shows, of the few orders that are used here; wide lines are broken."""

    def __init__(self, width: int) -> None:
        self.rows: list[str] = [""]
        self.cursor_shown = True
        self._width = width
        self._row = self._column = 0

    def feed(self, text: str) -> None:
        for steering, plain in re.findall(r"(\x1b\[[?0-9;]*[A-Za-z]|\r|\n)|([^\x1b\r\n]+)", text):
            if plain:
                self._put(plain)
            elif steering == "\r":
                self._column = 0
            elif steering == "\n":
                self._row, self._column = self._row + 1, 0
                self.rows += [""] * (self._row + 1 - len(self.rows))
            elif steering == "\x1b[2K":
                self.rows[self._row] = ""
            elif steering.endswith("A"):
                self._row -= int(steering[2:-1])
                assert self._row >= 0
            elif steering in ("\x1b[?25l", "\x1b[?25h"):
                self.cursor_shown = steering.endswith("h")
            else:
                assert steering.endswith("m"), repr(steering)

    def _put(self, plain: str) -> None:
        row = self.rows[self._row].ljust(self._column)
        self.rows[self._row] = row[: self._column] + plain + row[self._column + len(plain) :]
        self._column += len(plain)
        assert self._column <= self._width


def test_at_the_end_the_timeline_is_whole_and_nothing_else_is_left() -> None:
    screen = Screen(80)
    screen.feed(printed(terminal(), session()))
    alone = Screen(80)
    console = terminal()
    timeline = Timeline(console)
    for event in session():
        timeline(event)
    assert isinstance(console.file, io.StringIO)
    alone.feed(console.file.getvalue())
    assert [row.rstrip() for row in screen.rows if row.strip()] == [row.rstrip() for row in alone.rows if row.strip()]
    assert screen.cursor_shown


def test_where_the_terminal_breaks_its_lines_anew_it_goes_up_by_as_many_more() -> None:
    console = terminal(80)
    dashboard = at(15.0, console)
    drawn = lines(dashboard, console)
    file = console.file
    assert isinstance(file, io.StringIO)
    file.truncate(file.seek(0))
    console.width = 50
    dashboard(Event(15.0, 999, 0, "camera.rates", {}))
    assert file.getvalue() == "\x1b[1A\x1b[2K" * len(drawn)  # each was 79 wide, and is two now


def test_a_terminal_that_became_wider_or_lower_is_drawn_on_as_before() -> None:
    console = terminal(80)
    dashboard = at(15.0, console)
    drawn = lines(dashboard, console)
    console.width, console.height = 120, 12
    assert len(lines(dashboard, console)) <= 12
    assert len(drawn) == 10


def test_drawing_never_needs_what_no_longer_is_there() -> None:
    console = terminal()
    dashboard = Dashboard(console, lambda: 100.0, Start())
    dashboard(Event(99.0, 0, 1, "looked", {"frames": [42.0], "ages": [57.0], "scores": [1.0], "reason": "one view"}))
    dashboard(Event(99.5, 1, 1, "heard", {"text": "What was that?"}))
    dashboard.preview.frame(VideoFrame(99.9, 1, read_only(np.zeros((48, 64, 3), np.uint8))))
    assert any("58 s ago: one view" in line for line in lines(dashboard, console))
