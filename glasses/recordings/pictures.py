"""Single pictures that the wearer asked to be kept."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from glasses.recordings.faults import NO_PICTURE, cannot_write
from glasses.recordings.names import free_name
from pipeline.types import Image, VideoFrame

_QUALITY = 92
"""Of JPEG: hard to tell from the original, a third of its size at 98."""


def save_picture(folder: Path, frame: VideoFrame, started: datetime) -> Path:
    """Keep `frame` as a JPEG in `folder`, named and dated by when the light fell. Blocks for some ten milliseconds.

    started: the wall-clock time of the session's t = 0, with its zone.

    Raises GlassesError if it cannot be written; then nothing is left of it.
    """
    taken = started + timedelta(seconds=frame.t)
    data = _jpeg(frame.image, taken)
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / free_name(folder, "", taken, ".jpg")
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.utime(path, (taken.timestamp(), taken.timestamp()))
    except OSError as error:
        if path != folder:
            with suppress(OSError):
                path.unlink()
        raise cannot_write(path, error, NO_PICTURE) from error
    return path


def _jpeg(image: Image, taken: datetime) -> bytes:
    """A JPEG file whose EXIF says when it was taken."""
    from PIL import ExifTags
    from PIL import Image as Pillow

    exif = Pillow.Exif()
    exif[ExifTags.Base.Software] = "glasses"
    exif[ExifTags.Base.DateTime] = f"{taken:%Y:%m:%d %H:%M:%S}"
    zone = f"{taken:%z}"
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: f"{taken:%Y:%m:%d %H:%M:%S}",
            ExifTags.Base.SubsecTimeOriginal: f"{taken.microsecond // 1000:03}",
            ExifTags.Base.OffsetTimeOriginal: f"{zone[:3]}:{zone[3:5]}",
        }
    )
    file = io.BytesIO()
    Pillow.fromarray(image[:, :, ::-1]).save(file, "JPEG", quality=_QUALITY, exif=exif)
    return file.getvalue()
