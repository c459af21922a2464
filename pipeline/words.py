"""Words without the punctuation, which in speech is the recogniser's guess."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """The words of `text` in small letters, with single spaces between."""
    return " ".join(re.findall(r"[\w']+", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))
