"""What is made of a model once and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.converted import converted


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = tmp_path / "voice.onnx"
    model.write_text("weights")
    return model


def load(folder: Path) -> str:
    return (folder / "made").read_text()


def test_it_is_made_once_for_each_conversion(model: Path) -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        made.append(folder.name)
        (folder / "made").write_text(f"made {len(made)}")

    assert [converted(model, "voices", way, make, load) for way in "1122"] == ["made 1", "made 1", "made 2", "made 2"]
    assert len(list((model.parent / "cache" / "glasses" / "voices").iterdir())) == 1  # the old one is gone


def test_two_that_make_it_at_the_same_time_both_get_it(model: Path) -> None:
    others: list[str] = []

    def make(folder: Path) -> None:
        (folder / "made").write_text("made")
        if not others:  # another process is a little faster
            others.append("begun")
            others.append(converted(model, "voices", "1", make, load))

    assert converted(model, "voices", "1", make, load) == "made"
    assert others == ["begun", "made"]
    assert converted(model, "voices", "1", lambda folder: pytest.fail("it was kept"), load) == "made"


def test_what_cannot_be_kept_is_made_anew(model: Path) -> None:
    (model.parent / "cache").write_text("a file where the folder would be")
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "made").write_text("made")

    assert [converted(model, "voices", "1", make, load) for _ in range(2)] == ["made", "made"]
    assert [folder.exists() for folder in made] == [False, False]
