"""Thoughts are never spoken: takes them out of a stream of words, wherever its pieces begin and end."""

from __future__ import annotations

import re

_TAGS = {
    **{f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought", "reasoning", "seed:think")},
    "[THINK]": "[/THINK]",  # Magistral
    "◁think▷": "◁/think▷",  # Kimi
    "<|channel|>analysis": "<|channel|>final<|message|>",  # gpt-oss, where its server leaves the channels in
    "<|channel>thought": "<channel|>",  # Gemma
}
"""How models mark the beginning and the end of what they think, if their server does not part it from the answer."""

_ENDS = frozenset(_TAGS.values())
_TAG = re.compile("|".join(map(re.escape, (*_TAGS, *_ENDS))))
_BEGUN = re.compile("|".join(f"{'(?:'.join(map(re.escape, tag))}{')?' * (len(tag) - 1)}$" for tag in (*_TAGS, *_ENDS)))


class Thoughts:
    """A filter for one answer."""

    def __init__(self) -> None:
        self._held = ""
        self._until = ""  # the tag that ends the thought we are in

    def without(self, piece: str) -> str:
        """What is not thought in `piece` and what was held back; a possible beginning of a tag is held back."""
        spoken = ""
        self._held += piece
        while found := _TAG.search(self._held):
            if not self._until:
                spoken += self._held[: found.start()]
                self._until = _TAGS.get(found[0], "")
            elif found[0] == self._until:
                self._until = ""
            self._held = self._held[found.end() :]
        tag = _BEGUN.search(self._held)
        keep = tag.start() if tag else len(self._held)
        if not self._until:
            spoken += self._held[:keep]
        self._held = self._held[keep:]
        return spoken

    def rest(self) -> str:
        """What is still held back at the end of the stream."""
        rest, self._held = self._held, ""
        return "" if self._until else rest
