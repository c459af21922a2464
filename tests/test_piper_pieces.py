"""A voice that was cut once is not cut again, and speaks whatever becomes of what was kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from glasses import weights
from pipeline.speak.piper import Piper
from pipeline.speak.piper_pieces import cut
from pipeline.types import Samples

RATE = 22_050


@pytest.fixture(scope="module")
def model() -> Path:
    return weights.piper("en_US-joe-medium", "")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "glasses" / "voices"


def said(model: Path) -> Samples:
    return np.concatenate([*Piper(model).synthesise("It is open.")])


def files(cache: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns) for path in cache.rglob("*.onnx"))


def test_the_second_time_it_is_only_loaded_and_sounds_the_same(model: Path, cache: Path) -> None:
    first = said(model)
    kept = files(cache)
    assert [name for name, _ in kept] == ["decoder.onnx", "first.onnx"]
    assert np.array_equal(said(model), first)
    assert files(cache) == kept
    assert [path.name for path in cache.iterdir() if path.name.startswith(".")] == []


def test_what_was_broken_off_is_cut_anew(model: Path, cache: Path) -> None:
    first = said(model)
    for path in cache.rglob("*.onnx"):
        path.write_bytes(b"")
    assert np.array_equal(said(model), first)
    assert all(path.stat().st_size for path in cache.rglob("*.onnx"))


def test_a_voice_that_has_changed_is_cut_anew_and_the_old_halves_are_gone(
    model: Path, cache: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(model, tmp_path / "voice.onnx"))
    assert cut(copy, RATE)
    (before,) = cache.iterdir()
    os.utime(copy, ns=(0, 0))
    assert cut(copy, RATE)
    (after,) = cache.iterdir()
    assert after != before


def test_where_nothing_can_be_kept_it_speaks_all_the_same(model: Path, cache: Path) -> None:
    cache.parent.write_text("a file where the folder would be")
    assert cut(model, RATE)
