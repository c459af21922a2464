"""llama.cpp in this process: the wearer's own GGUF files, asked as any server is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline import clock as clocks
from pipeline.ask.addresses import FORMS, known_reach, open_backend
from pipeline.clock import Clock
from pipeline.errors import UsageError
from tests.servers import no_reader
from tests.tiny_llama import SENTENCE, make

pytest.importorskip("xllamacpp")
pytest.importorskip("gguf")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of 250 kB that say one sentence, with the part that sees, and a picture."""
    folder = tmp_path_factory.mktemp("weights")
    _, vision = make(folder)
    vision.rename(folder / "mmproj-tiny.gguf")
    cv2.imwrite(str(folder / "photo.png"), np.zeros((56, 56, 3), np.uint8))
    return folder


def glasses(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "from glasses.cli import main; main()", *arguments)


def python(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the library ends with it."""
    command = [sys.executable, "-c", code, *arguments]
    environment = {"PYTHONPATH": str(Path(__file__).parent.parent), "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def refused(address: str) -> str:
    async def main(clock: Clock) -> None:
        open_backend(address, clock, {}, no_reader)

    with pytest.raises(UsageError) as error:
        clocks.run(main, virtual=True)
    return str(error.value)


@pytest.mark.parametrize("mode", ["instant", "contemplating"])
def test_a_photograph_is_asked_about_without_any_server(mode: str, folder: Path) -> None:
    address = "llamacpp-here:tiny.gguf"
    done = glasses(
        folder, "ask", "photo.png", "What is it?", "--offline", "--mode", mode, "--backend", address, "--json"
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["text"].split() == "".join(SENTENCE).split()
    assert (answer["outcome"], answer["backend"]) == ("ok", address)


def test_the_file_that_sees_may_be_named(folder: Path) -> None:
    done = glasses(folder, "ask", "photo.png", "What?", "--backend", "llamacpp-here:tiny.gguf+mmproj-tiny.gguf")
    assert "".join(SENTENCE)[:7] in done.stdout


WARMING = """
from pipeline import clock as clocks
from pipeline.ask.addresses import open_backend
from pipeline.ask.backend import warm
async def main(clock):
    stages = []  # of all the work that was done
    clock.on_span = lambda stage, start, seconds: stages.append(stage)
    for name in ("tiny.gguf", "broken.gguf"):
        mind = open_backend(f"llamacpp-here:{name}", clock, {}, lambda: None)
        print(await warm(mind), await warm(mind), stages)
        await mind.close()
clocks.run(main, virtual=False)
"""


def test_it_is_loaded_as_soon_as_a_question_may_come(folder: Path) -> None:
    (folder / "broken.gguf").write_bytes(b"GGUF and nothing more")
    done = python(folder, WARMING)
    assert done.stdout.splitlines() == [
        "True True ['load']",
        "False False ['load', 'load', 'load']",
    ], done.stderr


def test_a_file_that_is_no_model_is_said_in_one_line(folder: Path) -> None:
    (folder / "broken.gguf").write_bytes(b"GGUF and nothing more")
    done = glasses(folder, "ask", "photo.png", "What is it?", "--backend", "llamacpp-here:broken.gguf")
    assert done.returncode == 1
    assert "broken.gguf: llama.cpp can't load it" in done.stderr


def test_a_file_in_the_model_folder_is_found_by_its_name(folder: Path) -> None:
    async def main(clock: Clock) -> None:
        for address in ("llamacpp-here:tiny", "llamacpp-here:tiny.gguf+mmproj-tiny"):
            mind = open_backend(address, clock, {}, no_reader, models=folder.parent)
            assert mind.name == address

    clocks.run(main, virtual=True)


def test_what_is_wrong_with_an_address_is_said_at_once(folder: Path) -> None:
    assert "nothing.gguf is not there; name a GGUF file" in refused("llamacpp-here:nothing.gguf")
    assert "vision.gguf is not there" in refused(f"llamacpp-here:{folder / 'tiny.gguf'}+vision.gguf")
    assert "no file is named" in refused("llamacpp-here:")


def test_pictures_stay_on_this_machine() -> None:
    assert known_reach("llamacpp-here:model.gguf") == "machine"
    assert "llamacpp-here:MODEL.gguf" in FORMS
