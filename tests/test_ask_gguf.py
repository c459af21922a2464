"""GGUF files by their names: which is a model, which it sees with, and which one a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.ask import gguf


def put(folder: Path, *names: str) -> list[Path]:
    """Empty files of these names."""
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return files


@pytest.mark.parametrize(
    ("name", "model", "sees"),
    [
        ("seer-Q4_K_M.gguf", True, False),
        ("seer-00001-of-00003.gguf", True, False),
        ("seer-00002-of-00003.gguf", False, False),
        ("mmproj-seer-F16.gguf", False, True),
        ("seer.MMPROJ-Q8_0.gguf", False, True),
        ("seer.imatrix.gguf", False, False),
        ("mtp-models/seer.gguf", True, False),
        ("seer.safetensors", False, False),
    ],
)
def test_what_a_file_is_stands_in_its_name(name: str, model: bool, sees: bool) -> None:
    assert (gguf.is_model(name), gguf.sees(name)) == (model, sees)


def test_the_parts_of_a_model_belong_together() -> None:
    names = ["b-00002-of-00002.gguf", "b-00001-of-00002.gguf", "a-00001-of-00002.gguf", "b.gguf"]
    assert gguf.parts("b-00001-of-00002.gguf", names) == ["b-00001-of-00002.gguf", "b-00002-of-00002.gguf"]
    assert gguf.parts("b.gguf", names) == ["b.gguf"]


def test_a_name_means_a_file_anywhere_in_the_folder_and_a_path_itself(tmp_path: Path) -> None:
    own, kept = put(tmp_path, "own.gguf", "models/makers/seer/seer-Q4_K_M.gguf")
    folder = tmp_path / "models"
    assert gguf.found("seer-Q4_K_M", folder) == gguf.found("seer-Q4_K_M.gguf", folder) == kept
    assert gguf.found(str(own), folder) == own
    assert gguf.found("seer", folder) is None
    assert gguf.found("seer", tmp_path / "nowhere") is None


def test_a_model_sees_with_what_lies_beside_it(tmp_path: Path) -> None:
    model, eyes, blind = put(tmp_path, "a/seer.gguf", "a/seer-mmproj-f16.gguf", "b/other.gguf")
    assert gguf.beside(model) == eyes
    assert gguf.beside(blind) is None
