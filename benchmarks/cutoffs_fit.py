"""The weights of the end of a turn: a logistic regression by Newton's method, in NumPy, and what it says unseen."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.cutoffs_sounds import Kind
from pipeline.listen.end_of_turn import Evidence, Weights

FOLDS = 10

_RIDGE = 0.01
"""Penalty on squared weights of standardised values, against a loss of 1 for each of the two classes."""

_SHARES: dict[Kind, float] = {"content": 0.5, "function": 0.25, "natural": 0.25}
"""How much of the unfinished class comes from each kind of pause: real pauses are rare, and all that is not spliced."""


@dataclass(frozen=True, slots=True)
class Example:
    """One pause to learn from."""

    file: str
    kind: Kind  # of the pause, or of the clip that it ends
    finished: bool
    evidence: Evidence


def fit(examples: Sequence[Example]) -> Weights:
    """The weights with which finished examples are best told from others, both classes of the same weight."""
    values = np.array([example.evidence.values() for example in examples])
    finished = np.array([example.finished for example in examples])
    share = np.array([1.0 if example.finished else _SHARES[example.kind] for example in examples])
    names = [(example.finished, example.kind) for example in examples]
    share /= np.array([names.count(name) for name in names])
    mean, spread = values.mean(0), values.std(0) + 1e-9
    design = np.column_stack([np.ones(len(values)), (values - mean) / spread])
    penalty = np.full(design.shape[1], 2 * _RIDGE)
    penalty[0] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (share * (chance - finished)) + penalty * weights
        bend = (design.T * (share * chance * (1 - chance))) @ design + np.diag(penalty)
        weights = weights - np.linalg.solve(bend, slope)
    each = weights[1:] / spread
    return Weights(float(weights[0] - each @ mean), tuple(map(float, each)))


def fold(file: str) -> int:
    """Which of the folds a recording is in, with all the clips made of it."""
    return zlib.crc32(file.encode()) % FOLDS


def unseen(examples: Sequence[Example]) -> list[Weights]:
    """For each fold the weights that were fitted on the others."""
    return [fit([example for example in examples if fold(example.file) != one]) for one in range(FOLDS)]
