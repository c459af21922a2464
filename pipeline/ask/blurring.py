"""A backend that is never shown a face: what it is sent is looked through on this machine first."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline.ask.backend import Backend, warm
from pipeline.ask.reach import Reach, reach_of
from pipeline.clock import Clock
from pipeline.types import Answer, AnswerDelta, Notice, Picture, Question, VideoFrame, read_only

if TYPE_CHECKING:
    from pipeline.see.faces import Faces

Emit = Callable[..., object]
"""Logs an event: its kind, and its data by name."""


class Blurring:
    """Asks `backend` with every face in every picture made unrecognisable; if that fails, nothing is sent."""

    def __init__(self, clock: Clock, backend: Backend, faces: Faces, emit: Emit) -> None:
        """`emit` logs how many faces were found."""
        self.name = backend.name
        self.picture = backend.picture
        self._clock = clock
        self._backend = backend
        self._faces = faces
        self._emit = emit

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the backend."""
        return self._backend.languages

    @property
    def reach(self) -> Reach | None:
        """Where pictures go. May block for a look-up."""
        return reach_of(self._backend)

    @property
    def trains(self) -> bool:
        """Whether the makers of its model may train on what they get."""
        return bool(getattr(self._backend, "trains", False))

    async def warm(self) -> bool:
        """Let the backend get ready."""
        return await warm(self._backend)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerDelta | Notice | Answer, None]:
        """As `Backend.stream`. Raises GlassesError before anything is sent if faces can't be looked for."""
        images, found = [], []
        for image in question.images:
            picture, count = await self._clock.run("faces", partial(without_faces, image, self._faces))
            images.append(picture)
            found.append(count)
        if images:
            self._emit("blurred", backend=self.name, faces=found)
        async with aclosing(self._backend.stream(replace(question, images=tuple(images)))) as stream:
            async for item in stream:
                yield item

    async def close(self) -> None:
        """Let go of connections."""
        await self._backend.close()


def without_faces(picture: Picture, faces: Faces) -> tuple[Picture, int]:
    """The picture with its faces blurred, and how many there were; the same picture if there were none.

    Raises GlassesError if it can't be looked through.
    """
    import cv2
    import numpy as np

    from pipeline.ask.backend import PictureBudget
    from pipeline.errors import GlassesError
    from pipeline.look.encode import encode
    from pipeline.see.faces import blurred

    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR) if picture.data else None
    if image is None:
        raise GlassesError("a picture that can't be looked through for faces is not sent", told="I sent no picture.")
    boxes = faces.find(image)
    if not len(boxes):
        return picture, 0
    frame = VideoFrame(picture.t, 0, read_only(blurred(image, boxes)))
    return replace(encode(frame, PictureBudget(None, 85)), note=picture.note), len(boxes)
