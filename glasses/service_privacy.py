"""That the wearer wanted privacy outlives the session, but not the machine's next start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Remembered:
    """A file in the user's runtime folder, which is in memory; where there is none, nothing is remembered.

    systemd ends a session whose device hangs in closing and starts it anew: it must not open the device again then.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        folder = environ.get("XDG_RUNTIME_DIR", "")
        self._file = Path(folder) / "glasses-private" if folder else None

    def wanted(self) -> bool:
        """Whether it was when the session before ended."""
        return self._file is not None and self._file.exists()

    def remember(self, wanted: bool) -> None:
        """It is now, or not. Never raises."""
        if self._file is None:
            return
        with suppress(OSError):
            if wanted:
                self._file.touch()
            else:
                self._file.unlink(missing_ok=True)
