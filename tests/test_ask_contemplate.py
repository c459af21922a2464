"""Contemplating: who agrees, when it stops, what merging costs, and that no agent can spoil it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from glasses import cli
from pipeline import clock as clocks
from pipeline.ask.agreement import found, groups, majority, same
from pipeline.ask.backend import Backend, PictureBudget
from pipeline.ask.contemplate import Contemplating
from pipeline.ask.council import LENSES, Patience
from pipeline.ask.reach import Reach
from pipeline.clock import Clock
from pipeline.costs import fixed
from pipeline.types import Answer, AnswerDelta, Event, Notice, Picture, Question
from tests.servers import DONE, ChatServer, finish, usage, words
from tests.timeline import FREE, Timeline, of

QUESTION = Question(1, 0.0, "When does it close?", (Picture(b"", 640, 360, 0.0),), mode="contemplating")
NEVER = 1e6


@dataclass
class Agent:
    """Answers after some seconds; a merging pass is answered with `merged`."""

    name: str
    text: str = "It closes at two.\nIn short: 14:00"
    after: float = 1.0  # seconds
    merged: str = "Two in the afternoon, though they disagreed."
    error: Exception | None = None
    notice: str = ""
    reach: Reach | None = "hosted"
    clock: Clock | None = None
    questions: list[Question] = field(default_factory=list)
    closed: int = 0
    languages: frozenset[str] | None = None
    picture: PictureBudget = field(default_factory=lambda: PictureBudget(640, 80))

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        assert self.clock
        self.questions.append(question)
        await self.clock.sleep_until(self.clock.now() + self.after)
        if self.error:
            raise self.error
        text = self.merged if "What the agents found" in question.text else self.text
        if not text:
            yield Answer(question.turn, "", "error", f"{self.name}: broken; mend it", "The model is busy.", 2)
            return
        if self.notice:
            yield Notice(question.turn, self.clock.now(), self.notice)
        for letter in text:
            yield AnswerDelta(question.turn, self.clock.now(), letter)
        yield Answer(question.turn, text, "ok", tokens=10)

    async def close(self) -> None:
        self.closed += 1


def says(short: str, after: float = 1.0, name: str = "m") -> Agent:
    return Agent(name, f"I see {short}.\nIn short: {short}", after)


@dataclass
class Outcome:
    said: list[tuple[float, str]]  # when and what
    answer: Answer
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.said)

    @property
    def states(self) -> list[str]:
        """How each agent ended."""
        last = {event["agent"]: event["state"] for event in self.events}
        return [last[number] for number in sorted(last)]


def contemplate(
    *agents: Agent, mind: Agent | None = None, question: Question = QUESTION, reach: Reach | None = None
) -> Outcome:
    """`question` before these agents, with 20 s for all of it, 14 of them for the agents."""
    mind = mind or Agent("main")
    events: list[dict[str, Any]] = []

    async def main(clock: Clock) -> Outcome:
        for agent in (mind, *agents):
            agent.clock = clock

        def emit(kind: str, **data: Any) -> None:
            assert kind == "agent"
            events.append(data)

        patience = Patience(20.0, 5.0)
        backend = Contemplating(clock, mind, agents, patience=patience, reach=reach, emit=emit)
        said: list[tuple[float, str]] = []
        answer: Answer | None = None
        async with aclosing(backend.stream(question)) as stream:
            async for item in stream:
                assert answer is None, "an answer is the last item"
                if isinstance(item, Answer):
                    answer = item
                else:
                    said.append((round(item.t, 2), item.text))
        assert answer
        await backend.close()
        return Outcome(said, answer, events)

    return clocks.run(main, virtual=True, costs=fixed({"resolve": 0.0, "encode": 0.0}))


# What is the same


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("14:00", "at 14:00", True),
        ("two cups", "2 cups", True),
        ("A red mug.", "the red mug", True),
        ("a mug", "a red mug", True),
        ("Saturday 14:00", "Sunday 14:00", False),
        ("14:00", "18:00", False),
        ("12", "1", False),
        ("safe", "not safe", False),
        ("it isn't safe", "not safe", False),  # the words differ, and nothing is guessed
        ("yes", "no", False),
        ("", "", True),
        ("?", "!", False),
    ],
)
def test_answers_are_the_same_if_one_says_nothing_that_the_other_does_not(one: str, other: str, agree: bool) -> None:
    assert same(one, other) is same(other, one) is agree


@pytest.mark.parametrize(
    ("text", "spoken", "short"),
    [
        ("It closes at two.\nIn short: 14:00", "It closes at two.", "14:00"),
        ("It closes at two.\n**In short:** 14:00.", "It closes at two.", "14:00"),
        ("It closes at two.\n- in short - 14:00", "It closes at two.", "14:00"),
        ("It closes at two.", "It closes at two.", "It closes at two."),
        ("In short: 14:00", "14:00", "14:00"),
    ],
)
def test_the_short_form_is_taken_from_the_last_line(text: str, spoken: str, short: str) -> None:
    finding = found(1, text)
    assert (finding.spoken, finding.short) == (spoken, short)


def test_more_than_half_of_all_is_a_majority_and_who_cannot_tell_is_in_none() -> None:
    findings = [found(1, "In short: 14:00"), found(2, "In short: 18:00"), found(3, "In short: at 14:00")]
    assert [finding.agent for finding in majority(findings, 3)] == [1, 3]
    assert majority(findings, 5) == []
    blind = [found(n, "In short: I can't read it") for n in (1, 2, 3)]
    assert majority(blind, 3) == []
    assert [len(group) for group in groups([*blind, findings[0]])] == [1, 1, 1, 1]
    assert groups([*blind, findings[0]])[0][0].short == "14:00"


# When they agree


def test_what_an_agent_tells_of_its_asking_is_no_part_of_what_it_found() -> None:
    heard = contemplate(*(replace(says("a cup"), notice="I'm asking another model.") for _ in range(3)))
    assert heard.text == "I see a cup."


def test_what_the_merging_one_tells_of_its_asking_is_told_and_no_part_of_the_answer() -> None:
    mind = Agent("main", merged="A cup.", notice="I'm asking another model. ")
    heard = contemplate(says("a cup"), says("a bowl"), mind=mind)
    assert (heard.text, heard.answer.text) == ("I'm asking another model. A cup.", "A cup.")


def test_as_soon_as_more_than_half_agree_the_others_are_stopped() -> None:
    outcome = contemplate(says("14:00", 1.0), says("14:00", 2.0), says("18:00", 9.0))
    assert outcome.said == [(2.0, "I see 14:00.")]
    assert outcome.states == ["answered", "answered", "stopped"]
    assert outcome.answer == Answer(1, "I see 14:00.", "ok", tokens=20, backend="m")


def test_agreement_needs_no_further_pass() -> None:
    mind = Agent("main")
    contemplate(says("14:00"), says("14:00"), says("14:00"), mind=mind)
    assert mind.questions == []


def test_who_saw_it_differently_is_told() -> None:
    outcome = contemplate(says("18:00", 1.0), says("14:00", 2.0), says("14:00", 3.0))
    assert outcome.text == "I see 14:00. But 1 of 3 said: 18:00."


def test_each_looks_in_its_own_way_at_the_same_picture() -> None:
    agents = [says("14:00", 1.0 + n, f"m{n}") for n in range(5)]
    contemplate(*agents)
    questions = [agent.questions[0] for agent in agents]
    assert all(question.images == QUESTION.images and question.text == QUESTION.text for question in questions)
    for question, lens in zip(questions, [*LENSES.values(), LENSES["observe"]], strict=True):
        assert lens in question.guidance


def test_the_same_backend_may_be_several_agents_and_is_closed_once() -> None:
    agent = says("14:00")
    outcome = contemplate(agent, agent, agent, mind=agent)
    assert outcome.text == "I see 14:00."
    assert (len(agent.questions), agent.closed) == (3, 1)


# When they do not


def test_at_odds_one_more_pass_merges_what_they_found() -> None:
    mind = Agent("main")
    outcome = contemplate(says("14:00", 1.0), says("18:00", 2.0), says("16:00", 3.0), mind=mind)
    assert outcome.text == mind.merged
    assert outcome.answer.tokens == 40
    assert outcome.answer.backend == "main"
    (asked,) = mind.questions
    assert asked.text.startswith("When does it close?\n\nWhat the agents found:\nobserve: 14:00 (I see 14:00.)")
    assert "say so" in asked.guidance
    assert asked.images == QUESTION.images


@pytest.mark.parametrize(
    "mind", [Agent("main", merged=""), Agent("main", error=OSError("gone")), Agent("main", after=NEVER)]
)
def test_if_merging_fails_the_most_votes_count_and_the_others_are_named(mind: Agent) -> None:
    agents = [says("14:00"), says("18:00"), says("14:00"), says("15:00"), says("16:00")]
    outcome = contemplate(*agents, mind=replace(mind))
    assert outcome.text == "I see 14:00. But 3 of 5 said: 18:00 or 15:00 or 16:00."
    assert outcome.answer.outcome == "ok"
    assert outcome.said[-1][0] <= 20.0


# Agents that fail or hang


def test_agents_that_fail_cost_their_vote_and_nothing_else() -> None:
    broken, raising = Agent("b", text=""), Agent("r", error=ValueError("odd"))
    outcome = contemplate(says("14:00"), broken, says("14:00"), raising, says("14:00"))
    assert outcome.text == "I see 14:00."
    assert outcome.states == ["answered", "failed", "answered", "failed", "answered"]
    assert outcome.answer.fault == "b: broken; mend it; r: ValueError: odd"


def test_agents_that_hang_are_not_waited_for_beyond_their_time() -> None:
    outcome = contemplate(says("14:00", 1.0), says("x", NEVER), says("y", NEVER))
    assert outcome.said[-1] == (14.0, "I see 14:00. Only one of 3 could answer.")
    assert outcome.states == ["answered", "late", "late"]


def test_if_all_fail_or_hang_the_wearer_hears_why() -> None:
    outcome = contemplate(Agent("a", text=""), Agent("b", after=NEVER))
    assert (outcome.answer.outcome, outcome.answer.told) == ("error", "The model is busy.")
    assert outcome.answer.fault == "a: broken; mend it; b: no answer in time"
    assert outcome.said == [(5.0, "Let me think.")]
    assert outcome.answer.text == ""


# What is heard meanwhile


def test_a_first_impression_is_told_if_it_takes_long() -> None:
    outcome = contemplate(says("14:00", 2.0), says("18:00", 8.0), says("14:00", 9.0))
    assert outcome.said == [
        (5.0, "My first impression: I see 14:00."),
        (5.0, "I'm still thinking."),
        (9.0, "I see 14:00. But 1 of 3 said: 18:00."),
    ]


def test_without_any_impression_yet_the_wearer_hears_that_it_is_being_thought_about() -> None:
    outcome = contemplate(says("14:00", 7.0), says("14:00", 8.0))
    assert outcome.said == [
        (5.0, "Let me think."),
        (7.0, "My first impression: I see 14:00."),
        (7.0, "I'm still thinking."),
        (8.0, "I see 14:00."),
    ]


def test_each_agents_state_is_an_event() -> None:
    outcome = contemplate(says("14:00", 1.0, "a"), says("14:00", 2.0, "b"))
    assert {**outcome.events[-1], "seconds": 0} == {
        "agent": 2,
        "of": 2,
        "backend": "b",
        "lens": "read",
        "state": "answered",
        "seconds": 0,
        "text": "14:00",
    }
    assert [
        (event["agent"], event["state"], round(event["seconds"], 1), event["text"]) for event in outcome.events
    ] == [
        (1, "started", 0.0, ""),
        (2, "started", 0.0, ""),
        (1, "answered", 1.0, "14:00"),
        (2, "answered", 2.0, "14:00"),
    ]


# In a session


def test_other_questions_go_to_the_one_backend_as_they_are() -> None:
    mind, agent = Agent("main"), says("18:00")
    outcome = contemplate(agent, agent, mind=mind, question=replace(QUESTION, mode="thinking"))
    assert outcome.text == mind.text
    assert (agent.questions, mind.questions[0].mode) == ([], "thinking")


def test_no_agent_is_asked_that_would_send_the_picture_farther() -> None:
    near, far = says("14:00", name="near"), says("18:00", name="far")
    near.reach = "lan"
    outcome = contemplate(near, far, near, mind=Agent("main", reach="lan"))
    assert outcome.states == ["answered", "left out", "answered"]
    assert far.questions == []
    assert contemplate(far, mind=Agent("main", reach="lan"), reach="hosted").states == ["answered"]


def test_a_session_does_not_know() -> None:
    """The wearer's words choose it, and the agents' events carry the turn."""

    def mind(clock: Clock) -> Backend:
        agents = [replace(says("14:00", 0.5 + n), clock=clock) for n in range(3)]
        return Contemplating(clock, agents[0], agents)

    timeline = Timeline(end=15.0).says(1.0, 2.0, "Think it over. When does it close?")
    events = timeline.play(mind, costs=fixed({**FREE, "resolve": 0.0}))
    (asked,), (answered,), (spoken,) = (of(events, kind) for kind in ("asked", "answered", "spoken"))
    assert asked.data["mode"] == "contemplating"
    assert answered.data["text"] == "I see 14:00."
    assert spoken.data["heard_text"] == "I see 14:00."


def told(second: float) -> tuple[list[Event], Agent]:
    """A question that is thought about until about 9 s, and another one `second` s into the session."""
    main = Agent("main", "On Sunday it is closed.")

    def mind(clock: Clock) -> Backend:
        main.clock = clock
        agents = [replace(says("14:00", after), clock=clock) for after in (1.0, 6.0, 6.0)]
        return Contemplating(clock, main, agents, patience=Patience(20.0, 2.0))

    timeline = Timeline(end=25.0).says(1.0, 2.0, "Think it over. When does it close?")
    timeline = timeline.says(second, second + 1.0, "And on Sunday?")
    return timeline.play(mind, costs=fixed({**FREE, "resolve": 0.0})), main


def test_a_first_impression_is_told_as_one_and_neither_answered_nor_remembered_as_the_answer() -> None:
    events, main = told(second=16.0)
    assert [(event.data["text"], event.data["about"]) for event in of(events, "notice")] == [
        ("My first impression: I see 14:00.", "impression"),
        ("I'm still thinking.", "thinking"),
    ]
    assert of(events, "answered")[0].data["text"] == "I see 14:00."
    assert of(events, "spoken")[0].data["heard_text"] == (
        "My first impression: I see 14:00. I'm still thinking. I see 14:00."
    )
    assert [past.answer for past in main.questions[0].history] == ["I see 14:00."]


def test_a_first_impression_that_was_all_that_was_heard_is_remembered_as_one() -> None:
    events, main = told(second=7.5)
    assert of(events, "spoken")[0].data["interrupted"]
    assert [past.answer for past in main.questions[0].history] == ["My first impression: I see 14:00."]


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A picture, in a folder without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    cv2.imwrite("photo.png", np.zeros((40, 60, 3), np.uint8))
    return "photo.png"


def test_a_photograph_may_be_contemplated_from_the_command_line(photo: str, capsys: pytest.CaptureFixture[str]) -> None:
    reply = [*words("It closes ", "at two.\nIn short: ", "14:00"), finish("stop"), usage(7), DONE]
    with ChatServer(reply) as server:
        arguments = [
            "ask",
            photo,
            "When does it close?",
            "--mode",
            "contemplating",
            "--backend",
            f"{server.base_url}#m",
        ]
        assert cli.run(arguments) == 0
    shown, states = capsys.readouterr()
    assert shown == "It closes at two.\n"
    assert "contemplating: ask.mode" in states
    assert "observe: started after 0.0 s" in states
    assert ": 14:00" in states
    lenses = {lens for lens, words in LENSES.items() for got in server.requests if words in str(got.body)}
    assert {"observe", "read"} <= lenses
