"""How soon the first word is there: our client against the `openai` package, asking one server that answers at once.

python -m benchmarks.first_word [--questions 300] [--runs 5]

Both ask the same question about the same picture over a connection that is kept open, in turn, in one process; what is
measured is from the call to the first word. Import and memory are those of a fresh process for each: the time to
import the client, and the peak after one answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from statistics import median, quantiles
from typing import Any

PICTURE_BYTES = 100_000
TEXT = "What does it say?"
PROMPT = "as long as ours " * 45
WORDS = ["It", " says", " open", " until", " two."]


async def serve() -> None:
    """Chat completions that answer at once; prints its port and stays until it is ended."""

    def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        whole = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        data = f"data: {json.dumps(whole)}\n\n".encode()
        return b"%x\r\n%b\r\n" % (len(data), data)

    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    done = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
    reply = head + b"".join(chunk({"content": word}) for word in WORDS) + chunk({}, "stop") + done

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.readuntil(b"\r\n\r\n"):
            lines = request.decode().lower().split("\r\n")
            length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
            await reader.readexactly(length)
            writer.write(reply)
            await writer.drain()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ours(base_url: str) -> tuple[Callable[[], AsyncGenerator[str, None]], Callable[[], Awaitable[None]]]:
    """Our client: a function that asks and yields the words, and one that closes it."""
    from pipeline.ask.profiles import Profile
    from pipeline.ask.remote import Remote
    from pipeline.clock import Clock
    from pipeline.types import AnswerDelta, Picture, Question

    clock = Clock()
    mind = Remote(clock, "ours", Profile("chat", base_url), "m", key="k")
    picture = Picture(bytes(PICTURE_BYTES), 1024, 576, 0.0)

    async def ask() -> AsyncGenerator[str, None]:
        async with aclosing(mind.stream(Question(1, 0.0, TEXT, (picture,)))) as stream:
            async for item in stream:
                if isinstance(item, AnswerDelta):
                    yield item.text

    async def close() -> None:
        await mind.close()
        clock.close()

    return ask, close


def theirs(base_url: str) -> tuple[Callable[[], AsyncGenerator[str, None]], Callable[[], Awaitable[None]]]:
    """The same with the `openai` package."""
    import base64

    from openai import AsyncOpenAI

    client: Any = AsyncOpenAI(base_url=base_url, api_key="k")

    async def ask() -> AsyncGenerator[str, None]:
        url = f"data:image/jpeg;base64,{base64.b64encode(bytes(PICTURE_BYTES)).decode()}"
        content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": TEXT}]
        messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": content}]
        options = {"stream": True, "max_tokens": 2000, "stream_options": {"include_usage": True}}
        async for part in await client.chat.completions.create(model="m", messages=messages, **options):
            if part.choices and part.choices[0].delta.content:
                yield part.choices[0].delta.content

    return ask, client.close


CLIENTS = {"ours": ours, "openai": theirs}
IMPORTS = {"ours": "pipeline.ask.remote", "openai": "openai"}


async def first_word(ask: Callable[[], AsyncGenerator[str, None]]) -> float:
    """Seconds to the first word; the rest is read too."""
    began = time.perf_counter()
    words = ask()
    first = await anext(words)
    seconds = time.perf_counter() - began
    assert [first, *[word async for word in words]] == WORDS
    return seconds


async def race(base_url: str, questions: int) -> dict[str, list[float]]:
    """Seconds to the first word of each client, asked in turn."""
    clients = {name: make(base_url) for name, make in CLIENTS.items()}
    seconds: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(questions + 20):
        order = list(clients) if number % 2 else list(reversed(clients))
        for name in order:
            took = await first_word(clients[name][0])
            if number >= 20:  # what comes before warms up
                seconds[name].append(took)
    for _, close in clients.values():
        await close()
    return seconds


def alone(name: str, base_url: str) -> None:
    """In a process of its own: seconds to import the client, and the peak in MB after one answer."""
    began = time.perf_counter()
    __import__(IMPORTS[name])
    imported = time.perf_counter() - began

    async def once() -> None:
        ask, close = CLIENTS[name](base_url)
        await first_word(ask)
        await close()

    asyncio.run(once())
    print(json.dumps([imported, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]))


def apart(name: str, base_url: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.first_word", "--alone", name, base_url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    imported, peak = json.loads(done.stdout)
    return imported, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5, help="processes for import and memory")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve())
        return
    if arguments.alone:
        alone(*arguments.alone)
        return
    os.environ["NO_PROXY"] = "127.0.0.1"
    command = [sys.executable, "-m", "benchmarks.first_word", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            base_url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
            runs = [{name: apart(name, base_url) for name in CLIENTS} for _ in range(arguments.runs)]
            seconds = asyncio.run(race(base_url, arguments.questions))
        finally:
            server.kill()
    rows = {
        "first word, median, ms": {name: median(times) * 1e3 for name, times in seconds.items()},
        "first word, 95th, ms": {name: quantiles(times, n=20)[-1] * 1e3 for name, times in seconds.items()},
        "import, median, ms": {name: median(run[name][0] for run in runs) * 1e3 for name in CLIENTS},
        "peak memory, median, MB": {name: median(run[name][1] for run in runs) for name in CLIENTS},
    }
    print(f"{'':26}{'ours':>8}{'openai':>9}{'ratio':>8}")
    for row, values in rows.items():
        print(f"{row:26}{values['ours']:8.2f}{values['openai']:9.2f}{values['ours'] / values['openai']:8.2f}")


if __name__ == "__main__":
    main()
