"""The last seconds of what the camera saw, bounded in bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from weakref import ReferenceType, ref

from pipeline.look.quality import ScoredFrame

_BUCKET = 0.1
"""Seconds. Of the frames in each, only the best is kept: neighbours show the same."""

_PAST_BUCKET = 1.0
"""The same for what lies further back than a question about now may reach."""


class FrameRing:
    """Keeps the frames that a question may be about, and no more than `limit` bytes of them.

    While nobody speaks those are the last `lookback` seconds. From `keep_from(t)` on, everything
    since `t` is kept too, so that a long question still has the frames of its beginning. If they
    grow over the limit, they are thinned out evenly: the best of every 0.2 s, of every 0.4 s, ...

    Of the `past` seconds before those, the best frame of each second is kept, in at most `past_limit` bytes more:
    somebody may ask what that just was.
    """

    def __init__(
        self, *, lookback: float, limit: int = 96_000_000, past: float = 0.0, past_limit: int = 24_000_000
    ) -> None:
        self._lookback = lookback
        self._limit = limit
        self._past = past
        self._past_limit = past_limit
        self._frames: list[ScoredFrame] = []
        self._passed: list[ScoredFrame] = []
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
            if scored.quality <= newest.quality:
                return
            self._remove(len(self._frames) - 1)
        self._frames.append(scored)
        self._bytes += _size(scored)
        self._forget(scored.t)
        while self._bytes > self._limit and len(self._frames) > 1:
            self._thin_out()

    def keep_from(self, t: float | None) -> None:
        """Someone began to speak at `t`: forget nothing since. None: nobody speaks any more."""
        self._keep_from = t
        self._bucket = _BUCKET

    def frames(self) -> tuple[ScoredFrame, ...]:
        """What is kept, oldest first: the past, then all that a question about now may be about."""
        return (*self._passed, *self._frames)

    def _thin_out(self) -> None:
        self._bucket *= 2
        best = best_of_each(self._bucket, self._frames)
        self.dropped += len(self._frames) - len(best)
        self._frames = best
        self._bytes = sum(map(_size, best))

    def _forget(self, now: float) -> None:
        before = now - self._lookback
        if self._keep_from is not None:
            before = min(before, self._keep_from - self._lookback)
        while self._frames and self._frames[0].t < before:
            if self._past:
                self._passed = best_of_each(_PAST_BUCKET, (*self._passed, self._frames[0]))
            self._remove(0)
        while self._passed and (
            self._passed[0].t < before - self._past or sum(map(_size, self._passed)) > self._past_limit
        ):
            self._passed.pop(0)

    def _remove(self, index: int) -> None:
        self._bytes -= _size(self._frames.pop(index))


class Snapshot:
    """The frames that one stretch of speech may be about, until it is understood."""

    def __init__(self, frames: Sequence[ScoredFrame]) -> None:
        self.frames = tuple(frames)
        """Oldest first."""
        self._bucket = _BUCKET

    def take(self) -> tuple[ScoredFrame, ...]:
        """The frames, for the choice; the room that they took is free for other snapshots."""
        frames, self.frames = self.frames, ()
        return frames

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(map(_size, self.frames))

    def thin_out(self) -> None:
        """Keep the best of stretches twice as long as before."""
        self._bucket *= 2
        self.frames = tuple(best_of_each(self._bucket, self.frames))


class Snapshots:
    """Snapshots of what was seen: those in use take at most `limit` bytes together, and each keeps a frame at least.

    Which frame a question is about is known only once its words are, and several may wait for that.
    """

    def __init__(self, limit: int = 64_000_000) -> None:
        self._limit = limit
        self._taken: list[ReferenceType[Snapshot]] = []

    def take(self, frames: Sequence[ScoredFrame]) -> Snapshot:
        """A snapshot of `frames`, in use until they are taken or it is dropped; the largest become coarser for it."""
        taken = Snapshot(frames)
        used = [snapshot for reference in self._taken if (snapshot := reference())] + [taken]
        while sum(snapshot.size for snapshot in used) > self._limit:
            largest = max(used, key=lambda snapshot: snapshot.size if len(snapshot.frames) > 1 else 0)
            if len(largest.frames) <= 1:
                break
            largest.thin_out()
        self._taken = [*map(ref, used)]
        return taken


def best_of_each(seconds: float, frames: Iterable[ScoredFrame]) -> list[ScoredFrame]:
    """Of `frames`, the best in each stretch of so many `seconds`, in the order of their times."""
    best: dict[int, ScoredFrame] = {}
    for scored in frames:
        rival = best.get(int(scored.t / seconds))
        if rival is None or scored.quality > rival.quality:
            best[int(scored.t / seconds)] = scored
    return [*best.values()]


def _size(scored: ScoredFrame) -> int:
    return scored.frame.image.nbytes
