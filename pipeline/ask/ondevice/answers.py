"""The answer's sentences, from what was perceived and nothing else: pure functions of plain data.

"I don't see a cup" is said only where nothing in the picture comes near to one; what is doubtful is called so, and what
can't be answered honestly is turned down, with what can be told instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.ask.ondevice import facts
from pipeline.ask.ondevice.codes import told as told_code
from pipeline.ask.ondevice.intents import Intent
from pipeline.ask.ondevice.light import nothing_there
from pipeline.ask.ondevice.light import told as told_light
from pipeline.ask.ondevice.reading import SURE, Told, calmed, glimpse, it_says, naturally, read_aloud
from pipeline.ask.ondevice.things import counted, joined, listed, named, places, where, with_article
from pipeline.see import colours
from pipeline.see.coco import BY_NAME, GROUPS, is_narrower
from pipeline.see.codes import Code
from pipeline.see.layout import Line
from pipeline.see.light import Light
from pipeline.see.objects import Thing

_UNABLE = "I can't answer that without a model."
_TOO_DARK = "It is very dark, so I may miss things."
_DANGER = re.compile(r"\b(?:safe|safely|danger|dangerous|cross|poison\w*|eat|drink|touch|may i|can i|should i)\b", re.I)

_TOLD = 4
"""Kinds of things that are told at most where nobody asked for them."""

_LINES = 3
"""Lines that are told at most of what is only written."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was perceived of a picture; what nobody asked for stays empty."""

    lines: Sequence[Line] = ()
    things: Sequence[Thing] = ()
    codes: Sequence[Code] = ()
    colours: Mapping[str, float] = field(default_factory=dict)
    light: Light | None = None

    @property
    def dark(self) -> bool:
        """Too dark to see much."""
        return self.light is not None and self.light.dark


def answer(intent: Intent, asked: str, seen: Seen) -> Told:
    """What is said to `asked`."""
    if intent.kind == "read":
        return _read(asked, seen.lines)
    if seen.light and seen.light.even and intent.kind not in ("light", "code", "colour"):
        return Told(tuple(nothing_there(seen.light)))
    tellers = {
        "fact": _fact,
        "find": _find,
        "count": _count,
        "colour": _colour,
        "light": _light,
        "code": _code,
        "describe": _describe,
        "identify": _identify,
    }
    return Told(tuple(tellers.get(intent.kind, _unable)(intent, asked, seen)))


# Print


def _read(asked: str, lines: Sequence[Line]) -> Told:
    legible = calmed(lines)
    if not legible:
        return Told(tuple(_nothing_to_read(bool(lines))))
    about = facts.about(asked)
    told = facts.telling_of(about, legible)
    if told:
        found = Told(tuple(it_says(told)))
    else:
        found = read_aloud(legible)
        told = [line for line in legible if line not in found.left]
    said = (["I don't see anything about that."] if about and len(told) == len(legible) else []) + [*found.sentences]
    if (len(legible) < len(lines) and not found.left) or any(line.confidence < SURE for line in told):
        said.insert(len(said) - bool(found.left), "Some of it is hard to read.")
    return Told(tuple(said), found.left)


def _nothing_to_read(blurred: bool) -> Iterator[str]:
    if blurred:
        yield "There is some text in view, but I can't make it out."
        yield "Try going closer, or holding still."
    else:
        yield "I can't read any text in view."


def _fact(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    assert intent.fact
    legible = calmed(seen.lines)
    if not legible:
        yield from _nothing_to_read(bool(seen.lines))
        return
    found = facts.find(intent.fact, asked, legible)
    if not found:
        yield f"I don't see {intent.fact.name}."
        matching = facts.telling_of(intent.fact.subject(asked), legible)
        yield from it_says(matching[:_LINES]) if matching else glimpse(legible)
        return
    if name := facts.missing(asked, legible):
        yield f"I don't see {name}."
    elif any(line.confidence < SURE for line in found):
        yield "It is hard to read, so don't rely on it."
    elif len(found) == 1 and (time := facts.time_of(asked, naturally(found[0].text))):
        yield f"{time}."
    if len(found) > 1 and not intent.fact.several:
        yield "I can't tell which."
    yield from it_says(found)


# Things


def _find(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    legible = calmed(seen.lines)
    matching = facts.telling_of(intent.subject, legible)
    if intent.things and (not matching or named([thing for thing in seen.things if thing.name in intent.things])):
        yield from _find_known(intent, seen)
        return
    if matching:
        yield "I can only find it written."
        yield from it_says(matching[:_LINES])
        return
    yield f"I can't tell: I don't know how to recognise {with_article(intent.subject)}."
    yield from _instead(seen.things, legible)


def _find_known(intent: Intent, seen: Seen) -> Iterator[str]:
    found, possible = _sorted(intent, seen.things)
    if found:
        yield f"I see {listed(found)}."
        yield from _no_more_than_that(intent)
    elif possible:
        yield f"There may be {with_article(possible[0].name)} {where(possible[0])}, but I'm not sure."
    else:
        yield from _not_seen(with_article(_singular(intent)), seen)


def _count(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    name = _singular(intent)
    plural = BY_NAME[name].plural if name in BY_NAME else f"{name.removesuffix('s')}s"
    if not intent.things:
        if matching := facts.telling_of(intent.subject, calmed(seen.lines)):
            yield f"I can't count {plural}."
            yield from it_says(matching[:_LINES])
            return
        yield f"I can't count {plural}: I don't know how to recognise them."
        yield from _instead(seen.things, ())
        return
    found, possible = _sorted(intent, seen.things)
    if found:
        number = counted(len(found), name, plural)
        yield f"I see {number}{', ' + where(found[0]) if len(found) == 1 else ': ' + places(found)}."
        yield from _no_more_than_that(intent)
        if possible:
            yield "There may be more."
    elif possible:
        yield f"There may be {with_article(possible[0].name)} {where(possible[0])}, but I'm not sure."
    else:
        yield from _not_seen(f"any {plural}", seen)


def _no_more_than_that(intent: Intent) -> Iterator[str]:
    """Asked for a woman, a person is no answer yet."""
    if is_narrower(intent.subject):
        yield "I can't tell whether that is what you mean."


def _identify(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    found, possible = _sorted(intent, seen.things)
    if found:
        yield f"It looks like {joined([with_article(name) for name in dict.fromkeys(thing.name for thing in found)])}."
    elif possible:
        yield f"It may be {with_article(possible[0].name)}, but I'm not sure."
    else:
        yield f"I don't recognise {with_article(intent.subject)} here."
        yield from _dark_or_instead(seen)


def _colour(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    if seen.dark:
        yield "It is too dark to tell colours."
        return
    found, possible = _sorted(intent, seen.things)
    if intent.things and not found:
        yield (
            f"I'm not sure that I see {with_article(_singular(intent))}."
            if possible
            else (f"I don't see {with_article(_singular(intent))}.")
        )
    thing = found[0] if found else None
    if not thing and not intent.subject:
        thing = next((thing for thing in named(seen.things) if _in_the_middle(thing)), None)
    if thing:
        if len(found) > 1:
            yield f"I see {listed(found)}."
        yield f"The {thing.name} looks {thing.colour}." if thing.colour else f"The {thing.name} has several colours."
        return
    if intent.subject and not intent.things:
        yield f"I can't pick out {with_article(intent.subject)}."
    if intent.things:
        return
    if told := colours.told(seen.colours):
        yield f"What is in the middle of the picture looks {told}."
    else:
        yield "What is in the middle of the picture has several colours."


def _in_the_middle(thing: Thing) -> bool:
    left, top, right, bottom = thing.box
    return left < 0.5 < right and top < 0.5 < bottom and thing.name != "table"


def _describe(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    if seen.dark:
        yield _TOO_DARK
    yield from _instead(seen.things, calmed(seen.lines), opening="I see")


def _unable(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    yield _UNABLE
    legible = calmed(seen.lines)
    # Where it is about danger, the line that answers is not picked out: anybody may have written it.
    matching = [] if _DANGER.search(asked) else facts.telling_of(asked, legible)
    yield from _instead(seen.things, matching or legible)


def _instead(things: Sequence[Thing], legible: Sequence[Line], opening: str = "What I do see:") -> Iterator[str]:
    """What can be told where something else was asked for."""
    sure = named(things)
    kinds = list(dict.fromkeys(thing.name for thing in sure))[:_TOLD]
    if sure:
        yield f"{opening} {listed([thing for thing in sure if thing.name in kinds])}."
    if legible:
        yield from glimpse(legible)
    if not sure and not legible:
        yield "I recognise nothing else here." if opening != "I see" else "I don't recognise anything here."


def _not_seen(what: str, seen: Seen) -> Iterator[str]:
    """In the dark, what is not seen may be there all the same."""
    if seen.dark:
        yield f"It is too dark to tell: I can't make out {what}."
        return
    yield f"I don't see {what}."
    if named(seen.things):
        yield from _instead(seen.things, ())


def _dark_or_instead(seen: Seen) -> Iterator[str]:
    if seen.dark:
        yield _TOO_DARK
    elif named(seen.things):
        yield from _instead(seen.things, ())


def _sorted(intent: Intent, things: Sequence[Thing]) -> tuple[list[Thing], list[Thing]]:
    """Of what is asked about: what is certain enough to be named, and what may be there."""
    meant = [thing for thing in things if thing.name in intent.things]
    sure = named(meant)
    return sure, [thing for thing in meant if thing not in sure]


def _singular(intent: Intent) -> str:
    """One of what is asked about: the wearer's own word for a group, our name for a kind."""
    return intent.things[0] if len(intent.things) == 1 else intent.subject


# Light and codes


def _light(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    assert seen.light
    yield from told_light(seen.light)


def _code(intent: Intent, asked: str, seen: Seen) -> Iterator[str]:
    for code in seen.codes[:3]:
        yield from told_code(code)
    if not seen.codes:
        yield "I don't see a code that I can read."
        yield "It helps to hold it flat, and closer."


assert not set(GROUPS) & set(BY_NAME), "a word is a kind or a group"
