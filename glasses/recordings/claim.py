"""Which folder is being recorded into now: a lock that other processes see, and that a killed process lets go."""

from __future__ import annotations

from pathlib import Path

_NAME = ".recording"


class Claim:
    """The right to write into `folder`, which must be there. Raises OSError if another recording has it."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self._lock = FileLock(folder / _NAME, thread_local=False)  # a recording ends in another thread than it began
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise FileExistsError(f"{folder} is being recorded into") from None

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if self._lock.is_locked:
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()


def is_claimed(folder: Path) -> bool:
    """Whether somebody, in this process or another, records into `folder` at this moment."""
    if not (folder / _NAME).exists():
        return False
    try:
        claim = Claim(folder)
    except FileExistsError:
        return True
    except OSError:  # such as a disk that may only be read
        return False
    claim.release()
    return False
