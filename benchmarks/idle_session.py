"""A live session for `benchmarks.idle` that keeps account of where its processor time goes.

    python -m benchmarks.idle_session CAMERA MODEL RATE

It is what `glasses run --start wake --json` is, but that each line it reads is answered by one with the seconds of
processor time so far: of the process, and of each part by the clock of the thread that it runs in.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import devices.camera_reading
import devices.microphone_card
import pipeline.look.quality
from glasses import config as configuration
from glasses.live import Wish, live
from pipeline.listen.echo import FullDuplex
from pipeline.listen.voice_activity import SileroVad
from pipeline.listen.wake import MicroWakeWord
from pipeline.types import Event

_PARTS: dict[str, list[tuple[Any, str]]] = {
    "reading and decoding": [(devices.camera_reading, "_done"), (devices.camera_reading, "_picture")],
    "scoring": [(pipeline.look.quality, "score")],
    "echo": [(FullDuplex, "cancel")],
    "voice activity": [(SileroVad, "probability")],
    "wake word": [(MicroWakeWord, "feed")],
}
"""What is counted under which name: where each is found."""


def counted(seconds: Counter[str], part: str, function: Callable[..., Any], *, lazy: bool) -> Callable[..., Any]:
    """`function`, whose processor time is added to that of its part; `lazy` if it gives its results one by one."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            result = function(*arguments, **named)
            return [*result] if lazy else result
        finally:
            seconds[part] += time.thread_time() - began

    return call


def answer(seconds: Counter[str]) -> None:
    """Say how much was used, for each line that is read."""
    for _ in sys.stdin:
        _print(used=dict(seconds), process=time.process_time())


def _show(event: Event) -> None:
    _print(event=[event.t, event.seq, event.turn, event.kind, event.data])


def _print(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    camera, model, rate = sys.argv[1:]
    seconds: Counter[str] = Counter()
    for part, places in _PARTS.items():
        for owner, name in places:
            setattr(owner, name, counted(seconds, part, getattr(owner, name), lazy=name == "feed"))
    config = configuration.defaults(
        {"camera.address": camera, "listen.model": model, "start.how": "wake", "look.rate": float(rate)}
    )
    threading.Thread(target=answer, args=(seconds,), daemon=True).start()
    live(config, Wish(), _show)


if __name__ == "__main__":
    main()
