"""GGUF files in a folder: which one a name means, and which one it sees with.

A model in several parts, NAME-00001-of-00003.gguf and so on, is named by its first: llama.cpp finds the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_NO_MODEL = ("mmproj", "imatrix", "mtp-", "eagle3-")
"""In the names of what lies beside models: their eyes, statistics for making them smaller, helpers that guess ahead.
Those that llama.cpp passes over when it looks for a model in a repository (its option -hf)."""

_PART = re.compile(r"-(\d{5})-of-\d{5}\.gguf$")


def usual_folder() -> Path:
    """Where models lie that were put there by their names, unless somebody names another place."""
    import platformdirs

    return platformdirs.user_data_path("glasses") / "models"


def sees(name: str) -> bool:
    """Whether a file of this name is what a model sees with: everybody who makes them calls them so."""
    return "mmproj" in name.lower()


def is_model(name: str) -> bool:
    """Whether a file of this name is a model, or the first part of one."""
    part = _PART.search(name)
    other = any(word in name.lower().rpartition("/")[2] for word in _NO_MODEL)
    return name.endswith(".gguf") and not other and (not part or int(part[1]) == 1)


def parts(name: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that are parts of the model `name`, itself among them, in their order."""
    stem = _PART.sub("", name)
    return sorted(one for one in names if one == name or (_PART.search(one) and _PART.sub("", one) == stem))


def found(name: str, folder: Path) -> Path | None:
    """The file that `name` means: a path, or the name of a file anywhere in `folder`, which may lack its ending."""
    path = Path(name).expanduser()
    if path.is_file():
        return path
    named = sorted(file for file in folder.rglob("*.gguf") if name in (file.name, file.stem))
    return named[0] if named else None


def beside(model: Path) -> Path | None:
    """What lies beside `model` for it to see with."""
    return next((file for file in sorted(model.parent.glob("*.gguf")) if sees(file.name)), None)
