"""Worlds to look at: still pictures larger than a view, of freely licensed photographs and rendered things.

The photographs come with scikit-image; only those in the public domain (CC0) and without people are used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from pipeline.errors import UsageError
from pipeline.types import Image

Colour = tuple[int, int, int]
"""Red, green, blue."""

Corners = Sequence[tuple[float, float]]
"""Upper left, upper right, lower right, lower left, pixels."""


@dataclass(frozen=True, slots=True)
class Print:
    """A line on a sign or a label."""

    text: str
    height: int  # of the letters' em, pixels
    font: str = "DejaVuSans"
    colour: Colour = (30, 32, 36)
    gap: float = 1.3  # to the next line, em
    centred: bool = True


def shop() -> Image:
    """A brick front with a window, a door and the hours beside it. 3700 x 1500."""
    world = _bricks(3700, 1500)
    _pane(world, (240, 250), (1250, 1180), frame=(38, 54, 44))
    _pane(world, (2600, 180), (3200, 1500), frame=(38, 54, 44))
    green, cream = (24, 66, 52), (238, 232, 214)
    lines = (
        Print("HARBOUR BAKERY", 64, "DejaVuSerif-Bold", cream, 1.75),
        Print("Open", 48, "DejaVuSans-Bold", cream, 1.5),
        Print("Monday to Friday 8:00 - 17:30", 42, colour=cream, gap=1.55),
        Print("Saturday 9:00 - 14:00", 42, colour=cream, gap=1.55),
        Print("Sunday closed", 42, colour=cream),
    )
    hang(world, card((800, 510), lines, paper=green, edge=cream), ((1460, 500), (2250, 478), (2262, 1000), (1452, 988)))
    return lit(world, (1800, 500), 0.45)


def table() -> Image:
    """A café table (the photograph of a coffee) with a box of medicine on it. 2400 x 1600."""
    world = enlarged(photograph("coffee.png"), 4.0)
    blue, ink = (20, 74, 140), (40, 44, 52)
    lines = (
        Print("Calmoril 200 mg", 66, "DejaVuSans-Bold", blue, 1.25),
        Print("24 tablets for headache and fever", 30, "DejaVuSans", blue, 2.0),
        Print("Adults: take 1 tablet every 6 hours with water.", 25, colour=ink, centred=False),
        Print("Do not take more than 4 tablets in one day.", 25, colour=ink, centred=False),
        Print("Not for children under 12 years.", 25, colour=ink, centred=False),
        Print("Store below 25 °C, away from light.", 25, colour=ink, gap=1.7, centred=False),
        Print("Best before 08/2028", 25, "DejaVuSans-Bold", ink, centred=False),
    )
    label = card((760, 450), lines, paper=(246, 247, 245), edge=None)
    cv2.rectangle(label, (0, 0), (759, 22), (150, 84, 24), -1)
    hang(world, label, ((150, 905), (905, 860), (940, 1300), (165, 1352)), shadow=34)
    return lit(world, (700, 900), 0.3)


def platform() -> Image:
    """A railway platform on gravel: the platform's sign, and a timetable further on. 3600 x 1500."""
    world = plaster(3600, 1500, (176, 182, 178), 5)
    gravel = enlarged(cv2.cvtColor(photograph("gravel.png"), cv2.COLOR_BGR2GRAY), 2.0)[:340]
    ground = np.tile(np.hstack([gravel, gravel[:, ::-1]]), (1, 2))[:, :3600]
    world[1160:] = cv2.cvtColor(ground, cv2.COLOR_GRAY2BGR)
    cv2.rectangle(world, (0, 1120), (3600, 1175), (150, 158, 160), -1)
    cv2.rectangle(world, (0, 1160), (3600, 1175), (70, 76, 80), -1)
    for x in (220, 1780, 3420):
        cv2.rectangle(world, (x, 0), (x + 70, 1130), (84, 70, 58), -1)
        cv2.rectangle(world, (x + 50, 0), (x + 70, 1130), (60, 50, 42), -1)
    white, navy = (244, 246, 248), (18, 40, 92)
    sign = (
        Print("Platform 4", 120, "DejaVuSans-Bold", white, 1.35),
        Print("Trains to the city", 58, "DejaVuSans", white, 1.5),
        Print("Way out at the north end", 44, "DejaVuSans", (250, 214, 60)),
    )
    hang(world, card((840, 430), sign, paper=navy, edge=white), ((640, 330), (1470, 345), (1465, 775), (636, 768)))
    times = (
        Print("Departures", 60, "DejaVuSans-Bold", navy, 1.6),
        Print("14:05 Newcastle", 46, gap=1.5, centred=False),
        Print("14:25 Oxford", 46, gap=1.5, centred=False),
        Print("14:40 Manchester", 46, gap=1.5, centred=False),
        Print("15:10 Cambridge", 46, centred=False),
    )
    board = card((620, 470), times, paper=(250, 246, 226), edge=navy)
    hang(world, board, ((2340, 400), (2960, 386), (2966, 862), (2336, 858)))
    return lit(world, (1700, 300), 0.4)


def corridor() -> Image:
    """A dim corridor: a plastered wall, a door's edge, a switch, and not a word. 2600 x 1400."""
    world = plaster(2600, 1400, (138, 158, 168), 21)
    cv2.rectangle(world, (0, 1190), (2600, 1290), (92, 104, 112), -1)
    cv2.line(world, (0, 1190), (2600, 1190), (150, 162, 168), 5)
    world[1290:] = (58, 66, 84)
    cv2.rectangle(world, (2080, 120), (2600, 1290), (70, 84, 104), -1)
    cv2.rectangle(world, (2080, 120), (2130, 1290), (110, 126, 140), -1)
    cv2.rectangle(world, (1820, 640), (1910, 760), (196, 204, 206), -1)
    cv2.rectangle(world, (1845, 672), (1885, 728), (214, 220, 222), -1)
    cv2.GaussianBlur(world[620:780, 1800:1930], (0, 0), 2, dst=world[620:780, 1800:1930])
    return lit(world, (300, 200), 0.62)


def cup() -> Image:
    """The photograph of a coffee on a wooden table, enlarged. 2400 x 1600."""
    return lit(enlarged(photograph("coffee.png"), 4.0), (1000, 500), 0.25)


def cat() -> Image:
    """The photograph of a cat, enlarged. 1804 x 1200."""
    return enlarged(photograph("chelsea.png"), 4.0)


def photograph(name: str) -> Image:
    import skimage

    image: Image | None = cv2.imread(str(Path(skimage.__file__).parent / "data" / name))
    if image is None:
        raise UsageError(f"{name}: not in this scikit-image; pip install 'glasses-companion[dev]'")
    return image


def enlarged(image: Image, by: float) -> Image:
    enlarged: Image = cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
    return enlarged


def _bricks(width: int, height: int) -> Image:
    """The photograph of bricks, turned upright and coloured, beside its mirror image as often as it takes."""
    grey = cv2.cvtColor(photograph("brick.png"), cv2.COLOR_BGR2GRAY)
    # Its courses converge: these four points of it are the corners of a rectangle on the wall.
    seen = np.array([(54, 0), (417, 0), (497, 386), (0, 386)], np.float32)
    flat = np.array([(0, 0), (840, 0), (840, 760), (0, 760)], np.float32)
    grey = cv2.warpPerspective(grey, cv2.getPerspectiveTransform(seen, flat), (840, 760), flags=cv2.INTER_CUBIC)
    tile = np.rot90(grey)
    tile = np.vstack([np.hstack([tile, tile[:, ::-1]]), np.hstack([tile[::-1], tile[::-1, ::-1]])])
    wall = np.tile(tile, (height // tile.shape[0] + 1, width // tile.shape[1] + 1))[:height, :width]
    mortar = np.clip((wall.astype(np.float32) - 105) / 60, 0, 1)[:, :, None]
    colour = np.array((62, 82, 150)) * (1 - mortar) + np.array((150, 158, 164)) * mortar
    return np.clip(colour * (wall[:, :, None] / 118.0), 0, 255).astype(np.uint8)


def plaster(width: int, height: int, colour: Colour, seed: int) -> Image:
    """A painted wall; `colour` is blue, green, red, as the world is."""
    chance = np.random.default_rng(seed)
    uneven = np.zeros((height, width), np.float32)
    for cell, strength in ((2, 1.2), (9, 1.5), (160, 4.0)):
        small = chance.normal(size=(height // cell + 2, width // cell + 2)).astype(np.float32)
        uneven += strength * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    wall: Image = np.clip(np.array(colour, np.float32) + uneven[:, :, None], 0, 255).astype(np.uint8)
    return wall


def _pane(world: Image, upper_left: tuple[int, int], lower_right: tuple[int, int], frame: Colour) -> None:
    """A window: dark inside, the bright sky mirrored in its upper part."""
    (x, y), (right, bottom) = upper_left, lower_right
    cv2.rectangle(world, (x - 34, y - 34), (right + 34, bottom + 34), frame[::-1], -1)
    down, across = np.mgrid[0 : 1 : (bottom - y) * 1j, 0 : 1 : (right - x) * 1j].astype(np.float32)
    sky = np.clip(0.75 - down - 0.35 * np.sin(3 * across + 1), 0, 1) ** 1.5
    glass = np.array((52, 46, 40)) + sky[:, :, None] * np.array((130, 112, 96))
    world[y:bottom, x:right] = cv2.GaussianBlur(glass.astype(np.uint8), (0, 0), 6)
    middle = (x + right) // 2
    cv2.rectangle(world, (middle - 12, y), (middle + 12, bottom), frame[::-1], -1)


def card(size: tuple[int, int], lines: Sequence[Print], *, paper: Colour, edge: Colour | None) -> Image:
    """Print on a plate or on paper, its lines in the middle."""
    picture = Picture.new("RGB", size, paper)
    draw = ImageDraw.Draw(picture)
    if edge:
        draw.rounded_rectangle((12, 12, size[0] - 13, size[1] - 13), 14, outline=edge, width=5)
    y = (size[1] - sum(line.height * line.gap for line in lines[:-1]) - lines[-1].height) / 2
    for line in lines:
        x, anchor = (size[0] / 2, "ma") if line.centred else (size[0] * 0.07, "la")
        draw.text((x, y), line.text, line.colour, _font(line), anchor)
        y += line.height * line.gap
    printed: Image = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)
    return printed


def _font(line: Print) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(f"{line.font}.ttf", line.height)
    except OSError as error:
        raise UsageError(f"{line.font}: font not found; sudo apt install fonts-dejavu-core") from error


def hang(world: Image, card: Image, corners: Corners, *, shadow: float = 16) -> None:
    """Put `card` into the world where `corners` are, with the soft shadow that it throws."""
    height, width = card.shape[:2]
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    turn = cv2.getPerspectiveTransform(flat, np.array(corners, np.float32))
    size = world.shape[1], world.shape[0]
    whole = np.full((height, width), 255, np.uint8)
    cover = cv2.warpPerspective(whole, turn, size, flags=cv2.INTER_LINEAR)[:, :, None] / np.float32(255)
    thrown = cv2.GaussianBlur(cover, (0, 0), shadow)
    thrown = np.roll(thrown, (round(shadow), round(shadow / 2)), (0, 1))[:, :, None]
    put = cv2.warpPerspective(card, turn, size, flags=cv2.INTER_AREA)
    world[:] = (put * cover + world * (1 - 0.6 * thrown) * (1 - cover)).astype(np.uint8)


def lit(world: Image, lamp: tuple[float, float], fall: float) -> Image:
    """The world with its light from one side: at the far corner `fall` of it is missing."""
    height, width = world.shape[:2]
    y, x = np.ogrid[:height, :width]
    away = np.hypot(x - lamp[0], y - lamp[1])
    light = (1 - fall * (away / away.max()) ** 1.2).astype(np.float32)
    lit: Image = (world * light[:, :, None]).astype(np.uint8)
    return lit
