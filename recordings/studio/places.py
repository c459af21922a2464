"""The places in which the recordings play. Names on signs are invented."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.types import Image
from recordings.studio.head import Rect
from recordings.studio.scenes import Scene, photograph, rough, tinted
from recordings.studio.signs import Line, sign

CREAM, BLACK, WHITE = (214, 232, 240), (28, 26, 26), (240, 244, 244)
GREEN, NAVY, BLUE = (46, 64, 22), (88, 48, 22), (150, 84, 20)

SHOP_SIGN: Rect = (2.55, 0.92, 3.15, 1.34)
LABEL: Rect = (0.50, 0.20, 0.675, 0.315)
PLATFORM_SIGN: Rect = (1.2, 0.9, 2.2, 1.35)
OFFICE_SIGN: Rect = (4.0, 0.92, 4.75, 1.37)


def street() -> Scene:
    """A bookshop's front: brick, a window, a painted door, and the board with its hours between them."""
    scene = Scene(6.0, 3.0, 760)
    scene.fill((0, 0, 6, 3), tinted(_bricks(), (40, 44, 66), (128, 150, 190)))
    scene.hang(_window(1200, 1100), (0.5, 0.55, 2.1, 2.0), shadow=0.015)
    scene.hang(_door(800, 1800), (3.6, 0.6, 4.6, 2.85), shadow=0.015)
    hours = [
        Line("FERNBROOK BOOKS", 0.115, "Serif-Bold", gap=0.03, centred=True),
        Line("OPENING HOURS", 0.085, "Sans-Bold", gap=0.05, centred=True),
        Line("Monday to Friday", 0.084, gap=0.06, right="9:00 - 17:30"),
        Line("Saturday", 0.084, gap=0.03, right="10:00 - 16:00"),
        Line("Sunday", 0.084, gap=0.03, right="closed"),
    ]
    scene.hang(sign(912, 638, hours, ground=CREAM, ink=GREEN, border=GREEN), SHOP_SIGN)
    scene.light(falloff=0.25, patches=0.03, seed=1)
    return scene


def table(*, label: bool) -> Scene:
    """A wooden table with a cup of coffee, and maybe a box of tablets with its small print up."""
    scene = Scene(0.9, 0.55, 4200 if label else 2400)
    _wood(scene, (0, 0, 0.9, 0.55), seed=2)
    _cup(scene, (0.02, 0.10, 0.32, 0.30))
    if label:
        brand = [
            Line("Solvanel 200 mg", 0.4, "Sans-Bold"),
            Line("24 film-coated tablets for aches and fever", 0.2),
        ]
        print_ = [
            Line("Adults: take one tablet every 6 hours with water.", 0.082),
            Line("Do not take more than 4 tablets in 24 hours.", 0.082, "Sans-Bold", gap=0.03),
            Line("Not for children under 12. Read the leaflet.", 0.082, gap=0.03),
            Line("Store below 25 °C, away from light.", 0.082, gap=0.03),
            Line("Best before: 03 2028", 0.082, "Sans-Bold", gap=0.06, right="Lot K7214"),
        ]
        box = np.vstack(
            [sign(1100, 230, brand, ground=BLUE, ink=WHITE), sign(1100, 493, print_, ground=WHITE, ink=BLACK)]
        )
        scene.hang(box, LABEL, shadow=0.004, tilt=3)
    scene.light(falloff=0.2, patches=0.03, seed=2)
    return scene


def platform() -> Scene:
    """A railway platform: a painted wall over gravel, the platform's sign, and further on the ticket office's."""
    scene = Scene(6.0, 3.0, 700)
    scene.fill((0, 0, 6, 3), rough(4200, 2100, (150, 164, 168), grain=0.05, stretch=1.0, seed=3))
    gravel = cv2.resize(photograph("gravel"), None, fx=0.8, fy=0.8)
    scene.fill((0, 2.0, 6, 3), tinted(gravel, (30, 34, 40), (160, 170, 176)))
    for y in (0.45, 1.85):
        scene.region((0, y, 6, y + 0.1))[:] = (70, 60, 110)
    for x in (0.7, 2.75, 5.3):
        scene.region((x, 0, x + 0.14, 2.05))[:] = rough(98, 1435, (60, 72, 78), grain=0.08, stretch=0.3, seed=4)
    names = [
        Line("Platform 4", 0.26, "Sans-Bold"),
        Line("Harrow Lane", 0.18, gap=0.03),
        Line("Trains to Elmsbury", 0.18, gap=0.03),
    ]
    scene.hang(sign(1000, 450, names, ground=NAVY, ink=WHITE, border=WHITE), PLATFORM_SIGN)
    office = [
        Line("TICKET OFFICE", 0.17, "Sans-Bold", gap=0.05, centred=True),
        Line("Open every day", 0.14, gap=0.06, centred=True),
        Line("6:30 - 21:00", 0.21, "Sans-Bold", gap=0.04, centred=True),
    ]
    scene.hang(sign(900, 540, office, ground=WHITE, ink=NAVY, border=NAVY), OFFICE_SIGN)
    scene.light(falloff=0.2, patches=0.04, seed=5)
    return scene


def corridor() -> Scene:
    """A dim corridor: plaster, a door, a switch, a skirting board, and not a word anywhere."""
    scene = Scene(6.0, 3.0, 420)
    scene.fill((0, 0, 6, 3), rough(2520, 1260, (148, 164, 172), grain=0.035, stretch=1.2, seed=6))
    scene.region((0, 2.55, 6, 2.68))[:] = rough(2520, 55, (120, 128, 132), grain=0.03, stretch=4, seed=7)
    scene.region((0, 2.68, 6, 3))[:] = rough(2520, 134, (66, 84, 110), grain=0.12, stretch=6, seed=8)
    scene.hang(_door(500, 1000), (3.9, 0.55, 4.9, 2.55), shadow=0.02)
    switch = sign(80, 80, [], ground=WHITE, ink=WHITE, border=(200, 206, 206))
    scene.hang(switch, (3.55, 1.45, 3.64, 1.54), shadow=0.006)
    scene.light(falloff=0.55, patches=0.06, seed=9)
    return scene


def cat() -> Scene:
    """A cat, as near as it lets one come."""
    scene = Scene(0.6, 0.4, 2000)
    picture = photograph("chelsea")
    scene.image = cv2.resize(picture, (1200, 800), interpolation=cv2.INTER_CUBIC)
    return scene


def _bricks() -> Image:
    """The photographed wall, turned upright and seen straight on."""
    wall = cv2.rotate(photograph("brick"), cv2.ROTATE_90_CLOCKWISE)
    corners = np.array([[0, 7.5], [512, 70], [512, 392], [0, 470]], np.float32)  # along two of its joints
    width, height = 800, 600
    straight = cv2.getPerspectiveTransform(
        corners, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    )
    return cv2.warpPerspective(wall, straight, (width, height), flags=cv2.INTER_CUBIC)


def _window(width: int, height: int) -> Image:
    """A shop window: a warm, blurred inside behind a white frame with glazing bars."""
    glow = np.linspace(0.5, 1.1, height)[:, np.newaxis, np.newaxis] * (46, 78, 112)
    inside = np.broadcast_to(glow, (height, width, 3)).astype(np.uint8).copy()
    for x in range(60, width - 60, 66):  # spines of books on a shelf
        tall = 330 + 37 * (x * 7 % 5)
        colour = [(70, 50, 120), (90, 110, 60), (120, 90, 50), (60, 100, 140), (50, 50, 60)][x // 66 * 3 % 5]
        cv2.rectangle(inside, (x, height - 120 - tall), (x + 52, height - 120), colour, -1)
    inside = cv2.GaussianBlur(inside, None, 5)
    sheen = np.linspace(0, 46, width).astype(np.uint8)[np.newaxis, :, np.newaxis]
    inside = cv2.add(inside, np.broadcast_to(sheen, inside.shape).copy())
    for x in (0, width // 2 - 14, width - 40):
        inside[:, x : x + 40] = (206, 214, 218)
    for y in (0, height - 60):
        inside[y : y + 60] = (206, 214, 218)
    return inside


def _door(width: int, height: int) -> Image:
    """A painted door with four panels and a brass knob."""
    door = rough(width, height, (66, 78, 40), grain=0.05, stretch=0.2, seed=11)
    for left, right in ((0.12, 0.45), (0.55, 0.88)):
        for top, bottom in ((0.08, 0.45), (0.55, 0.92)):
            corner, opposite = (int(left * width), int(top * height)), (int(right * width), int(bottom * height))
            cv2.rectangle(door, corner, opposite, (38, 46, 24), 10)
            cv2.rectangle(door, (corner[0] + 6, corner[1] + 6), (opposite[0] + 6, opposite[1] + 6), (92, 106, 64), 3)
    cv2.circle(door, (int(0.92 * width), height // 2), width // 28, (70, 150, 190), -1, cv2.LINE_AA)
    return door


def _wood(scene: Scene, rect: Rect, seed: int) -> None:
    """Boards with their grain along them."""
    place = scene.region(rect)
    height, width = place.shape[:2]
    board = height // 5
    for number, top in enumerate(range(0, height, board)):
        strip = place[top : top + board]
        shade = 1 + 0.06 * (number * 7 % 5 - 2)
        colour = (int(52 * shade), int(88 * shade), int(140 * shade))
        strip[:] = rough(width, strip.shape[0], colour, grain=0.1, stretch=14, seed=seed * 100 + number)
        strip[:4] = (20, 34, 56)


def _cup(scene: Scene, rect: Rect) -> None:
    """The cup of the photograph with its saucer and spoon, cut out and put down in `rect`."""
    picture = photograph("coffee")
    mask = np.zeros(picture.shape[:2], np.uint8)
    for middle, axes, turn in (((279, 226), (200, 161), 0), ((291, 112), (117, 94), 0), ((405, 110), (14, 48), 15)):
        cv2.ellipse(mask, middle, axes, turn, 0, 360, 255, -1)
    mask = cv2.GaussianBlur(mask, None, 1.5)
    place = scene.region(rect)
    size = place.shape[1], place.shape[0]
    share = cv2.resize(mask, size, interpolation=cv2.INTER_CUBIC)[..., np.newaxis] / np.float32(255)
    shadow = cv2.GaussianBlur(np.roll(share[..., 0], (size[1] // 30, size[0] // 30), (0, 1)), None, size[0] / 40)
    darkened = place * (1 - 0.5 * shadow[..., np.newaxis])
    place[:] = np.round(darkened * (1 - share) + cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC) * share)
