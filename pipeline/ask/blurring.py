"""A backend that is never shown a face: what it is sent is looked through on this machine first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline.ask.backend import Backend
from pipeline.ask.before import Before, Emit
from pipeline.clock import Clock
from pipeline.types import Picture, Question, VideoFrame, read_only

if TYPE_CHECKING:
    from pipeline.see.faces import Faces


class Blurring(Before):
    """Asks `backend` with every face in every picture made unrecognisable; if that fails, nothing is sent."""

    def __init__(self, clock: Clock, backend: Backend, faces: Faces, emit: Emit) -> None:
        """`emit` logs how many faces were found."""
        super().__init__(clock, backend, emit)
        self._faces = faces

    async def changed(self, question: Question) -> Question:
        """Without faces. Raises GlassesError if they can't be looked for."""
        images, found = [], []
        for image in question.images:
            picture, count = await self._clock.run("faces", partial(without_faces, image, self._faces))
            images.append(picture)
            found.append(count)
        if images:
            self._emit("blurred", backend=self.name, faces=found)
        return replace(question, images=tuple(images))


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
