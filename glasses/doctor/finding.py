"""What a check says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from glasses.settings import Config


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    state: Literal["ok", "warn", "fail"]
    text: str
    remedy: str = ""


Check = Callable[[Config], Iterator[Finding]]
