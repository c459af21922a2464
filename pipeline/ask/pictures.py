"""Pictures for several backends: encoded once, for the one that wants most, and made smaller for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.ask.backend import PictureBudget
from pipeline.clock import Clock
from pipeline.types import Picture, Question, VideoFrame


def largest(budgets: Sequence[PictureBudget]) -> PictureBudget:
    """The most that any of them wants; those that want less get it made smaller."""
    edges = [budget.long_edge for budget in budgets]
    return PictureBudget(
        None if None in edges else max(edge for edge in edges if edge), max(budget.quality for budget in budgets)
    )


async def fitting(clock: Clock, question: Question, budget: PictureBudget) -> Question:
    """`question` with pictures no larger than a backend wants them."""
    return replace(question, images=tuple([await _fitting(clock, image, budget) for image in question.images]))


async def _fitting(clock: Clock, picture: Picture, budget: PictureBudget) -> Picture:
    if budget.long_edge is None or max(picture.width, picture.height) <= budget.long_edge:
        return picture
    return await clock.run("encode", lambda: _smaller(picture, budget))


def _smaller(picture: Picture, budget: PictureBudget) -> Picture:
    import cv2
    import numpy as np

    from pipeline.look.encode import encode

    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    return picture if image is None else encode(VideoFrame(picture.t, 0, image), budget, note=picture.note)
