"""A frame as a JPEG, in the size that a backend asks for."""

from __future__ import annotations

from pipeline.ask.backend import PictureBudget
from pipeline.types import Picture, VideoFrame


def encode(frame: VideoFrame, budget: PictureBudget) -> Picture:
    """`frame` with its long edge at most `budget.long_edge` pixels, as a JPEG; a small frame is never enlarged.

    Pixels are averaged on the way down (cv2's INTER_AREA): thin strokes of print fade instead of breaking up.
    Blocks for some ten milliseconds at 720p, so the session calls it in a thread.
    """
    import cv2

    image = frame.image
    height, width = image.shape[:2]
    if budget.long_edge is not None and max(height, width) > budget.long_edge:
        scale = budget.long_edge / max(height, width)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, budget.quality))
    return Picture(data.tobytes(), width, height, frame.t)
