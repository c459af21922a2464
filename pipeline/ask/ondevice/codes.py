"""What a code says, as it is told: a link is named and never opened, a password never said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.see.codes import Code

_WORDS = 40
"""Words of a code's text that are read at most."""


def told(code: Code) -> Iterator[str]:
    """A code in sentences."""
    text = code.text.strip()
    scheme, _, rest = text.partition(":")
    match scheme.upper():
        case _ if not code.is_square:
            yield f"It is a bar code with the number {_spaced(text)}."
        case "HTTP" | "HTTPS":
            yield f"It is a code with a link to {_host(rest)}."
        case "WIFI":
            yield f"It is a code for the Wi-Fi network {_field(rest, 'S') or 'without a name'}."
            yield "It has a password, which I don't say aloud." if _field(rest, "P") else "It has no password."
        case "TEL" | "SMSTO" | "SMS":
            number = rest.partition(":")[0]
            yield f"It is a code with the phone number {number}."
        case "MAILTO":
            yield f"It is a code with the mail address {rest.partition('?')[0]}."
        case "BEGIN" | "MECARD":
            name = re.search(r"(?:^|\n)FN[^:\n]*:(.+)", text) or re.search(r"\bN:([^;]+)", text)
            yield f"It is a code with the contact details of {name[1].strip() if name else 'somebody'}."
        case _:
            words = " ".join(text.split()).split(" ")
            yield f"The code says: {' '.join(words[:_WORDS])}{' and so on' if len(words) > _WORDS else ''}."


def _spaced(number: str) -> str:
    """Digit by digit, with a pause after every four."""
    if not number.isdigit():
        return number
    return ", ".join(" ".join(number[start : start + 4]) for start in range(0, len(number), 4))


def _host(rest: str) -> str:
    return re.split(r"[/?#]", rest.lstrip("/"), maxsplit=1)[0].rpartition("@")[2].removeprefix("www.")


def _field(rest: str, name: str) -> str:
    """A field of a Wi-Fi code: ";" and ":" in it are escaped by a backslash."""
    match = re.search(rf"(?:^|;){name}:((?:\\.|[^;\\])*)", rest)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else ""
