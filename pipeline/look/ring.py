"""The last seconds of what the camera saw, bounded in bytes."""

from __future__ import annotations

from pipeline.look.quality import ScoredFrame

_BUCKET = 0.1
"""Seconds. Of the frames in each, only the sharpest is kept: neighbours show the same."""


class FrameRing:
    """Keeps the frames that a question may be about, and no more than `limit` bytes of them.

    While nobody speaks those are the last `lookback` seconds. From `keep_from(t)` on, everything
    since `t` is kept too, so that a long question still has the frames of its beginning. If they
    grow over the limit, they are thinned out evenly: the sharpest of every 0.2 s, of every 0.4 s, ...
    """

    def __init__(self, *, lookback: float, limit: int = 96_000_000) -> None:
        self._lookback = lookback
        self._limit = limit
        self._frames: list[ScoredFrame] = []
        self._bytes = 0
        self._keep_from: float | None = None
        self._bucket = _BUCKET
        self.seen = 0
        self.dropped = 0
        """Frames that were lost to the limit while they could still have been asked about."""

    def add(self, scored: ScoredFrame) -> None:
        """Take the newest frame."""
        self.seen += 1
        newest = self._frames[-1] if self._frames else None
        if newest and int(newest.t / self._bucket) == int(scored.t / self._bucket):
            if scored.sharpness <= newest.sharpness:
                return
            self._remove(len(self._frames) - 1)
        self._frames.append(scored)
        self._bytes += scored.frame.image.nbytes
        self._forget(before=scored.t - self._lookback)
        while self._bytes > self._limit and len(self._frames) > 1:
            self._thin_out()

    def keep_from(self, t: float | None) -> None:
        """Someone began to speak at `t`: forget nothing since. None: nobody speaks any more."""
        self._keep_from = t
        self._bucket = _BUCKET

    def frames(self) -> tuple[ScoredFrame, ...]:
        """What is kept, oldest first."""
        return tuple(self._frames)

    def _thin_out(self) -> None:
        self._bucket *= 2
        sharpest: dict[int, ScoredFrame] = {}
        for scored in self._frames:
            rival = sharpest.get(int(scored.t / self._bucket))
            if rival is None or scored.sharpness > rival.sharpness:
                sharpest[int(scored.t / self._bucket)] = scored
        self.dropped += len(self._frames) - len(sharpest)
        self._frames = list(sharpest.values())
        self._bytes = sum(scored.frame.image.nbytes for scored in self._frames)

    def _forget(self, before: float) -> None:
        if self._keep_from is not None:
            before = min(before, self._keep_from - self._lookback)
        while self._frames and self._frames[0].t < before:
            self._remove(0)

    def _remove(self, index: int) -> None:
        self._bytes -= self._frames.pop(index).frame.image.nbytes
