"""What can go wrong with the disk, as errors for people and as sentences for the wearer."""

from __future__ import annotations

import errno
from pathlib import Path

from pipeline.errors import GlassesError

STOPPED = "so I stopped recording."
NOT_BEGUN = "so I can't record."
NO_PICTURE = "so I couldn't keep the picture."


def cannot_write(path: Path, error: OSError, ending: str = STOPPED) -> GlassesError:
    """The error for a write that failed; `ending` is what the wearer hears behind the reason."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        what, told = "the disk is full; free some space", "The disk is full"
    elif error.errno == errno.ENOENT and ending == STOPPED:
        what, told = "it was deleted or moved; record anew", "The recording was deleted"
    else:
        what, told = "name another folder", "I can't write to the disk"
    return GlassesError(f"{path}: cannot be written ({error.strerror or error}): {what}", told=f"{told}, {ending}")
