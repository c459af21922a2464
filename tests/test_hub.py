"""Models of the user's own choice: what is asked of a hub, what is kept of it, and what is said when it goes wrong."""

from __future__ import annotations

import json
import os
import pty
import resource
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses import hub, weights
from glasses.hub import Wanted, chosen, fetched, offered, wanted
from pipeline.ask import gguf
from pipeline.errors import GlassesError, UsageError
from tests.hub import COMMIT, Hub
from tests.tiny_llama import SENTENCE, make

MODEL, EYES = b"GGUF" + b"words " * 20_000, b"GGUF" + b"light " * 3_000
USUAL = "https://usual.example"


@pytest.fixture
def loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model and what it sees with; folders of the user that are empty."""
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # as where no real hub may be asked
    with Hub("makers/seer", {"README.md": b"#", "seer-Q4_K_M.gguf": MODEL, "mmproj-seer-F16.gguf": EYES}) as server:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield server


def got(address: str) -> list[Path]:
    wish = wanted(address)
    return fetched(wish, offered(wish))


def refusal(address: str) -> str:
    with pytest.raises(GlassesError) as error:
        got(address)
    assert "\n" not in str(error.value)
    return str(error.value)


def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "glasses" / "models" / "makers" / "seer"


@pytest.mark.parametrize(
    ("address", "asks_for"),
    [
        ("o/r", Wanted(USUAL, "o/r")),
        ("o/r:Q8_0", Wanted(USUAL, "o/r", model="Q8_0")),
        ("o/r/a.gguf", Wanted(USUAL, "o/r", model="a.gguf")),
        ("o/r/sub/a.gguf+mmproj.gguf", Wanted(USUAL, "o/r", model="sub/a.gguf", vision="mmproj.gguf")),
        ("https://hub.example/o/r", Wanted("https://hub.example", "o/r")),
        ("https://hub.example/o/r/tree/v2", Wanted("https://hub.example", "o/r", "v2")),
        ("https://hub.example/o/r/blob/main/a.gguf", Wanted("https://hub.example", "o/r", "main", "a.gguf")),
        (
            "https://hub.example/o/r/resolve/v2/s/a.gguf?download=true",
            Wanted("https://hub.example", "o/r", "v2", "s/a.gguf"),
        ),
    ],
)
def test_what_an_address_asks_for(address: str, asks_for: Wanted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", USUAL)
    assert wanted(address) == asks_for


@pytest.mark.parametrize(
    "address", ["", "model", "../../etc", "o/..", "ftp://h/o/r", "https://me:secret@h/o/r", "o r/x", "https://["]
)
def test_what_is_no_model_at_a_hub_is_wrong_use(address: str) -> None:
    with pytest.raises(UsageError, match="write it like OWNER/REPOSITORY"):
        wanted(address)


@pytest.mark.parametrize(
    ("model", "names", "taken"),
    [
        ("", ["a.gguf"], "a.gguf"),
        ("", ["a-Q4_K_M.gguf", "a-Q8_0.gguf"], "a-Q4_K_M.gguf"),
        ("", ["a-F16.gguf", "a-Q8_0.gguf"], "a-Q8_0.gguf"),
        ("", ["a.gguf", "imatrix.gguf", "mtp-a.gguf"], "a.gguf"),
        ("", ["a-UD-Q4_K_M.gguf", "a-Q4_K_M.gguf"], "a-Q4_K_M.gguf"),
        ("q8_0", ["a-Q4_K_M.gguf", "a-Q8_0.gguf"], "a-Q8_0.gguf"),
        ("a-Q8_0.gguf", ["a-Q4_K_M.gguf", "a-Q8_0.gguf"], "a-Q8_0.gguf"),
    ],
)
def test_which_model_of_a_repository_is_taken(model: str, names: list[str], taken: str) -> None:
    assert chosen(Wanted("H", "o/r", model=model), names) == ([taken], "")


def test_of_what_a_model_sees_with_the_least_rounded_is_taken() -> None:
    eyes = ["mmproj-a-BF16.gguf", "mmproj-a-F16.gguf", "mmproj-a-Q8_0.gguf"]
    assert chosen(Wanted("H", "o/r"), [*eyes, "a.gguf"]) == (["a.gguf"], "mmproj-a-F16.gguf")
    assert chosen(Wanted("H", "o/r", vision=eyes[2]), [*eyes, "a.gguf"]) == (["a.gguf"], eyes[2])


def test_a_model_in_parts_is_taken_whole() -> None:
    parts = [f"q/a-Q4_K_M-0000{part}-of-00003.gguf" for part in (1, 2, 3)]
    assert chosen(Wanted("H", "o/r"), [*parts, "a-Q8_0.gguf"]) == (parts, "")


@pytest.mark.parametrize(
    ("model", "names", "says"),
    [
        ("", ["a-Q5_0.gguf", "a-Q6_K.gguf"], "o/r has several models; name one: a-Q5_0.gguf, a-Q6_K.gguf"),
        ("Q2_K", ["a-Q5_0.gguf"], "o/r has no Q2_K; name one: a-Q5_0.gguf"),
        ("b.gguf", ["a.gguf"], "o/r has no b.gguf; it has a.gguf"),
        ("a.gguf+b", ["a.gguf"], "o/r has no b; it has a.gguf"),
        ("", ["model.safetensors"], "o/r has no GGUF file of a model; choose a repository that has"),
    ],
)
def test_a_choice_that_is_not_clear_names_what_there_is(model: str, names: list[str], says: str) -> None:
    file, _, vision = model.partition("+")
    with pytest.raises(UsageError) as error:
        chosen(Wanted("H", "o/r", model=file, vision=vision), names)
    assert str(error.value) == says


def test_model_and_eyes_are_put_into_the_model_folder_and_found_by_name(loopback: Hub, tmp_path: Path) -> None:
    assert got("makers/seer") == [folder(tmp_path) / "seer-Q4_K_M.gguf", folder(tmp_path) / "mmproj-seer-F16.gguf"]
    model = gguf.found("seer-Q4_K_M", weights.user_folder())
    assert model
    assert model.read_bytes() == MODEL
    assert gguf.beside(model) == folder(tmp_path) / "mmproj-seer-F16.gguf"
    assert sorted(file.name for file in folder(tmp_path).iterdir()) == ["mmproj-seer-F16.gguf", "seer-Q4_K_M.gguf"]


def test_what_is_there_is_not_fetched_again(loopback: Hub) -> None:
    got("makers/seer")
    got("makers/seer")
    assert len(loopback.ranges) == 2


def test_what_a_stranger_put_there_is_compared_and_replaced_if_it_is_another(loopback: Hub, tmp_path: Path) -> None:
    folder(tmp_path).mkdir(parents=True)
    (folder(tmp_path) / "seer-Q4_K_M.gguf").write_bytes(MODEL)
    (folder(tmp_path) / "mmproj-seer-F16.gguf").write_bytes(EYES[::-1])
    _, eyes = got("makers/seer")
    assert eyes.read_bytes() == EYES
    assert len(loopback.ranges) == 1


def test_a_cut_goes_on_where_it_was(loopback: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)  # else all of it is in the first
    loopback.cut = 50_000
    model, _ = got("makers/seer/seer-Q4_K_M.gguf")
    assert model.read_bytes() == MODEL
    assert loopback.ranges == ["", "bytes=50000-", ""]


def test_a_full_disk_is_told_and_the_next_run_goes_on_where_this_one_stopped(loopback: Hub, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, limits[1]))
    try:
        assert "the disk is full; free some room there, then run it again" in refusal("makers/seer")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (folder(tmp_path) / "seer-Q4_K_M.gguf").exists(), "half a model has no model's name"
    model, _ = got("makers/seer")
    assert model.read_bytes() == MODEL
    assert loopback.ranges[:2] == ["", "bytes=70000-"]


def test_what_was_begun_of_an_older_version_is_thrown_away(loopback: Hub, tmp_path: Path) -> None:
    folder(tmp_path).mkdir(parents=True)
    (folder(tmp_path) / ".seer-Q4_K_M.gguf.0123456789ab.part").write_bytes(b"GGUF old")
    model, _ = got("makers/seer")
    assert model.read_bytes() == MODEL
    assert list(folder(tmp_path).glob(".*")) == []


def test_too_little_room_is_told_before_anything_is_fetched(loopback: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    assert "0 MB are to be fetched and 0 MB are free" in refusal("makers/seer")
    assert loopback.ranges == []


def test_a_folder_that_cannot_be_written_is_told(loopback: Hub, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    said = refusal("makers/seer")
    assert "makers/seer: it can't be written (Not a directory); make it writable; or name another place" in said


def test_a_damaged_file_is_refused_with_both_digests_and_thrown_away(loopback: Hub, tmp_path: Path) -> None:
    loopback.damaged = True
    said = refusal("makers/seer")
    assert "seer-Q4_K_M.gguf of makers/seer came damaged: SHA-256 is" in said
    assert list(folder(tmp_path).iterdir()) == []


def test_what_is_no_gguf_file_is_refused(loopback: Hub) -> None:
    loopback.files["seer-Q4_K_M.gguf"] = b"version https://git-lfs.github.com/spec/v1"
    assert "is no GGUF file: it begins with b'vers'" in refusal("makers/seer")


def test_a_hub_that_tells_no_digest_is_not_trusted(loopback: Hub) -> None:
    loopback.digests = False
    assert "gives no SHA-256 of seer-Q4_K_M.gguf" in refusal("makers/seer")


def test_a_repository_that_wants_its_terms_accepted_says_where_and_how(loopback: Hub) -> None:
    loopback.gated = True
    said = refusal("makers/seer")
    assert f"{loopback.url}/makers/seer wants its terms accepted first; do so there, then set HF_TOKEN" in said


def test_what_is_not_there_is_told(loopback: Hub) -> None:
    assert "there is no http" in refusal("makers/blind")
    assert "has no revision 'v9'" in refusal(f"{loopback.url}/makers/seer/tree/v9")
    assert "makers/seer has no nobody.gguf; it has seer-Q4_K_M.gguf, mmproj" in refusal("makers/seer/nobody.gguf")


@pytest.mark.parametrize(("status", "remedy"), [(403, "set HF_TOKEN"), (429, "try again later"), (503, "try again")])
def test_a_hub_that_refuses_is_told_with_its_status(status: int, remedy: str, loopback: Hub) -> None:
    loopback.status = status
    assert f"answers with HTTP {status}; {remedy}" in refusal("makers/seer")


def test_a_hub_that_is_not_there_is_told(loopback: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    said = refusal("makers/seer")
    assert "http://127.0.0.1:9/makers/seer can't be reached" in said
    assert "or copy the files into" in said


def test_nothing_is_fetched_where_that_is_forbidden(loopback: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE forbids" in refusal("makers/seer")
    assert loopback.asked == []


def test_the_users_token_goes_to_the_hub_that_it_is_for_and_to_no_other(
    loopback: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    got("makers/seer")
    assert set(loopback.tokens) == {"Bearer hf_secret"}
    with Hub("makers/seer", loopback.files) as other:
        got(f"{other.url}/makers/seer")
        assert set(other.tokens) == {""}


def test_a_file_is_fetched_once_at_a_time(loopback: Hub, tmp_path: Path) -> None:
    from filelock import FileLock

    wish = wanted("makers/seer")
    offer = offered(wish)
    folder(tmp_path).mkdir(parents=True)
    name = f".seer-Q4_K_M.gguf.{offer.model[0].digest[:12]}.lock"
    with FileLock(folder(tmp_path) / name), pytest.raises(GlassesError, match="by another process"):
        hub.fetched(wish, offer)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A model that says one sentence, as a repository has it."""
    pytest.importorskip("gguf")
    model, eyes = make(tmp_path_factory.mktemp("weights"))
    return {"tiny-Q4_K_M.gguf": model.read_bytes(), "mmproj-tiny-f16.gguf": eyes.read_bytes()}


def glasses(home: Path, server: Hub, *arguments: str, terminal: int | None = None) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own; its stderr is a terminal's if there is one."""
    environment = {
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "HF_ENDPOINT": server.url,
    }
    return subprocess.run(
        [sys.executable, "-c", "from glasses.cli import main; main()", *arguments],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if terminal is None else terminal,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_model_is_fetched_listed_and_asked_about_a_picture(tiny: dict[str, bytes], tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((56, 56, 3), np.uint8))
    with Hub("makers/tiny-GGUF", tiny) as server:
        done = glasses(tmp_path, server, "models", "fetch", "makers/tiny-GGUF", "--json")
        assert done.returncode == 0, done.stderr
        assert f"MB, apache-2.0, from {server.url}/makers/tiny-GGUF" in done.stderr
        kept = json.loads(done.stdout)
        assert kept["backend"] == "llamacpp-here:tiny-Q4_K_M"
        assert [Path(file["path"]).name for file in kept["files"]] == ["tiny-Q4_K_M.gguf", "mmproj-tiny-f16.gguf"]

        for part in (1, 2):
            (Path(kept["files"][0]["path"]).parent / f"own-0000{part}-of-00002.gguf").write_bytes(b"GGUF")
        rows = {row["name"]: row for row in json.loads(glasses(tmp_path, server, "models", "--json").stdout)}
        assert (rows["tiny-Q4_K_M"]["path"], rows["tiny-Q4_K_M"]["matches"]) == (kept["files"][0]["path"], True)
        assert rows["mmproj-tiny-f16"]["job"].startswith("seeing")
        own = rows["own-00001-of-00002"]
        assert (own["bytes"], own["digest"], own["matches"]) == (8, None, None), "a file of the user's own, in parts"
        assert "own-00002-of-00002" not in rows

    asking = ("ask", "photo.png", "What is it?", "--offline", "--json", "--backend", kept["backend"])
    answer = glasses(tmp_path, server, *asking)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["text"].split() == "".join(SENTENCE).split()


def test_on_a_terminal_a_bar_shows_how_far_it_is(tiny: dict[str, bytes], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    with Hub("makers/tiny-GGUF", tiny) as server:
        done = glasses(tmp_path, server, "models", "fetch", "makers/tiny-GGUF", terminal=theirs)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0, shown
    assert "tiny-Q4_K_M.gguf: 100%|" in shown
    assert f"ready: {tmp_path}" in done.stdout
    assert "ask it with: --backend llamacpp-here:tiny-Q4_K_M" in done.stdout


def test_the_bytes_of_a_commit_are_fetched_whatever_the_branch_is_by_then(loopback: Hub) -> None:
    got("makers/seer")
    assert {path.split("/")[4] for path, _ in loopback.asked if "/resolve/" in path} == {COMMIT}
