"""The network of object detection beside OpenCV's, of the same weights: the same things, in far less memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from glasses import weights
from glasses.recordings import open_recording
from pipeline.errors import GlassesError
from pipeline.see import ssd
from pipeline.see.objects import POSSIBLE, Detector
from pipeline.types import Image

FOLDER = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/session.mkv"))

COSTS = """
import sys
from pathlib import Path
import cv2, onnxruntime
import numpy as np
from pipeline.see.objects import Detector

def peak():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmHWM:")) / 1024

before, detector = peak(), Detector(Path(sys.argv[1]))
detector.load()
for _ in range(5):
    detector.find(np.zeros((720, 1280, 3), np.uint8))
print(peak() - before)
"""


@pytest.fixture(scope="module")
def graph() -> Path:
    return weights.detector()


@pytest.fixture(scope="module")
def network(graph: Path) -> ssd.Network:
    return ssd.load(graph)


@pytest.fixture(scope="module")
def other(graph: Path) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromTensorflow(str(graph), str(next(graph.parent.glob("ssd*.pbtxt"))))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "glasses" / "detectors"


def pictures(name: str) -> Iterator[Image]:
    """One in fifteen of a recording: of each half second."""
    return islice((frame.image for frame in open_recording(FOLDER / name).frames()), 0, None, 15)


def files(cache: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns) for path in cache.rglob("*") if path.is_file())


def same(network: ssd.Network, other: cv2.dnn.Net, image: Image, least: float) -> int:
    """How many things both find, which are the same in the same order."""
    other.setInput(cv2.dnn.blobFromImage(image, size=(300, 300), swapRB=True))
    rows = other.forward().reshape(-1, 7)
    rows = rows[rows[:, 2] >= least]
    rows = rows[np.argsort(-rows[:, 2], kind="stable")]
    found = network.find(image, least)
    assert [one.kind for one in found] == [int(row[1]) for row in rows]
    assert [one.score for one in found] == pytest.approx([float(row[2]) for row in rows], abs=1e-4)
    assert np.allclose([one.edges for one in found], rows[:, 3:] if len(rows) else [], atol=1e-4)
    return len(found)


@pytest.mark.parametrize("name", NAMES)
def test_in_recordings_it_finds_what_opencv_finds(name: str, network: ssd.Network, other: cv2.dnn.Net) -> None:
    assert [same(network, other, image, 0.1) for image in pictures(name)] != []


@pytest.mark.parametrize("name", ["astronaut.png", "camera.png", "chelsea.png", "coffee.png", "motorcycle_left.png"])
def test_in_photographs_it_finds_what_opencv_finds(name: str, network: ssd.Network, other: cv2.dnn.Net) -> None:
    skimage = pytest.importorskip("skimage")
    image: Image = np.asarray(cv2.imread(str(Path(skimage.__file__).parent / "data" / name)))
    assert same(network, other, image, 0.1)
    assert same(network, other, np.tile(image, (2, 3, 1)), POSSIBLE)


def test_boxes_without_offsets_are_the_prior_boxes() -> None:
    priors = ssd.priors()
    assert len(priors) == 1917
    boxes = ssd.boxes(np.zeros_like(priors), priors)
    assert boxes[:, 2:] - boxes[:, :2] == pytest.approx(priors[:, 2:], abs=1e-6)
    assert (boxes[:, 2:] + boxes[:, :2]) / 2 == pytest.approx(priors[:, :2], abs=1e-6)


def test_of_boxes_of_a_kind_that_lie_on_each_other_the_best_is_kept() -> None:
    boxes = np.array([(0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.52), (0.1, 0.1, 0.5, 0.5), (0.5, 0.5, 0.9, 0.9)])
    kept = ssd.apart(np.array([17, 17, 18, 17]), np.array([0.5, 0.8, 0.6, 0.4], np.float32), boxes.astype(np.float32))
    assert [(one.kind, round(one.score, 1)) for one in kept] == [(17, 0.8), (18, 0.6), (17, 0.4)]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_costs_far_less_memory_than_opencv_also_when_it_is_converted(graph: Path, cache: Path) -> None:
    for _ in ("converted", "only loaded"):
        run = subprocess.run([sys.executable, "-c", COSTS, str(graph)], capture_output=True, text=True, check=True)
        assert float(run.stdout) < 150, "megabytes; it is 105 to 134, with OpenCV 205"
    assert files(cache)


def test_the_second_time_it_is_only_loaded(graph: Path, cache: Path) -> None:
    ssd.load(graph)
    kept = files(cache)
    assert [name for name, _ in kept] == ["ssd.onnx", "ssd.weights"]
    ssd.load(graph)
    assert files(cache) == kept
    assert [path.name for path in cache.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["ssd.onnx", "ssd.weights"])
def test_what_was_broken_off_is_converted_anew(name: str, graph: Path, cache: Path) -> None:
    ssd.load(graph)
    (kept,) = cache.rglob(name)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    ssd.load(graph)
    (kept,) = cache.rglob(name)
    assert kept.read_bytes() == whole


def test_weights_that_have_changed_are_converted_anew_and_the_old_are_gone(
    graph: Path, cache: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(graph, tmp_path / "graph.pb"))
    ssd.load(copy)
    (before,) = cache.iterdir()
    os.utime(copy, ns=(0, 0))
    ssd.load(copy)
    (after,) = cache.iterdir()
    assert after != before


def test_where_nothing_can_be_kept_it_finds_all_the_same(graph: Path, cache: Path, network: ssd.Network) -> None:
    expected = [network.find(image, POSSIBLE) for image in pictures("cat")]
    cache.parent.write_text("a file where the folder would be")
    unkept = ssd.load(graph)
    assert [unkept.find(image, POSSIBLE) for image in pictures("cat")] == expected
    assert any(expected)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.9, 0.99])
def test_weights_that_are_cut_off_are_told_and_nothing_is_kept(
    share: float, graph: Path, cache: Path, tmp_path: Path
) -> None:
    data = graph.read_bytes()
    (tmp_path / "graph.pb").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(GlassesError, match="can't be loaded"):
        Detector(tmp_path / "graph.pb").load()
    assert files(cache) == []
