"""What can go wrong with the disk, as errors for people and as sentences for the wearer."""

from __future__ import annotations

import errno
from pathlib import Path

from pipeline.errors import GlassesError


def cannot_write(path: Path, error: OSError, *, begun: bool = True) -> GlassesError:
    """The error for a write that failed; `begun`: some of the recording is there already."""
    ending = "so I stopped recording." if begun else "so I can't record."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what, told = "the disk is full; free some space", f"The disk is full, {ending}"
    elif error.errno == errno.ENOENT and begun:
        what, told = "it was deleted or moved; record anew", f"The recording was deleted, {ending}"
    else:
        what, told = "name another folder", f"I can't write to the disk, {ending}"
    return GlassesError(f"{path}: cannot be written ({error.strerror or error}): {what}", told=told)
