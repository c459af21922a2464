"""How truthful answers without a network are: pictures with known content, and questions, many about what is not there.

    python -m benchmarks.truthfulness [--wrong] [NAME ...]

Each answer is right (+1), an admission not to know (0), or wrong (-1): the truthfulness score of CRAG-MM (Wang et al.,
2025). What is in the pictures is written by hand in truthfulness.toml. Wrong is also: a thing named that is not there,
print read where there is none, and "I don't see it" about something that is there. Prints the wrong ones with --wrong,
and the time and memory that a question of each kind takes.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Literal

from benchmarks.processes import peak, resident
from benchmarks.truthfulness_pictures import HEIGHT, PICTURES, WIDTH
from glasses.config import defaults
from glasses.models import Models
from pipeline import clock as clocks
from pipeline.ask.backend import PictureBudget
from pipeline.ask.ondevice import OnDevice
from pipeline.ask.ondevice.intents import understood
from pipeline.clock import Clock
from pipeline.look.encode import encode
from pipeline.see.coco import KINDS, named_in
from pipeline.see.eyes import Eyes
from pipeline.types import Answer, Picture, Question, VideoFrame, read_only

Verdict = Literal["right", "unknown", "wrong"]

_ADMITS = re.compile(
    r"\bI can't|\bI can only|\bI don't (?:know|recognise|see)|not sure|recognise nothing|several colours"
    r"|too dark|very dark|can't tell|hard to read|may be",
    re.IGNORECASE,
)
_NOT_SEEN = re.compile(r"\bI don't (?:see|recognise)|can't read any text|can't see anything|no text", re.IGNORECASE)
_NAMES_NOTHING = re.compile(r"\bI don't|\bI can't|\bI can only|may be\b|recognise nothing", re.IGNORECASE)
_READS = re.compile(r"\bit (?:says|begins)|print says", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a picture, and one question about it."""

    ask: str
    words: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()
    gone: bool = False
    holds: tuple[str, ...] = ()
    print: bool = False


def judged(known: Known, answer: str) -> Verdict:
    """What an answer is worth; a pure function."""
    said = answer.lower()
    if any(word.lower() in said for word in known.never) or invents(known, answer):
        return "wrong"
    if known.gone:
        if _NOT_SEEN.search(answer):
            return "right"
    elif all(any(word.lower() in said for word in group) for group in known.words):
        return "right"
    return "unknown" if _ADMITS.search(answer) else "wrong"


def invents(known: Known, answer: str) -> bool:
    """Whether a thing is named that is not there, or print is read where there is none."""
    shown, *read = _READS.split(answer, maxsplit=1)
    if read and not known.print:
        return True
    sentences = [text for text in re.split(r"(?<=[.!?]) ", shown) if not _NAMES_NOTHING.search(text)]
    named = {name for text in sentences for name in _things_in(text)}
    return bool(named - set(known.holds))


def _things_in(text: str) -> list[str]:
    """Kinds of things in a sentence; only ones named with our own words, so that "orange" the colour is none."""
    found = []
    for kind in KINDS.values():
        names = (
            rf"(?:an?|one|two|three|four|five|six|the|white|black|red|blue|green|yellow|pink|purple) (?:{kind.name})"
        )
        if re.search(rf"\b(?:{names}|{kind.plural})\b", text, re.IGNORECASE):
            found.append(kind.name)
    return found


def questions(names: Sequence[str]) -> dict[str, list[Known]]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: [_known(row, table[name]) for row in table[name]["questions"]] for name in names or table}


def _known(row: dict[str, Any], picture: dict[str, Any]) -> Known:
    groups = tuple(tuple(group) if isinstance(group, list) else (group,) for group in row.get("words", ()))
    holds = tuple(picture["holds"])
    assert all(named_in(name)[1] for name in holds)
    return Known(
        row["ask"], groups, tuple(row.get("never", ())), row.get("gone", False), holds, picture.get("print", False)
    )


def ask(eyes: Eyes, picture: Picture, text: str) -> str:
    async def main(clock: Clock) -> str:
        async for item in OnDevice(clock, eyes).stream(Question(1, 0.0, text, (picture,))):
            if isinstance(item, Answer):
                return item.text or item.told
        raise AssertionError("there was no answer")

    return clocks.run(main, virtual=False)


def forget_peak() -> None:
    """Count the peak of this process's memory anew from now on (proc(5))."""
    Path("/proc/self/clear_refs").write_text("5")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question took."""

    kind: str  # as the question was understood
    seconds: float
    megabytes: float  # resident at most, this process and all that it has loaded


def cost_lines(costs: Sequence[Cost]) -> Iterator[str]:
    """A line for each kind of question, and one for all."""
    kinds = sorted({cost.kind for cost in costs})
    for what, of in [(kind, [cost for cost in costs if cost.kind == kind]) for kind in kinds] + [("all", list(costs))]:
        took = [cost.seconds for cost in of]
        yield (
            f"a question: {what} ({len(of)}): {median(took):.2f} s (median), {max(took):.2f} s (longest), "
            f"{max(cost.megabytes for cost in of):.0f} MB at the peak"
        )


def timed(perceive: Callable[[Picture], object], pictures: Sequence[Picture]) -> list[tuple[float, float]]:
    """Seconds for each picture, decoding included, by the clock and of processor time (which no neighbour changes).

    The better of two runs.
    """
    runs = []
    for _ in range(2):
        took = []
        for picture in pictures:
            fresh = Picture(picture.data, picture.width, picture.height, picture.t)
            began, worked = time.perf_counter(), time.process_time()
            perceive(fresh)
            took.append((time.perf_counter() - began, time.process_time() - worked))
        runs.append(took)
    return [min(both) for both in zip(*runs, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", action="store_true", help="print what was answered wrongly")
    parser.add_argument("--all", action="store_true", help="print every answer")
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures; all of them if none is named")
    arguments = parser.parse_args()
    models = Models(defaults({}))
    eyes, before = models.eyes, resident(os.getpid())
    counts = {(verdict, gone): 0 for verdict in ("right", "unknown", "wrong") for gone in (False, True)}
    pictures, costs = [], []
    for name, asked in questions(arguments.names).items():
        picture = encode(VideoFrame(0.0, 0, read_only(PICTURES[name]())), PictureBudget(None, 95))
        pictures.append(picture)
        for known in asked:
            forget_peak()
            began = time.perf_counter()
            answer = ask(eyes, picture, known.ask)
            costs.append(Cost(understood(known.ask).kind, time.perf_counter() - began, peak(os.getpid())))
            verdict = judged(known, answer)
            counts[verdict, known.gone] += 1
            if arguments.all or (arguments.wrong and verdict == "wrong"):
                print(f"{verdict:8} {name}: {known.ask} -> {answer}", flush=True)
    total = sum(counts.values())
    for gone, what in ((False, "what is there"), (True, "what is not there")):
        row = {verdict: counts[verdict, gone] for verdict in ("right", "unknown", "wrong")}
        print(f"{what}: {row['right']} right, {row['unknown']} not known, {row['wrong']} wrong, of {sum(row.values())}")
    right, wrong = (sum(counts[verdict, gone] for gone in (False, True)) for verdict in ("right", "wrong"))
    print(
        f"truthfulness: {(right - wrong) / total:.2f} over {total} questions about {len(pictures)} pictures", end=": "
    )
    print(f"{right / total:.0%} right, {(total - right - wrong) / total:.0%} not known, {wrong / total:.1%} wrong")
    print(*cost_lines(costs), sep="\n")
    frames = [picture for picture in pictures if (picture.width, picture.height) == (WIDTH, HEIGHT)]
    for sense in ("read", "things", "codes", "colours", "light") if len(frames) > 1 else ():
        took, worked = zip(*timed(getattr(eyes, sense), frames), strict=True)
        print(
            f"time: {sense} {median(took):.3f} s (median), {quantiles(took, n=20)[-1]:.3f} s (95th) at 720p", end="; "
        )
        print(f"of processor time {median(worked):.3f} s, {quantiles(worked, n=20)[-1]:.3f} s")
    print(f"memory: {before:.0f} MB with text recognition loaded, before the first question")
    if wrong > 0.05 * total:
        sys.exit("more than 5 % of the answers are wrong")


if __name__ == "__main__":
    main()
