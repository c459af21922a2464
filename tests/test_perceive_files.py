"""Pictures of every kind that `glasses ask` is given: what the file says of them is what is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Drawing
from PIL import ImageDraw

from glasses.commands.ask import _read
from pipeline.errors import GlassesError, UsageError
from pipeline.types import Image

RED = (204, 51, 51)


def drawn(mode: str = "RGB", paper: object = "white", ink: object = RED) -> Drawing.Image:
    """A bar across the upper half of a picture of 60 x 40."""
    picture = Drawing.new(mode, (60, 40), paper)  # type: ignore[arg-type]
    ImageDraw.Draw(picture).rectangle((0, 0, 59, 19), fill=ink)  # type: ignore[arg-type]
    return picture


def halves(image: Image) -> list[tuple[int, ...]]:
    """The colours in the middle of the upper and of the lower half, as red, green, blue."""
    height, width = image.shape[:2]
    return [tuple(int(value) for value in image[height * part // 4, width // 2, ::-1]) for part in (1, 3)]


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 12


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "P", "YCbCr"])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff"])
def test_colours_are_the_same_in_every_kind_of_file(mode: str, suffix: str, tmp_path: Path) -> None:
    picture = drawn().convert(mode)
    if (mode, suffix) in (("P", "jpg"), ("CMYK", "png"), ("YCbCr", "png")):
        pytest.skip("there are no such files")
    picture.save(tmp_path / f"picture.{suffix}")
    upper, lower = halves(_read(tmp_path / f"picture.{suffix}"))
    assert near(upper, RED)
    assert near(lower, (255, 255, 255))


def test_grey_of_eight_and_of_sixteen_bits_is_grey(tmp_path: Path) -> None:
    drawn("L", 255, 100).save(tmp_path / "8.png")
    deep = np.full((40, 60), 65535, np.uint16)
    deep[:20] = 100 * 257
    Drawing.fromarray(deep).save(tmp_path / "16.png")
    for name in ("8.png", "16.png"):
        assert halves(_read(tmp_path / name)) == [(100, 100, 100), (255, 255, 255)]


@pytest.mark.parametrize(("ink", "behind"), [((0, 0, 0, 255), (255, 255, 255)), ((255, 255, 255, 255), (0, 0, 0))])
def test_what_is_transparent_lies_on_paper_of_another_colour(
    ink: tuple[int, ...], behind: tuple[int, ...], tmp_path: Path
) -> None:
    drawn("RGBA", (0, 0, 0, 0), ink).save(tmp_path / "picture.png")
    assert halves(_read(tmp_path / "picture.png")) == [ink[:3], behind]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_by_its_exif_orientation(orientation: int, tmp_path: Path) -> None:
    turns = {
        2: Drawing.Transpose.FLIP_LEFT_RIGHT,
        3: Drawing.Transpose.ROTATE_180,
        4: Drawing.Transpose.FLIP_TOP_BOTTOM,
        5: Drawing.Transpose.TRANSPOSE,
        6: Drawing.Transpose.ROTATE_90,
        7: Drawing.Transpose.TRANSVERSE,
        8: Drawing.Transpose.ROTATE_270,
    }
    picture = drawn()
    stored = picture.transpose(turns[orientation]) if orientation in turns else picture
    exif = Drawing.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "picture.jpg", exif=exif, quality=95)
    image = _read(tmp_path / "picture.jpg")
    assert image.shape == (40, 60, 3)
    assert near(halves(image)[0], RED)


def test_a_picture_of_8k_is_read_whole(tmp_path: Path) -> None:
    Drawing.new("RGB", (7680, 4320), RED).save(tmp_path / "large.jpg")
    assert _read(tmp_path / "large.jpg").shape == (4320, 7680, 3)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut off", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_refused_by_name(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(data)
    with pytest.raises(GlassesError, match=r"picture\.jpg: not a picture that can be read"):
        _read(tmp_path / "picture.jpg")


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        _read(tmp_path / "nothing.jpg")
