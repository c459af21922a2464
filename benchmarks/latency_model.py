"""A model on loopback, in a process of its own: two sentences, streamed word by word after a wait.

    python -m benchmarks.latency_model 0 0.5

Prints an address to ask for each wait (seconds before the first word), and stays until its standard input is closed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.servers import DONE, ChatServer, Step, finish, words

ANSWER = ("That", " is", " a", " green", " door.", " Go", " in.")


@contextmanager
def models(waits: Sequence[float]) -> Iterator[list[str]]:
    """The addresses of one model for each wait, which answer as long as this is entered."""
    command = [sys.executable, "-m", "benchmarks.latency_model", *map(str, waits)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield [process.stdout.readline().strip() for _ in waits]
        finally:
            process.stdin.close()


def main() -> None:
    with ExitStack() as stack:
        for wait in map(float, sys.argv[1:]):
            script: list[Step] = [*([wait] if wait else []), *words(*ANSWER), finish("stop"), DONE]
            server = stack.enter_context(ChatServer(script))
            print(f"{server.base_url}#stand-in", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
