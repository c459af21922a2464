"""Names for what is kept: plain file names on any system, so that a recording can be carried to another."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipeline.errors import UsageError

_LONGEST = 100
"""Characters of a name that is made from a title."""


def check_name(name: str) -> None:
    """Raises UsageError if a recording can't be called `name`."""
    from pathvalidate import ValidationError, sanitize_filename, validate_filename

    remedy = "a name is one plain word such as walk-2; record.folder of the configuration says where recordings lie"
    try:
        validate_filename(name, platform="universal")
    except ValidationError as error:
        proposal = sanitize_filename(name.strip(), platform="universal")
        if proposal and not proposal.startswith("."):
            remedy = f"how about {proposal!r}?"
        raise UsageError(f"{name!r} can't be the name of a recording ({_reason(error)}); {remedy}") from error
    if name.startswith("."):
        raise UsageError(f"{name!r} can't be the name of a recording (it begins with a dot); {remedy}")


def free_name(folder: Path, title: str, when: datetime, ending: str = "") -> str:
    """A name that nothing in `folder` has, from a title, or from the time where there is none."""
    from pathvalidate import sanitize_filename

    plain = sanitize_filename(title.strip(), platform="universal", max_len=_LONGEST).lstrip(".")
    plain = plain or f"{when:%Y-%m-%d_%H-%M-%S}"
    name, number = f"{plain}{ending}", 1
    while (folder / name).exists():
        number += 1
        name = f"{plain}-{number}{ending}"
    return name


def _reason(error: Exception) -> str:
    from pathvalidate import ErrorReason, ValidationError

    assert isinstance(error, ValidationError)
    return {
        ErrorReason.NULL_NAME: "it is empty",
        ErrorReason.RESERVED_NAME: "Windows reserves it",
        ErrorReason.INVALID_LENGTH: "it is too long",
    }.get(error.reason, "it has characters that file names can't have everywhere")
