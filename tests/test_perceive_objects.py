"""Things in pictures: what the network says, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasses import weights
from pipeline.errors import GlassesError
from pipeline.see.objects import LIKELY, SURE, Detector, Thing, distance, overlap, without_doubles
from pipeline.types import Image

BOX = (0.2, 0.2, 0.6, 0.6)


def photograph(name: str) -> Image:
    cv2, skimage = pytest.importorskip("cv2"), pytest.importorskip("skimage")
    image: Image = cv2.imread(str(Path(skimage.__file__).parent / "data" / name))
    return image


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(weights.detector())


def test_overlap_is_the_share_that_two_boxes_have_in_common() -> None:
    assert overlap(BOX, BOX) == pytest.approx(1.0)
    assert overlap(BOX, (0.2, 0.2, 0.4, 0.6)) == pytest.approx(0.5)
    assert overlap(BOX, (0.7, 0.2, 0.9, 0.6)) == 0.0


def test_what_lies_where_a_better_one_lies_is_the_same_thing() -> None:
    cup, bowl, spoon = (
        Thing("cup", 0.9, BOX),
        Thing("bowl", 0.8, (0.2, 0.21, 0.6, 0.6)),
        Thing("spoon", 0.7, (0, 0, 1, 1)),
    )
    assert without_doubles([spoon, bowl, cup]) == (cup, spoon)


def test_distance_follows_from_the_usual_size_and_is_not_told_of_what_is_cut_off() -> None:
    assert distance((0.4, 0.1, 0.6, 0.9), 1.7, 1280, 720) == pytest.approx(3.0, abs=0.1)
    assert distance((0.0, 0.1, 0.6, 0.9), 1.7, 1280, 720) == 0.0


@pytest.mark.parametrize(
    ("name", "kind"),
    [("coffee.png", "cup"), ("chelsea.png", "cat"), ("camera.png", "person"), ("motorcycle_left.png", "motorcycle")],
)
def test_photographs_show_what_they_show(name: str, kind: str, detector: Detector) -> None:
    best, *others = detector.find(photograph(name))
    assert best.name == kind
    assert best.confidence >= SURE
    assert [thing for thing in others if thing.confidence >= LIKELY and thing.name != "table"] == []


@pytest.mark.parametrize("name", ["brick.png", "coins.png", "grass.png", "moon.png", "page.png", "rocket.jpg"])
def test_where_there_is_none_of_the_kinds_none_is_named(name: str, detector: Detector) -> None:
    assert [thing for thing in detector.find(photograph(name)) if thing.confidence >= LIKELY] == []


def test_left_and_right_are_where_they_are(detector: Detector) -> None:
    coffee = photograph("coffee.png")
    wall = np.full((400, 1200, 3), 170, np.uint8)
    wall[:, :600] = coffee
    (cup,) = [thing for thing in detector.find(wall) if thing.name == "cup"]
    assert cup.box[2] < 0.5


def test_weights_that_are_none_are_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "frozen_inference_graph.pb").write_bytes(b"no graph")
    with pytest.raises(GlassesError, match=r"can't be loaded.*pip install") as error:
        Detector(tmp_path / "frozen_inference_graph.pb").load()
    assert error.value.told.startswith("I can't recognise things")
