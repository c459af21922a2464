"""Does a replay come to what its session.toml expects?"""

from __future__ import annotations

from glasses.recordings import Expect, SessionInfo
from glasses.replaying import Replayed


def unmet(info: SessionInfo, session: Replayed) -> list[str]:
    """What `info` expects and `session` did not do, one line each; empty if all holds.

    Words are compared without regard to case. Expectations belong to the turns in their order.
    """
    turns = [event.turn for event in session.of("answered") if event.turn]
    found = []
    if info.answers is not None and len(turns) != info.answers:
        found.append(f"expected {info.answers} answers, there were {len(turns)}: {session.answers}")
    for number, expect in enumerate(info.expect, start=1):
        if number > len(turns):
            found.append(f"turn {number}: there was none")
        else:
            found += [f"turn {number}: {line}" for line in _unmet(expect, session, turns[number - 1])]
    return found


def _unmet(expect: Expect, session: Replayed, turn: int) -> list[str]:
    data = {event.kind: event.data for event in session.events if event.turn == turn}
    heard = data["heard"]["text"] if "heard" in data else ""
    answer = data["spoken"]["heard_text"] if "spoken" in data else ""
    found = [f"'{word}' was not heard in '{heard}'" for word in expect.heard if word.lower() not in heard.lower()]
    if expect.frame_between:
        first, last = expect.frame_between
        times = data["looked"]["frames"] if "looked" in data else []
        if not times or not all(first <= t <= last for t in times):
            found.append(f"the frame was chosen at {times}, not between {first} and {last} s")
    for alternatives in expect.mentions:
        if not any(word.lower() in answer.lower() for word in alternatives):
            found.append(f"the answer does not mention {' or '.join(alternatives)}: '{answer}'")
    found += [
        f"the answer mentions '{word}': '{answer}'" for word in expect.never_mentions if word.lower() in answer.lower()
    ]
    if expect.words_at_most is not None and len(answer.split()) > expect.words_at_most:
        found.append(f"the answer has {len(answer.split())} words, not at most {expect.words_at_most}: '{answer}'")
    if data["answered"]["outcome"] != expect.outcome:
        found.append(f"the outcome is {data['answered']['outcome']}, not {expect.outcome}")
    return found
