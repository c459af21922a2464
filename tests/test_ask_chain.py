"""The chain: who takes over and when, what the wearer hears of it, who is left alone, and how far pictures go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses import cli
from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.ask.backend import PictureBudget, warm
from pipeline.ask.chain import Chain
from pipeline.ask.checking import Trouble
from pipeline.ask.reach import Reach
from pipeline.ask.recorded import RecordedAnswers
from pipeline.ask.transport import Sent
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.errors import GlassesError, UsageError
from pipeline.events import to_line
from pipeline.types import Answer, AnswerDelta, Notice, Outcome, Picture, Question
from tests.servers import DONE, STALL, ChatServer, finish, no_reader, words
from tests.timeline import FREE, Scripted, Timeline, of

QUESTION = Question(1, 0.0, "What is this?", (Picture(b"", 640, 360, 0.0),))
COSTS = {"resolve": 0.0, "encode": 0.0, "ask": 0.0}


@dataclass
class Mind:
    """A backend that does as it is told, and remembers when it was asked: the stand-in for a real one."""

    name: str
    words: tuple[str, ...] = ("A cup.",)
    outcome: Outcome = "ok"
    after: float = 0.1  # seconds before the first word, or the end without one
    reach: Reach | None = "hosted"
    error: Exception | None = None
    told: str = "The model is too busy right now. Try again in a second."
    picture: PictureBudget = field(default_factory=lambda: PictureBudget(640, 80))
    languages: frozenset[str] | None = None
    asked: list[float] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    clock: Clock | None = None
    closed: bool = False
    stopped: int = 0  # times that it was left before its end

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Answer, None]:
        assert self.clock
        self.asked.append(round(self.clock.now(), 2))
        self.questions.append(question)
        self.stopped += 1
        await self.clock.sleep_until(self.clock.now() + self.after)
        if self.error:
            raise self.error
        for word in self.words:
            yield AnswerDelta(question.turn, self.clock.now(), word)
        self.stopped -= 1
        bad = self.outcome != "ok"
        fault, told = (f"{self.name}: broken; mend it", self.told) if bad else ("", "")
        yield Answer(question.turn, "".join(self.words), self.outcome, fault, told)

    async def close(self) -> None:
        self.closed = True


def down(name: str, **how: object) -> Mind:
    """One that fails before its first word."""
    return replace(Mind(name, (), "error"), **how)  # type: ignore[arg-type]


def ask(
    *minds: Mind,
    at: tuple[float, ...] = (0.0,),
    question: Question = QUESTION,
    reach: Reach | None = None,
    hedge: float | None = None,
) -> list[tuple[str, Answer]]:
    """The questions at these seconds, to a chain with 10 s for the first word: what was said, and the answers."""

    async def main(clock: Clock) -> list[tuple[str, Answer]]:
        for mind in minds:
            mind.clock = clock
        chain, heard = Chain(clock, minds, first_timeout=10.0, reach=reach, hedge=hedge), []
        for t in at:
            await clock.sleep_until(t)
            async with aclosing(chain.stream(question)) as stream:
                *deltas, answer = [item async for item in stream]
            assert isinstance(answer, Answer)
            heard.append((spoken(deltas), answer))
        await chain.close()
        return heard

    heard = clocks.run(main, virtual=True, costs=fixed(COSTS))
    assert all(mind.closed for mind in minds)
    return heard


def spoken(items: list[AnswerDelta | Notice | Answer]) -> str:
    """What the wearer hears of it: notices are sentences of their own."""
    return "".join(f"{item.text} " if isinstance(item, Notice) else item.text for item in items)


def said(*minds: Mind, **how: object) -> str:
    ((text, _),) = ask(*minds, **how)  # type: ignore[arg-type]
    return text


# Who takes over


def test_the_first_that_answers_is_the_only_one_asked() -> None:
    first, second = Mind("a"), Mind("b")
    assert ask(first, second) == [("A cup.", Answer(1, "A cup.", "ok", backend="a"))]
    assert second.asked == []


@pytest.mark.parametrize("outcome", ["error", "interrupted", "truncated"])
def test_one_that_fails_before_its_first_word_hands_over_and_the_wearer_is_told(outcome: Outcome) -> None:
    text = said(down("a", outcome=outcome), Mind("b"))
    assert text == "The model is too busy right now. I'm asking another model. A cup."


def test_what_reads_on_this_machine_says_so() -> None:
    text = said(down("a", told="I can't reach the model."), Mind("ondevice", ("It says: open.",)))
    assert text == "I can't reach the model. I'm reading it myself. It says: open."


def test_the_log_says_who_failed_and_who_answered() -> None:
    ((text, answer),) = ask(down("a"), down("b"), Mind("c"))
    assert (answer.outcome, answer.text, answer.told) == ("ok", "A cup.", "")
    assert text == "The model is too busy right now. I'm asking another model. " * 2 + "A cup."
    assert answer.fault == "a: broken; mend it; then b: broken; mend it; then c answered"


def test_if_all_fail_the_last_words_are_the_last_ones() -> None:
    ((_, answer),) = ask(down("a"), down("b", told="I have no picture."))
    assert (answer.outcome, answer.told) == ("error", "I have no picture.")
    assert answer.fault == "a: broken; mend it; then b: broken; mend it"


@pytest.mark.parametrize("outcome", ["refused", "filtered"])
def test_a_model_that_declines_has_answered(outcome: Outcome) -> None:
    second = Mind("b")
    ((_, answer),) = ask(down("a", outcome=outcome), second)
    assert (answer.outcome, second.asked) == (outcome, [])


@pytest.mark.parametrize("outcome", ["error", "interrupted"])
def test_nobody_takes_over_in_the_middle_of_an_answer(outcome: Outcome) -> None:
    second = Mind("b")
    ((text, answer),) = ask(Mind("a", ("It is",), outcome), second)
    assert (text, answer.outcome, second.asked) == ("It is", outcome, [])


@pytest.mark.parametrize("error", [GlassesError("no weights"), ZeroDivisionError("by zero")])
def test_one_that_breaks_does_not_break_the_chain(error: Exception) -> None:
    ((text, answer),) = ask(Mind("a", error=error), Mind("b"))
    assert text.endswith("A cup.")
    assert answer.fault.startswith("a: ")


def test_a_wrong_setting_is_no_failure_to_hide() -> None:
    with pytest.raises(UsageError, match="no fixed cost"):
        ask(Mind("a", error=UsageError("no fixed cost")), Mind("b"))


# By when


def test_the_time_to_the_first_word_is_shared_by_those_still_to_be_asked() -> None:
    a, b, c = Mind("a", after=60.0), Mind("b", after=60.0), Mind("c")
    ((_, answer),) = ask(a, b, c)
    assert (a.asked, b.asked, c.asked) == ([0.0], [3.33], [6.67])
    assert answer.fault.startswith("a: no word came within its share of the time, 3.3 s")


def test_one_that_fails_at_once_leaves_its_time_to_the_others() -> None:
    a, b, c = down("a", after=0.0), Mind("b", after=60.0), Mind("c")
    ask(a, b, c)
    assert c.asked == [5.0]


def test_after_the_first_word_it_may_take_its_time() -> None:
    text = said(Mind("a", ("One ", "two."), after=4.9), Mind("b"))
    assert text == "One two."


# With a hedge


def test_the_next_one_is_started_before_the_first_has_failed_and_the_faster_one_is_heard() -> None:
    a, b, c = Mind("a", after=5.0), Mind("b", after=0.5), Mind("c")
    ((text, answer),) = ask(a, b, c, hedge=2.0)
    assert (text, answer.fault) == ("A cup.", "a was slower; then b answered")
    assert (a.asked, b.asked, c.asked) == ([0.0], [2.0], [])
    assert (a.stopped, b.stopped) == (1, 0)


def test_the_first_one_is_heard_if_it_is_faster_after_all() -> None:
    a, b = Mind("a", ("One ", "two."), after=2.2), Mind("b", after=0.5)
    ((text, answer),) = ask(a, b, hedge=2.0)
    assert (text, answer.fault, b.stopped) == ("One two.", "b was slower; then a answered", 1)


def test_one_that_is_fast_enough_is_asked_alone() -> None:
    a, b = Mind("a", after=1.0), Mind("b")
    assert ask(a, b, hedge=2.0) == [("A cup.", Answer(1, "A cup.", "ok", backend="a"))]
    assert b.asked == []


def test_if_the_first_fails_the_second_that_is_at_work_goes_on() -> None:
    a, b = down("a", after=2.5), Mind("b", after=2.0)
    ((text, answer),) = ask(a, b, hedge=2.0)
    assert (text, b.asked) == ("A cup.", [2.0])
    assert answer.fault == "a: broken; mend it; then b answered"


def test_the_one_that_only_reads_says_so_when_it_was_faster() -> None:
    text = said(Mind("a", after=5.0), Mind("ondevice", ("It says: open.",)), hedge=2.0)
    assert text == "I'm reading it myself. It says: open."


def test_racing_ones_have_all_of_the_time() -> None:
    a, b = Mind("a", after=9.0), Mind("b", after=60.0)
    ((text, _),) = ask(a, b, hedge=2.0)
    assert (text, b.stopped) == ("A cup.", 1)


def test_a_slower_one_is_asked_again_the_next_time() -> None:
    a, b = Mind("a", after=5.0), Mind("b", after=0.5)
    ask(a, b, at=(0.0, 5.0), hedge=2.0)
    assert len(a.asked) == 2


def test_a_hedge_sends_no_picture_farther_either() -> None:
    a, b, c = Mind("a", after=5.0, reach="lan"), Mind("b", reach="hosted"), Mind("c", reach="machine")
    ask(a, b, c, hedge=2.0)
    assert (b.asked, c.asked) == ([], [2.0])


@pytest.mark.parametrize("hedge", [None, 2.0])
def test_a_question_that_is_dropped_stops_everyone_at_work(hedge: float | None) -> None:
    async def main(clock: Clock) -> tuple[int, int]:
        a, b = Mind("a", after=60.0, clock=clock), Mind("b", after=60.0, clock=clock)
        chain = Chain(clock, (a, b), first_timeout=100.0, hedge=hedge)

        async def listen() -> None:
            async with aclosing(chain.stream(QUESTION)) as stream:
                assert [item async for item in stream] == []

        listening = asyncio.ensure_future(listen())
        await clock.sleep_until(5.0)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        return a.stopped, b.stopped

    assert clocks.run(main, virtual=True, costs=fixed(COSTS)) == (1, 0 if hedge is None else 1)


# Who is left alone


def test_one_that_failed_is_left_alone_for_longer_each_time() -> None:
    a, b = down("a"), Mind("b")
    ask(a, b, at=tuple(float(t) for t in range(0, 130, 5)))
    assert a.asked == [0.0, 20.0, 55.0, 120.0]  # rests of 15, 30 and 60 s
    assert len(b.asked) == 26


def test_one_that_is_back_is_asked_first_again_and_forgiven() -> None:
    a, b = down("a"), Mind("b")

    async def main(clock: Clock) -> list[str]:
        a.clock = b.clock = clock
        chain, texts = Chain(clock, (a, b)), []
        for t, outcome in ((0.0, "error"), (5.0, "ok"), (16.0, "ok"), (20.0, "error"), (36.0, "ok")):
            await clock.sleep_until(t)
            a.outcome, a.words = ("error", ()) if outcome == "error" else ("ok", ("Back.",))
            texts.append(spoken([item async for item in chain.stream(QUESTION) if not isinstance(item, Answer)]))
        return texts

    first, resting, back, again, soon = clocks.run(main, virtual=True, costs=fixed(COSTS))
    assert first == again == "The model is too busy right now. I'm asking another model. A cup."
    assert resting == "A cup."
    assert back == soon == "Back."


def test_one_that_answers_although_it_rests_rests_no_longer() -> None:
    a, b = down("a"), Mind("b")

    async def main(clock: Clock) -> None:
        a.clock = b.clock = clock
        chain = Chain(clock, (a, b))
        for t, failing, working in ((0.0, a, b), (20.0, a, b), (25.0, b, a), (45.0, b, a)):
            await clock.sleep_until(t)
            failing.outcome, failing.words, working.outcome, working.words = "error", (), "ok", ("Here.",)
            assert [item async for item in chain.stream(QUESTION)]

    clocks.run(main, virtual=True, costs=fixed(COSTS))
    assert (a.asked, b.asked) == ([0.0, 20.0, 25.1, 45.0], [0.1, 20.1, 25.0])  # a's second rest ended at 50


@dataclass
class Distant(Mind):
    """One that can open its connection beforehand, from the second `back_at` on."""

    back_at: float = 0.0
    tried: list[float] = field(default_factory=list)

    async def warm(self) -> bool:
        assert self.clock
        self.tried.append(round(self.clock.now(), 1))
        return self.clock.now() >= self.back_at


@dataclass
class Locked(Mind):
    """One that can be reached, and whose key is refused until the second `let_in_at`."""

    let_in_at: float = 0.0

    async def troubles(self) -> list[Trouble]:
        assert self.clock
        return [] if self.clock.now() >= self.let_in_at else [Trouble("a: HTTP 401", "The key for a is refused.")]


def test_one_that_has_rested_is_tried_in_the_background_and_asked_only_once_it_can_be_reached() -> None:
    a, b = Distant("a", (), "error", back_at=100.0), Mind("b")
    ask(a, b, at=(0.0, 40.0, 90.0, 110.0, 130.0))
    assert a.tried == [15.1, 45.1, 105.1]  # after rests of 15, 30 and 60 s
    assert a.asked == [0.0, 110.0]  # which failed once more
    assert len(b.asked) == 5


def test_one_whose_key_is_still_refused_is_not_asked_again() -> None:
    a, b = Locked("a", (), "error", let_in_at=100.0), Mind("b")
    ask(a, b, at=(0.0, 40.0, 90.0, 110.0))
    assert a.asked == [0.0, 110.0]
    assert len(b.asked) == 4


def test_a_chain_that_is_closed_tries_nobody_again() -> None:
    a, b = Distant("a", (), "error"), Mind("b")

    async def main(clock: Clock) -> None:
        a.clock = b.clock = clock
        chain = Chain(clock, (a, b))
        assert [item async for item in chain.stream(QUESTION)]
        await chain.close()
        await clock.sleep_until(100.0)

    clocks.run(main, virtual=True, costs=fixed(COSTS))
    assert a.tried == []


@pytest.mark.parametrize(("status", "there"), [(404, True), (501, True), (503, False)])
def test_a_server_is_tried_without_a_word_or_a_picture(status: int, there: bool) -> None:
    requests: list[bytes] = []
    sent: list[Sent] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(f"HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def main(clock: Clock) -> bool:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1#m"
            backend = open_backend(address, clock, {}, no_reader, on_sent=sent.append)
            try:
                return await warm(backend)
            finally:
                await backend.close()

    assert clocks.run(main, virtual=False) == there
    assert [request.split()[0] for request in requests] == [b"HEAD"]
    assert [(one.size, one.pictures) for one in sent] == [(0, ())]


def test_a_server_that_is_not_there_says_so_each_time_that_it_is_tried() -> None:
    async def main(clock: Clock) -> list[bool]:
        backend = open_backend(f"{server.base_url}#m", clock, {}, no_reader)
        try:
            return [await warm(backend), await warm(backend)]
        finally:
            await backend.close()

    with ChatServer([]) as server:
        pass
    assert clocks.run(main, virtual=False) == [False, False]


def test_one_that_rests_is_better_than_nobody() -> None:
    a, b = down("a"), Mind("b")
    (_, (second, _)) = ask(a, b, at=(0.0, 1.0))
    assert second == "A cup."
    b.outcome, b.words, b.asked, a.asked = "error", (), [], []
    ask(a, b, at=(0.0, 1.0))
    assert len(a.asked) == len(b.asked) == 2


def test_languages_are_those_of_the_one_that_would_be_asked() -> None:
    async def main(clock: Clock) -> list[frozenset[str] | None]:
        a, b = down("a", clock=clock), Mind("b", languages=frozenset({"en"}), clock=clock)
        chain = Chain(clock, (a, b))
        before = chain.languages
        assert [item async for item in chain.stream(QUESTION)]
        return [before, chain.languages]

    assert clocks.run(main, virtual=True, costs=fixed(COSTS)) == [None, frozenset({"en"})]


# How far pictures go


@pytest.mark.parametrize(
    ("reaches", "allowed", "asked"),
    [
        (("lan", "hosted", "machine"), None, [1, 0, 1]),
        (("lan", "lan", "machine"), None, [1, 1, 0]),
        (("hosted", "hosted", "machine"), None, [1, 1, 0]),
        (("machine", "lan", "hosted"), None, [1, 0, 0]),
        (("machine", "lan", "hosted"), "lan", [1, 1, 0]),
        (("lan", "hosted", "machine"), "hosted", [1, 1, 0]),
        (("hosted", "lan", "machine"), "machine", [0, 0, 1]),
        (("lan", None, "machine"), None, [1, 0, 1]),
        ((None, "lan", "machine"), None, [1, 0, 1]),
    ],
)
def test_no_picture_goes_farther_than_the_first_one_would_send_it(
    reaches: tuple[Reach | None, ...], allowed: Reach | None, asked: list[int]
) -> None:
    """None is a backend that does not say, or a name that can't be resolved."""
    a, b, c = down("a", reach=reaches[0]), Mind("b", reach=reaches[1]), Mind("c", reach=reaches[2])
    ask(a, b, c, reach=allowed)
    assert [len(mind.asked) for mind in (a, b, c)] == asked


def test_if_nobody_may_be_asked_the_wearer_hears_it() -> None:
    ((_, answer),) = ask(Mind("a"), reach="machine")
    assert (answer.outcome, answer.told) == ("error", "I may not ask any model.")
    assert answer.fault == "a was left out: pictures would go too far; see ask.reach"


def test_each_gets_the_picture_no_larger_than_it_wants_it() -> None:
    _, data = cv2.imencode(".jpg", np.zeros((720, 1280, 3), np.uint8))
    question = Question(1, 0.0, "What is this?", (Picture(data.tobytes(), 1280, 720, 0.4, "a second earlier"),))
    a, b = down("a"), Mind("ondevice", picture=PictureBudget(None, 95))
    ask(a, b, question=question)
    ((small,), (large,)) = a.questions[0].images, b.questions[0].images
    assert (small.width, small.height, small.t, small.note) == (640, 360, 0.4, "a second earlier")
    assert large is question.images[0]


def test_a_chain_takes_the_largest_picture_that_one_of_it_wants() -> None:
    async def main(clock: Clock) -> list[PictureBudget]:
        small, large, whole = (
            Mind("a"),
            Mind("b", picture=PictureBudget(1024, 70)),
            Mind("c", picture=PictureBudget(None, 95)),
        )
        return [Chain(clock, (small, large)).picture, Chain(clock, (small, large, whole)).picture]

    assert clocks.run(main, virtual=True) == [PictureBudget(1024, 80), PictureBudget(None, 95)]


# With real servers


@pytest.mark.parametrize("virtual", [False, True])
@pytest.mark.parametrize("hedge", [None, 0.2])
def test_a_server_that_hangs_is_left_for_one_that_answers(virtual: bool, hedge: float | None) -> None:
    async def main(clock: Clock) -> list[AnswerDelta | Notice | Answer]:
        address = f"{hanging.base_url}#m, {quick.base_url}#m"
        chain = open_backend(address, clock, {}, no_reader, first_timeout=1.0, hedge=hedge)
        try:
            return [item async for item in chain.stream(QUESTION)]
        finally:
            await chain.close()

    whole = [*words("A ", "cup."), finish("stop"), DONE]
    with ChatServer([STALL]) as hanging, ChatServer(whole) as quick:
        *deltas, answer = clocks.run(main, virtual=virtual)
        assert hanging.left.wait(5)
    assert isinstance(answer, Answer)
    assert (answer.outcome, [item.text for item in deltas][-2:]) == ("ok", ["A ", "cup."])
    assert len(quick.requests) == 1


# In a session


def test_what_the_wearer_is_told_of_the_asking_is_spoken_and_neither_answered_nor_remembered() -> None:
    reader = Scripted("A red cup.")

    def chain(clock: Clock) -> Chain:
        return Chain(clock, [down("a", clock=clock), reader.on(clock)], reach="hosted")

    timeline = Timeline().says(1.0, 2.0, "What is this?").says(8.0, 9.0, "And now?")
    events = timeline.play(chain, costs=fixed({**FREE, **COSTS}))
    told = "The model is too busy right now. I'm asking another model."
    assert [event.data["text"] for event in of(events, "notice")] == [told]
    assert [event.data["text"].strip() for event in of(events, "answered")] == ["A red cup.", "A red cup."]
    assert next(event.data["heard_text"] for event in of(events, "spoken")) == f"{told} A red cup."
    assert [past.answer for past in reader.questions[1].history] == ["A red cup."]


def test_of_a_turn_that_was_interrupted_while_that_was_told_nothing_is_remembered() -> None:
    slow, reader = down("a"), Scripted("A red cup.", first=9.0)

    def chain(clock: Clock) -> Chain:
        slow.clock = clock
        return Chain(clock, [slow, reader.on(clock)], reach="hosted")

    timeline = Timeline().says(1.0, 2.0, "What is this?").says(4.0, 5.0, "And now?")
    events = timeline.play(chain, costs=fixed({**FREE, **COSTS}))
    first = of(events, "spoken")[0].data
    assert first["interrupted"]
    assert first["heard_text"]
    assert "The model is too busy right now. I'm asking another model.".startswith(first["heard_text"])
    assert reader.questions[-1].history == ()


def test_a_recorded_notice_is_told_again() -> None:
    def chain(clock: Clock) -> Chain:
        return Chain(clock, [down("a", clock=clock), Scripted("A red cup.").on(clock)], reach="hosted")

    timeline = Timeline().says(1.0, 2.0, "What is this?")
    events = timeline.play(chain, costs=fixed({**FREE, **COSTS}))
    again = timeline.play(lambda clock: RecordedAnswers(clock, events), costs=fixed({**FREE, **COSTS}))
    assert [event.data["text"] for event in of(again, "notice")] == [
        event.data["text"] for event in of(events, "notice")
    ]
    assert of(again, "spoken")[0].data == of(events, "spoken")[0].data


def test_a_session_with_a_chain_replays_to_the_byte() -> None:
    def play() -> list[str]:
        def chain(clock: Clock) -> Chain:
            return Chain(clock, [down("a", clock=clock, after=0.8), Scripted("A red cup.").on(clock)], reach="hosted")

        timeline = Timeline().says(1.0, 2.0, "What is this?").says(8.0, 9.0, "And now?")
        events = timeline.play(chain, costs=fixed({**FREE, **COSTS}))
        spoken = [event.data["heard_text"] for event in of(events, "spoken")]
        assert spoken == ["The model is too busy right now. I'm asking another model. A red cup.", "A red cup."]
        assert [event.data["what"] for event in of(events, "fault")] == ["a: broken; mend it; then scripted answered"]
        return [to_line(event) for event in events]

    assert play() == play()


# From the command line


def test_what_is_told_of_the_asking_stands_beside_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    cv2.imwrite("photo.png", np.zeros((40, 60, 3), np.uint8))
    with ChatServer([], status=401) as locked, ChatServer([*words("A cup."), finish("stop"), DONE]) as open_:
        backends = f"{locked.base_url}#m, {open_.base_url}#m"
        assert cli.run(["ask", "photo.png", "What is this?", "--backend", backends]) == 0
    shown, beside = capsys.readouterr()
    assert shown == "A cup.\n"
    assert "The model did not accept my key. I'm asking another model.\n" in beside
