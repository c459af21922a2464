"""More worlds to look at: for codes, things, light, and signs that come late. As in scenes.py."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.types import Image
from recordings.making.scenes import Print, card, enlarged, hang, lit, photograph, plaster

LINK = "https://example.org/table/12"
"""What the code says; example.org belongs to nobody (RFC 2606)."""


def poster() -> Image:
    """A wall with a poster: a QR code with a link, and a line below it that says something else. 2600 x 1400."""
    world = plaster(2600, 1400, (196, 206, 204), 8)
    lines = (Print("Scan to order", 54, "DejaVuSans-Bold", (32, 36, 44)),)
    paper = np.full((760, 600, 3), 250, np.uint8)
    squares = cv2.QRCodeEncoder.create().encode(LINK)
    code = cv2.resize(squares, (460, 460), interpolation=cv2.INTER_NEAREST)
    paper[70:530, 70:530] = code[:, :, None] if code.ndim == 2 else code
    paper[570:730, 20:580] = card((560, 160), lines, paper=(250, 250, 250), edge=None)
    hang(world, paper, ((760, 320), (1290, 332), (1282, 1004), (752, 990)))
    return lit(world, (1200, 300), 0.4)


def two_cups() -> Image:
    """A long table with two cups, the photograph of a coffee beside its mirror image. 3600 x 1200."""
    coffee = enlarged(photograph("coffee.png"), 3.0)
    return lit(np.hstack([coffee[:, ::-1], coffee]), (1800, 300), 0.2)


def library() -> Image:
    """A plastered front with the hours of a library. 2800 x 1400."""
    world = plaster(2800, 1400, (150, 178, 196), 31)
    cv2.rectangle(world, (2050, 150), (2600, 1400), (64, 52, 40), -1)
    cv2.rectangle(world, (2090, 190), (2560, 1400), (98, 80, 60), -1)
    navy, white = (20, 36, 84), (246, 246, 242)
    lines = (
        Print("Town Library", 76, "DejaVuSerif-Bold", white, 1.7),
        Print("Tuesday to Friday 10:00 - 18:30", 42, colour=white, gap=1.55),
        Print("Saturday 10:00 - 16:00", 42, colour=white, gap=1.55),
        Print("Sunday 13:00 - 17:00", 42, colour=white, gap=1.55),
        Print("Monday closed", 42, colour=white),
    )
    hang(world, card((820, 500), lines, paper=navy, edge=white), ((900, 420), (1710, 438), (1704, 934), (894, 920)))
    return lit(world, (900, 400), 0.4)


def station() -> Image:
    """A long wall, and a sign far to the right on it. 4200 x 1400."""
    world = plaster(4200, 1400, (172, 180, 172), 17)
    cv2.rectangle(world, (0, 1180), (4200, 1400), (92, 100, 104), -1)
    for x in (500, 1500, 2400):
        cv2.rectangle(world, (x, 0), (x + 60, 1180), (120, 112, 98), -1)
    yellow, black = (250, 210, 40), (24, 24, 26)
    lines = (
        Print("Lift out of order", 74, "DejaVuSans-Bold", black, 1.6),
        Print("Please use the ramp", 52, colour=black, gap=1.4),
        Print("beside Gate 7", 52, colour=black),
    )
    hang(world, card((800, 340), lines, paper=yellow, edge=black), ((3040, 460), (3830, 446), (3838, 786), (3036, 792)))
    return lit(world, (2600, 300), 0.4)


def living_room() -> Image:
    """A wall with a lamp, a picture and a shelf, by whatever light there is. 2600 x 1400."""
    world = plaster(2600, 1400, (150, 176, 190), 40)
    cv2.rectangle(world, (0, 1180), (2600, 1400), (60, 84, 118), -1)
    cv2.rectangle(world, (1750, 760), (2400, 800), (50, 76, 110), -1)
    cv2.rectangle(world, (1820, 300), (2280, 620), (60, 70, 84), -1)
    cv2.rectangle(world, (1850, 330), (2250, 590), (164, 150, 120), -1)
    shade = np.array([(820, 420), (1080, 420), (1180, 640), (720, 640)])
    cv2.fillConvexPoly(world, shade, (176, 196, 206))
    cv2.rectangle(world, (938, 640), (962, 1120), (70, 76, 82), -1)
    cv2.ellipse(world, (950, 1130), (130, 26), 0, 0, 360, (62, 68, 74), -1)
    return lit(world, (950, 520), 0.5)
