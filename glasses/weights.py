"""Model weights: where they are looked for, and why they can be trusted.

They are found in this order: a path the user gave; the user's model folder, which is trusted; an installed
package of the catalogue; the model's own hub. Packages are mirrors made by third parties and a hub can
change, so both are accepted only if the SHA-256 digest of every file is the one in the catalogue.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glasses.catalogue import CARRIED, CATALOGUE, REMEDY, Carried, File, Hub, Weight
from glasses.digests import Digests, blocks, progress, sha256
from pipeline.ask.gguf import usual_folder
from pipeline.errors import GlassesError

HUB_TIMEOUT = 5.0
"""Seconds for the hub to answer at all."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where weights are, as far as can be told without reading or preparing them."""

    source: Literal["model folder", "package", "cache", "hub", "missing"]
    path: Path | None = None  # the main file; None where it has yet to be joined from its parts, or is missing
    files: tuple[File, ...] = ()  # what they are checked against; empty in the user's folder, which is trusted


def whisper(name: str, folder: str = "") -> Path:
    """The folder with Whisper's weights for CTranslate2: `name` is "tiny", "base", or a path.

    `folder` is the user's model folder, empty for the usual one. Raises GlassesError if there are none.
    """
    path = user_folder(folder) / name
    if not (path / "model.bin").is_file():
        if weight := _named(name):
            return ready(weight, folder).parent
        path = Path(name).expanduser()
    for file in (path / "model.bin", path / "tokenizer.json"):
        if not file.is_file():
            raise GlassesError(f"{file}: no such file; name a folder of Whisper weights for CTranslate2, tiny or base")
    return path


def piper(name: str, folder: str = "") -> Path:
    """The .onnx file of a Piper voice, its .onnx.json beside it: `name` is the voice's name, or a path.

    `folder` is the user's model folder, empty for the usual one. Raises GlassesError if there is none.
    """
    path = user_folder(folder) / f"{name.removesuffix('.onnx')}.onnx"
    if not path.is_file():
        if weight := _named(name):
            return ready(weight, folder)
        path = Path(name).expanduser()
    for file in (path, path.with_name(path.name + ".json")):
        if not file.is_file():
            raise GlassesError(
                f"{file}: no such file; name en_US-joe-medium, or an .onnx file of Piper with its .onnx.json beside it"
            )
    return path


def detector(folder: str = "") -> Path:
    """The frozen graph of object detection. Raises GlassesError if it is not there."""
    return ready(next(weight for weight in CATALOGUE if weight.name == "ssd-mobilenet-v2"), folder)


def smart_turn(folder: str = "") -> Path | None:
    """The model that hears whether somebody has finished; None if it is not there: it is a help, not a need."""
    weight = next(weight for weight in CATALOGUE if weight.name == "smart-turn-v3.2-cpu")
    return None if locate(weight, folder).source == "missing" else ready(weight, folder)


def silero() -> Path:
    """The voice activity model that faster-whisper carries. Raises GlassesError if it is not there."""
    found = carried(next(model for model in CARRIED if model.name == "silero-vad"))
    if not found:
        raise GlassesError("faster-whisper's voice activity model is not there; run: pip install faster-whisper")
    return found[-1]


def faces() -> list[Path]:
    """The networks of face detection. Raises GlassesError if they are not there."""
    found = carried(next(model for model in CARRIED if model.name == "mtcnn"))
    if not found:
        raise GlassesError(f"ask.blur_faces needs face detection; run: {REMEDY}")
    return found


def user_folder(folder: str = "") -> Path:
    """The user's model folder: the one that is named, or the usual one."""
    return Path(folder).expanduser() if folder else usual_folder()


def carried(model: Carried) -> list[Path]:
    """The files of a model that comes inside a library, none if the library is not there."""
    return sorted(_package(model.package).glob(model.pattern))


def locate(weight: Weight, folder: str = "") -> Found:
    """Where `weight` would be taken from; nothing is read, joined or fetched."""
    own = user_folder(folder) / weight.place
    if own.is_file():
        return Found("model folder", own)
    parts = [[_part(part) for part in file.parts] for file in weight.files]
    whole = all(len(pieces) == 1 for pieces in parts)
    installed = all(piece.is_file() for pieces in parts for piece in pieces)
    main = parts[0][0] if whole else _cache() / weight.name / weight.files[0].name
    if installed or (main.is_file() and not whole):
        path = main if main.is_file() else None
        source: Literal["package", "cache"] = "package" if installed else "cache"
        return Found(source, path, weight.files)
    if weight.hub and (fetched := _in_hub_cache(weight.hub)):
        return Found("hub", fetched, weight.hub.files)
    return Found("missing")


def ready(weight: Weight, folder: str = "") -> Path:
    """The main file of `weight`, ready to load; joined from its parts or fetched from its hub if need be.

    Raises GlassesError if it is nowhere, or is not what it should be.
    """
    found = locate(weight, folder)
    if found.source == "model folder":
        assert found.path
        return found.path
    if found.source == "missing":
        if not weight.hub:
            raise GlassesError(f"the weights of {weight.name} are not on this machine; run: {weight.remedy}")
        path, files = _fetched(weight, weight.hub), weight.hub.files
    elif found.source == "package" and len(weight.files[0].parts) > 1:
        return _joined(weight)
    else:
        assert found.path
        path, files = found.path, found.files
    if wrong := _fault(path.parent, files):
        raise _refused(weight, wrong)
    return path


def digest(path: Path) -> str:
    """The SHA-256 digest of a file, read only if it has changed since it was last read."""
    return digests().of(path)


def digests() -> Digests:
    """The digests that are remembered between starts."""
    return Digests(_cache())


def fault(found: Found) -> str | None:
    """What is wrong with weights that were found, None if every file is what it should be, or is the user's own."""
    return _fault(found.path.parent, found.files) if found.path else None


def _named(name: str) -> Weight | None:
    return next((weight for weight in CATALOGUE if weight.name == name), None)


def _package(name: str) -> Path:
    """The folder of an installed package, found without importing it; a path that is not there if it is not."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else Path(os.devnull)


def _part(part: str) -> Path:
    package, _, path = part.partition("/")
    return _package(package) / path


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("glasses") / "weights"


def _fault(folder: Path, files: tuple[File, ...]) -> str | None:
    """The first thing wrong with `files` in `folder`, None if all are what they should be."""
    for file in files:
        path = folder / file.name
        if not path.is_file():
            return f"{path} is missing"
        if (actual := digest(path)) != file.digest:
            return f"{path}: SHA-256 is {actual}, expected {file.digest}"
    return None


def _refused(weight: Weight, wrong: str) -> GlassesError:
    return GlassesError(
        f"not the weights of {weight.name}: {wrong}; delete it, then: {weight.remedy} --force-reinstall"
    )


def _joined(weight: Weight) -> Path:
    """The main file in the cache, joined from its parts.

    Everything is made in a folder beside it and renamed when it is whole and right: another process may be doing
    the same, and either may be stopped at any moment.
    """
    target = _cache() / weight.name
    if not _fault(target, weight.files):
        return target / weight.files[0].name
    size = sum(file.size for file in weight.files)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{weight.name}-") as temporary:
            made = Path(temporary) / weight.name
            made.mkdir()
            with progress(f"joining {weight.name}", size) as advance:
                for file in weight.files:
                    with (made / file.name).open("wb") as whole:
                        for part in file.parts:
                            for block in blocks(_part(part)):
                                whole.write(block)
                                advance(len(block))
            for file in weight.files:
                if (actual := sha256(made / file.name)) != file.digest:
                    raise _refused(weight, f"{' + '.join(file.parts)}: SHA-256 is {actual}, expected {file.digest}")
            _put(made, target, weight, aside=Path(temporary) / "broken")
    except OSError as error:
        raise GlassesError(
            f"{target}: cannot be written: {error.strerror}; free {size / 1e6:.0f} MB there, "
            "or name another place in XDG_CACHE_HOME"
        ) from error
    known = digests()
    for file in weight.files:
        known.remember(target / file.name, file.digest)
    return target / weight.files[0].name


def _put(made: Path, target: Path, weight: Weight, aside: Path) -> None:
    """Rename `made` to `target`. A good folder that is there already stays: its owner may be loading it."""
    try:
        made.rename(target)
    except OSError:
        if not _fault(target, weight.files):
            return  # another process was faster
        target.rename(aside)
        try:
            made.rename(target)
        except OSError:
            if _fault(target, weight.files):
                raise


def _in_hub_cache(hub: Hub) -> Path | None:
    """The main file if all of them have been fetched before, by us or by any other program."""
    from huggingface_hub import try_to_load_from_cache

    found = [
        try_to_load_from_cache(hub.repository, hub.folder + file.name, revision=hub.revision) for file in hub.files
    ]
    return Path(str(found[0])) if all(isinstance(path, str) for path in found) else None


def _fetched(weight: Weight, hub: Hub) -> Path:
    """The main file from its makers, with the size said first and huggingface_hub's progress bar."""
    import click
    import httpx
    from huggingface_hub import constants, hf_hub_download

    nowhere = f"the weights of {weight.name} are not on this machine, and"
    if constants.is_offline_mode():
        raise GlassesError(f"{nowhere} HF_HUB_OFFLINE forbids to fetch them; run: {weight.remedy}")
    size = f"{sum(file.size for file in hub.files) / 1e6:.0f} MB"
    try:
        # Asked first because hf_hub_download would try six times, for half a minute, where there is no network.
        httpx.head(constants.ENDPOINT, timeout=HUB_TIMEOUT)
        click.echo(f"fetching {weight.name}, {size}, from {constants.ENDPOINT}/{hub.repository}", err=True)
        paths = [hf_hub_download(hub.repository, hub.folder + file.name, revision=hub.revision) for file in hub.files]
    except Exception as error:  # huggingface_hub raises its own, httpx's and the system's errors
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GlassesError(f"{nowhere} the disk is full; free {size} in {constants.HF_HUB_CACHE}") from error
        line = str(error).strip().partition("\n")[0] or type(error).__name__
        raise GlassesError(
            f"{nowhere} {constants.ENDPOINT} does not give them ({line}); run: {weight.remedy}"
        ) from error
    return Path(paths[0])
