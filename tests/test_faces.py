"""Faces: found in real photographs, made unrecognisable, and never sent where that is switched on."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from glasses import config as configuration
from glasses import weights
from glasses.models import Models
from pipeline import clock as clocks
from pipeline.ask.backend import PictureBudget
from pipeline.ask.blurring import without_faces
from pipeline.clock import Clock
from pipeline.errors import GlassesError, UsageError
from pipeline.events import EventLog
from pipeline.look.encode import encode
from pipeline.see.faces import Faces, blurred
from pipeline.types import Answer, Event, Image, Picture, Question, VideoFrame, read_only
from tests.servers import DONE, ChatServer, finish, words


@pytest.fixture(scope="module")
def faces() -> Faces:
    return Faces(weights.faces())


@pytest.fixture(scope="module")
def astronaut() -> Image:
    """Eileen Collins, NASA, public domain: one face, in the middle of 512 x 512 pixels."""
    return read_only(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))


def encoded(image: Image) -> Picture:
    return encode(VideoFrame(4.2, 0, image), PictureBudget(None, 90))


def test_a_face_is_found_where_it_is(faces: Faces, astronaut: Image) -> None:
    ((left, top, right, bottom, score),) = faces.find(astronaut)
    assert (170 < left < 200, 40 < top < 80, 250 < right < 290, 160 < bottom < 200) == (True,) * 4
    assert score > 0.99


@pytest.mark.parametrize("picture", ["chelsea", "coffee", "page", "rocket"])
def test_a_cat_a_cup_a_page_and_a_rocket_have_none(picture: str, faces: Faces) -> None:
    image = getattr(data, picture)()
    assert len(faces.find(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR))) == 0


@pytest.mark.parametrize(("side", "least"), [(20, 90), (40, 95), (200, 95)])
def test_few_frontal_faces_are_missed(side: int, least: int, faces: Faces) -> None:
    """The hundred faces of scikit-image's excerpt of Labeled Faces in the Wild; benchmarks/faces.py has harder ones."""
    found = 0
    for face in data.lfw_subset()[:100]:
        image = np.full((120 + side, 120 + side, 3), 128, np.uint8)
        image[60 : 60 + side, 60 : 60 + side] = cv2.resize((face * 255).astype(np.uint8), (side, side))[..., None]
        found += any(60 < (box[0] + box[2]) / 2 < 60 + side for box in faces.find(image))
    assert found >= least


@pytest.mark.parametrize("shape", [(1, 1), (11, 300), (12, 12), (480, 640)])
def test_pictures_of_any_size_can_be_looked_through(shape: tuple[int, int], faces: Faces) -> None:
    assert faces.find(np.zeros((*shape, 3), np.uint8)).shape == (0, 5)


def test_what_is_blurred_is_no_face_any_more_and_the_rest_is_as_it_was(faces: Faces, astronaut: Image) -> None:
    boxes = faces.find(astronaut)
    without = blurred(astronaut, boxes)
    assert len(faces.find(without)) == 0
    assert np.array_equal(without[300:], astronaut[300:])
    face = without[62:175, 182:270]
    assert (
        np.abs(np.diff(face.astype(int), axis=1)).mean()
        < np.abs(np.diff(astronaut[62:175, 182:270].astype(int), axis=1)).mean() / 2
    )


def test_a_face_at_the_edge_is_blurred_as_far_as_it_is_seen(faces: Faces, astronaut: Image) -> None:
    edge = np.array([[-20.0, -30.0, 40.0, 50.0, 1.0], [900.0, 900.0, 950.0, 950.0, 1.0]], np.float32)
    assert blurred(astronaut, edge).shape == astronaut.shape


def test_a_picture_without_faces_is_sent_as_it_was(faces: Faces) -> None:
    picture = encoded(np.full((90, 120, 3), 90, np.uint8))
    assert without_faces(picture, faces) == (picture, 0)


def test_a_picture_that_cannot_be_looked_through_is_not_sent(faces: Faces) -> None:
    with pytest.raises(GlassesError, match="is not sent"):
        without_faces(Picture(b"not a JPEG", 4, 3, 0.0), faces)


def test_missing_weights_are_an_error_and_not_a_picture_with_faces(astronaut: Image, tmp_path: Path) -> None:
    with pytest.raises(GlassesError, match="can't be loaded"):
        without_faces(encoded(astronaut), Faces([tmp_path / "pnet.onnx"]))


# On its way out


def sent(picture: Image, server: ChatServer, **settings: Any) -> tuple[Image, list[Event]]:
    """The picture as the server got it, and the events; the server is taken for one on another machine."""
    events: list[Event] = []

    async def main(clock: Clock) -> None:
        log = EventLog(clock)
        log.subscribe(events.append)
        port = server.base_url.rpartition(":")[2]
        config = configuration.defaults(
            {"ask.backend": f"http://glasses.test:{port}#m", "ask.reach": "hosted", **settings}
        )
        mind = Models(config).backend(clock, config.ask, log)
        *_, answer = [item async for item in mind.stream(Question(1, 0.0, "Who is that?", (encoded(picture),)))]
        await mind.close()
        assert isinstance(answer, Answer)
        assert answer.outcome == "ok", answer.fault

    clocks.run(main, virtual=False)
    url = server.requests[-1].body["messages"][-1]["content"][0]["image_url"]["url"]
    image = cv2.imdecode(np.frombuffer(base64.b64decode(url.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return read_only(image), events


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`glasses.test` leads to this machine."""
    import socket

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))


@pytest.mark.usefixtures("far")
@pytest.mark.parametrize("blur", [True, False])
def test_a_switch_blurs_faces_before_a_picture_leaves(blur: bool, faces: Faces, astronaut: Image) -> None:
    with ChatServer([*words("A woman."), finish("stop"), DONE]) as server:
        image, events = sent(astronaut, server, **{"ask.blur_faces": blur})
    assert len(faces.find(image)) == (0 if blur else 1)
    assert [event.data["faces"] for event in events if event.kind == "blurred"] == ([[1]] if blur else [])


def test_what_stays_on_this_machine_is_not_blurred() -> None:
    async def main(clock: Clock) -> str:
        config = configuration.defaults({"ask.backend": "ollama:m", "ask.blur_faces": True, "ask.agents": 0})
        return type(Models(config).backend(clock, config.ask, EventLog(clock))).__name__

    assert clocks.run(main, virtual=True) == "Remote"


def test_the_switch_is_true_or_false() -> None:
    assert configuration.load({}, {"GLASSES_ASK_BLUR_FACES": "true"}).ask.blur_faces is True
    assert configuration.load({}, {"GLASSES_ASK_BLUR_FACES": "0"}).ask.blur_faces is False
    with pytest.raises(UsageError, match=r"ask\.blur_faces must be true or false, not 'maybe'"):
        configuration.load({}, {"GLASSES_ASK_BLUR_FACES": "maybe"})
