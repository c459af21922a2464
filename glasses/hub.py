"""GGUF files of the user's own choice, fetched from a hub: a language model, and what it sees with.

They are put into the user's model folder, under OWNER/REPOSITORY, and are what the hub says they are: its size and
SHA-256 digest of each file are compared. What was cut goes on where it stopped, in the same run or in another.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glasses import weights
from glasses.digests import sha256
from pipeline.ask import gguf
from pipeline.errors import GlassesError, UsageError

_USUAL = ("Q4_K_M", "Q8_0")
"""The quantisations that are taken where none is named, the first that there is: those of llama.cpp's option -hf."""

_EYES = "f16"
"""What a model sees with is small, and loses most by rounding: this one, where there are several."""

_MAGIC = b"GGUF"
"""The first four bytes of such a file (the specification in ggml's docs/gguf.md)."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_FORMS = "OWNER/REPOSITORY, OWNER/REPOSITORY:Q4_K_M, OWNER/REPOSITORY/MODEL.gguf+MMPROJ.gguf, or its address at the hub"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for; empty where it leaves something to us."""

    hub: str  # http or https, host and port
    repository: str  # OWNER/NAME
    revision: str = ""
    model: str = ""  # a file of the repository, or a quantisation
    vision: str = ""  # a file of the repository


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that the hub has."""

    name: str  # its path in the repository
    size: int  # bytes
    digest: str  # SHA-256


@dataclass(frozen=True, slots=True)
class Offered:
    """What will be fetched."""

    repository: str
    revision: str  # of the files as they are now
    licence: str
    model: tuple[Offer, ...]  # in its parts
    vision: Offer | None

    @property
    def files(self) -> tuple[Offer, ...]:
        """All of it, the model's first part first."""
        return (*self.model, self.vision) if self.vision else self.model

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(file.size for file in self.files)


def wanted(address: str) -> Wanted:
    """What `address` asks for, see _FORMS. Raises UsageError if it is none."""
    from huggingface_hub import constants

    place, _, vision = address.partition("+")
    hub, revision = constants.ENDPOINT, ""
    if found := re.fullmatch(r"(https?://[\w.:\[\]-]+)(/[^?#]*).*", place):
        hub, place = found.groups()
    place, _, quantisation = place.strip("/").partition(":")
    owner, _, rest = place.partition("/")
    name, _, file = rest.partition("/")
    if within := re.fullmatch(r"(?:blob|resolve|tree|raw)/([^/]+)/?(.*)", file):
        revision, file = within.groups()
    if not all(re.fullmatch(r"[\w-][\w.-]*", part) for part in (owner, name)):
        raise UsageError(f"no model at a hub is called that; write it like {_FORMS}")
    return Wanted(hub, f"{owner}/{name}", revision, file or quantisation, vision)


def offered(wish: Wanted, folder: str = "") -> Offered:
    """What the hub has of `wish`. Raises GlassesError if it does not say, UsageError if the choice is not clear."""
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=wish.hub, token=_token(wish)).model_info(
            wish.repository, revision=wish.revision or None, files_metadata=True, timeout=weights.HUB_TIMEOUT
        )
    except Exception as error:  # huggingface_hub raises its own, its HTTP library's and the system's errors
        raise _told(error, wish, weights.user_folder(folder)) from error
    files = {file.rfilename: file for file in info.siblings or ()}
    model, vision = chosen(wish, sorted(files))
    offers = []
    for name in (*model, *filter(None, [vision])):
        lfs = files[name].lfs
        if not lfs:
            raise GlassesError(f"{wish.repository}: the hub gives no SHA-256 of {name}, so it can't be checked")
        offers.append(Offer(name, lfs.size, lfs.sha256))
    licence = str((info.card_data.get("license") if info.card_data else None) or "licence not stated")
    count = len(model)
    return Offered(
        wish.repository, info.sha or "main", licence, tuple(offers[:count]), offers[count] if vision else None
    )


def chosen(wish: Wanted, names: Sequence[str]) -> tuple[list[str], str]:
    """The parts of the model and what it sees with, empty for nothing, of the files `names` of a repository.

    Raises UsageError if they are not there, or it is not clear which.
    """
    models = [name for name in names if gguf.is_model(name)]
    eyes = [name for name in names if gguf.sees(name) and name.endswith(".gguf")]
    for file in filter(None, (wish.model if wish.model.endswith(".gguf") else "", wish.vision)):
        if file not in names:
            raise UsageError(f"{wish.repository} has no {file}; it has {', '.join((*models, *eyes)) or 'no GGUF file'}")
    fitting = [wish.model]
    if not wish.model.endswith(".gguf"):
        fitting = models if len(models) == 1 and not wish.model else []
        for size in [wish.model] if wish.model else _USUAL:
            ending = re.compile(rf"[-._]{re.escape(size)}(-\d{{5}}-of-\d{{5}})?\.gguf$", re.IGNORECASE)
            fitting = fitting or [name for name in models if ending.search(name)]
    if not fitting:
        which = f"no {wish.model}" if wish.model else "several models" if models else "no GGUF file of a model"
        names = f"; name one: {', '.join(models)}" if models else "; choose a repository that has"
        raise UsageError(f"{wish.repository} has {which}{names}")
    model = min(fitting, key=len)  # of NAME-Q4_K_M and NAME-UD-Q4_K_M the plain one
    best = sorted(eyes, key=lambda name: (_EYES not in re.split(r"[-._]", name.lower()), name))
    return gguf.parts(model, names), wish.vision or next(iter(best), "")


def fetched(wish: Wanted, offer: Offered, folder: str = "") -> list[Path]:
    """The files in the user's model folder, as in `offer.files`; those that are there already are not fetched again.

    Raises GlassesError if they can't be had or kept, or are not what the hub said.
    """
    place = weights.user_folder(folder) / offer.repository
    try:
        place.mkdir(parents=True, exist_ok=True)
        return [_kept(wish, offer, file, place) for file in offer.files]
    except GlassesError:
        raise
    except Exception as error:  # as in `offered`
        raise _told(error, wish, place) from error


def _kept(wish: Wanted, offer: Offered, file: Offer, place: Path) -> Path:
    from filelock import FileLock, Timeout
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not in __all__

    target = place / Path(file.name).name
    known = weights.digests()
    if known.known(target) == file.digest:
        return target
    partly = place / f".{target.name}.{file.digest[:12]}.part"
    lock = FileLock(partly.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise GlassesError(f"{target} is being fetched by another process; wait for it") from None
    try:
        if target.is_file() and sha256(target) == file.digest:
            partly.unlink(missing_ok=True)
        else:
            for older in place.glob(f".{target.name}.*.part"):
                if older != partly:
                    older.unlink()
            with partly.open("ab") as whole:
                have = whole.tell()
                _room(file.size - have, place)
                url = hf_hub_url(wish.repository, file.name, revision=offer.revision, endpoint=wish.hub)
                http_get(
                    url,
                    whole,
                    resume_size=have,
                    headers=build_hf_headers(token=_token(wish)),
                    expected_size=file.size,
                    displayed_filename=target.name,
                )
            _check(partly, file, wish)
            partly.replace(target)
        known.remember(target, file.digest)
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
    return target


def _check(path: Path, file: Offer, wish: Wanted) -> None:
    """Raises GlassesError, and throws the file away, if it is not what it should be."""
    actual = sha256(path)
    with path.open("rb") as begun:
        magic = begun.read(len(_MAGIC))
    if actual == file.digest and magic == _MAGIC:
        return
    path.unlink()
    name = f"{file.name} of {wish.repository}"
    if actual != file.digest:
        raise GlassesError(f"{name} came damaged: SHA-256 is {actual}, expected {file.digest}; fetch it again")
    raise GlassesError(f"{name} is no GGUF file: it begins with {magic!r}; choose another")


def _room(size: int, place: Path) -> None:
    free = shutil.disk_usage(place).free
    if size > free:
        raise GlassesError(
            f"{size / 1e6:.0f} MB are to be fetched and {free / 1e6:.0f} MB are free in {place}; free some, "
            "or name another place in weights.folder"
        )


def _token(wish: Wanted) -> bool | None:
    """The user's own, None, for the hub that it is for; for another one there is none."""
    from huggingface_hub import constants

    return None if wish.hub == constants.ENDPOINT else False


def _told(error: Exception, wish: Wanted, place: Path) -> GlassesError:
    """What went wrong, and what can be done about it."""
    from huggingface_hub import errors

    where = f"{wish.hub}/{wish.repository}"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return GlassesError("HF_HUB_OFFLINE forbids to fetch; unset it, or copy the files into " + str(place))
    if isinstance(error, errors.GatedRepoError):
        return GlassesError(
            f"{where} wants its terms accepted first; do so there, then set HF_TOKEN to a token of yours"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return GlassesError(f"there is no {where}, or it is private; check the name, or set HF_TOKEN")
    if isinstance(error, errors.RevisionNotFoundError):
        return GlassesError(f"{where} has no revision '{wish.revision}'; leave it out for the newest")
    if isinstance(error, errors.HfHubHTTPError):
        status = error.response.status_code
        remedy = "set HF_TOKEN" if status in (401, 403) else "try again later" if status >= 429 else "check the address"
        return GlassesError(f"{where} answers with HTTP {status}; {remedy}")
    if isinstance(error, OSError) and error.errno:
        what = f"it can't be written ({error.strerror}); make it writable"
        if error.errno in _FULL:
            what = "the disk is full; free some room there, then run it again: it goes on where it stopped"
        return GlassesError(f"{place}: {what}; or name another place in weights.folder")
    line = str(error).strip().partition("\n")[0] or type(error).__name__
    return GlassesError(
        f"{where} can't be reached ({line}); check the network and run it again, it goes on where it stopped; "
        f"or copy the files into {place}"
    )
