"""What thinking and contemplating are worth: accuracy, time, calls and tokens of each mode, with agents that err.

python -m benchmarks.contemplating [--questions 200] [--seed 1]

Stand-ins on loopback answer questions whose answers are known. At once they are wrong in 35 of 100 answers, after
thinking in 20, and half of the wrong ones agree on the same plausible mistake; 3 of 100 requests fail. What they take
is drawn at random too: about a tenth of what a hosted model takes, so that the run is short. The rates are made up: the
benchmark shows what agreement and merging do with them, not how good any model is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, replace
from statistics import median, quantiles

from pipeline import clock as clocks
from pipeline.ask.contemplate import Contemplating
from pipeline.ask.council import LENSES, Patience
from pipeline.ask.profiles import PROFILES
from pipeline.ask.remote import Remote
from pipeline.clock import Clock
from pipeline.types import Answer, Picture, Question

WRONG = {"low": 0.35, "high": 0.20}
"""Share of wrong answers by effort."""

SECONDS = {"low": 0.08, "high": 0.4}
"""What an answer takes, on average and by effort; a tenth of what a hosted model does."""

TOKENS = {"low": 25, "high": 400}
"""Of an answer and the thoughts before it."""

FAILS = 0.03
SAME_MISTAKE = 0.5
PROMPT_TOKENS = 900
"""Of the picture and the words around it."""

AT_ONCE = 8
"""Questions under way at the same time; each is timed on its own."""


@dataclass
class StandIn:
    """A server of chat completions that knows the answers, and errs."""

    seed: int
    calls: int = 0
    tokens: int = 0

    def __post_init__(self) -> None:
        self._asked: Counter[tuple[str, str]] = Counter()

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._quietly, "127.0.0.1", 0, limit=1 << 20)

    async def _quietly(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                length = int(re.search(rb"(?i)content-length: *(\d+)", request)[1])  # type: ignore[index]
                await self._answer(json.loads(await reader.readexactly(length)), writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: dict[str, object], writer: asyncio.StreamWriter) -> None:
        words, effort = json.dumps(body["messages"]), str(body["reasoning_effort"])
        number = int(re.search(r"sign number (\d+)", words)[1])  # type: ignore[index]
        lens = next((name for name, lens in LENSES.items() if lens in words), "")
        self._asked[str(number), lens] += 1
        chance = random.Random(f"{self.seed} {number} {lens} {effort} {self._asked[str(number), lens]}")
        self.calls += 1
        self.tokens += PROMPT_TOKENS
        await asyncio.sleep(SECONDS[effort] * chance.lognormvariate(0.0, 0.4))
        if chance.random() < FAILS:
            writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            return
        said = self._says(number, effort, chance)
        found = re.findall(r"\w+: (\d+) \(", words.partition("What the agents found")[2])
        if found:  # merging: one more look, and what most have found
            said = Counter([*found, said]).most_common(1)[0][0]
        self.tokens += TOKENS[effort]
        text = f"It says {said}." + (f"\nIn short: {said}" if lens else "")
        choices = [
            {"index": 0, "delta": {"content": text}, "finish_reason": None},
            {"index": 0, "delta": {}, "finish_reason": "stop"},
        ]
        chunks = [json.dumps({"choices": [choice]}) for choice in choices]
        data = "".join(f"data: {chunk}\n\n" for chunk in [*chunks, "[DONE]"]).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % len(data) + data)

    def _says(self, number: int, effort: str, chance: random.Random) -> str:
        right = truth(number)
        if chance.random() >= WRONG[effort]:
            return right
        plausible = truth(number + 5000)
        return plausible if chance.random() < SAME_MISTAKE else str(1000 + chance.randrange(1000))


def truth(number: int) -> str:
    """What the sign of this number says."""
    return str(random.Random(number).randrange(100, 1000))


@dataclass(frozen=True)
class Row:
    name: str
    right: int
    unanswered: int
    seconds: list[float]
    calls: int
    tokens: int


async def measured(clock: Clock, name: str, mode: str, agents: int, questions: int, seed: int) -> Row:
    stand_in = StandIn(seed)
    server = await stand_in.serve()
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    profile = replace(PROFILES["openrouter"], base_url=base_url, needs_key=False, reach="machine")
    remote = Remote(clock, "stand-in", profile, "m")
    mind = Contemplating(clock, remote, [remote] * agents, patience=Patience(whole=10.0, impression=2.0))
    picture = Picture(bytes(60_000), 1024, 576, 0.0)
    seconds: list[float] = []
    right = unanswered = 0
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(number: int) -> None:
        nonlocal right, unanswered
        question = Question(number, 0.0, f"What does sign number {number} say?", (picture,), mode=mode)
        async with gate:
            began = time.perf_counter()
            async with aclosing(mind.stream(question)) as stream:
                *_, answer = [item async for item in stream]
            seconds.append(time.perf_counter() - began)
        assert isinstance(answer, Answer)
        # The answer itself, without who saw it differently.
        said = re.search(r"It says (\d+)", answer.text)
        unanswered += not said
        right += bool(said and said[1] == truth(number))

    await asyncio.gather(*(ask(number) for number in range(questions)))
    await mind.close()
    server.close()
    return Row(name, right, unanswered, seconds, stand_in.calls, stand_in.tokens)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--questions", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    modes = [
        ("instant", "instant", 0),
        ("thinking", "thinking", 0),
        ("contemplating, 3", "contemplating", 3),
        ("contemplating, 5", "contemplating", 5),
    ]
    print(f"{chosen.questions} questions, seed {chosen.seed}; wrong at once 35 %, after thinking 20 %, failing 3 %")
    print(f"{'mode':18} {'right':>7} {'no answer':>10} {'median':>8} {'95th':>8} {'calls':>6} {'tokens':>8}")
    for name, mode, agents in modes:

        async def run(clock: Clock, name: str = name, mode: str = mode, agents: int = agents) -> Row:
            return await measured(clock, name, mode, agents, chosen.questions, chosen.seed)

        row = clocks.run(run, virtual=False)
        count = chosen.questions
        slow = quantiles(row.seconds, n=20)[-1]
        print(
            f"{row.name:18} {row.right / count:7.1%} {row.unanswered / count:10.1%} {median(row.seconds):6.2f} s "
            f"{slow:6.2f} s {row.calls / count:6.2f} {row.tokens / count:8.0f}"
        )
    print("median and 95th: seconds to the whole answer; calls and tokens: of one question, those stopped included")


if __name__ == "__main__":
    main()
