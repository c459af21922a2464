"""Clips for `benchmarks.frames`: somebody turns to a sign and asks about it, in a hurry or not, in good light or not.

Worlds are photographs of public domain that come with scikit-image, or painted walls, with a rendered sign on them, and
in two of three another one elsewhere. Head and lens are those of the project's recordings: sway and tremor, steps,
turns of minimum jerk, a lens that finds its focus late. Elsewhere, the head rests on the other sign or wanders about.
The same numbers make the same pixels on every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from pipeline.types import Image, VideoFrame, Word, read_only
from recordings.making.motion import Gaze, HeadCamera

SIZE = (1280, 720)
RATE = 15.0
"""Frames a second: what a session looks at (`look.rate`)."""

# Looks at the sign all the time; in passing, somewhere around the word that points at it; before the question and into
# it, and looks away before or after that word; from some way into the question on; all the time, while the lens hunts
# for its focus; all the time, walking.
PLANS = ("holds", "glances", "asks afterwards", "turns to it", "lens hunts", "walks")
_ORDER = (0, 1, 2, 1, 3, 4, 2, 1, 0, 1, 2, 5, 1, 3, 4, 2, 1, 0)
"""Which plan each clip follows, over and over. With these, the newest frame is good in more than a third of the clips,
and so is the frame as speech begins."""

# Dim: a fifth of the light, with noise of 9 grey levels. Exposure: burnt out after the turn, and stripes of a lamp.
LIGHTS = ("day", "day", "dim", "day", "exposure settles", "day", "day")

_WORLD = (3600, 1500)
_TARGET, _OTHER = (2350, 740), (1050, 760)
"""Where the sign that is asked about hangs, and the other one: centres, pixels."""

_SLOW, _FAST = 0.42, 0.24
"""Seconds for a turn of the head from one sign to the other."""

_MISHEARD = 0.1
"""Seconds, standard deviation: how far off a recogniser's word times are."""

_LINES = (
    ("Platform 7", "Trains to Brighton", "Change at Redhill"),
    ("Opening hours", "Monday 9:30 - 18:00", "Saturday 10:00 - 13:00"),
    ("Tomato soup 4.80", "Mushroom pie 9.20", "Apple crumble 5.50"),
    ("Room 214", "Doctor Alice Newton", "Please knock"),
    ("Bus 38 to Harbour", "Every 12 minutes", "Last bus 23:45"),
    ("Wet paint", "Use the side door", "Thank you"),
    ("Ibuprofen 400 mg", "One tablet, then wait 8 hours", "Best before 04/2029"),
    ("Gate B12", "Boarding from 17:15", "Flight to Lisbon"),
    ("Meeting room Oak", "Booked until 15:40", "Next: Garden Club"),
)
_QUESTIONS = (
    ("What does this say", "this"),
    ("Can you read this to me please", "this"),
    ("What is written on the sign over there", "sign"),
    ("This one here what is it about", "This"),
    ("When does it open on Saturday", ""),
    ("Tell me what that says", "that"),
    ("Is there anything I should know", ""),
    ("Which one is that and where does it go", "that"),
)
_PHOTOGRAPHS = ("brick.png", "gravel.png", "coffee.png", "grass.png", "", "chelsea.png")
_COLOURS = (((24, 66, 52), (238, 232, 214)), ((246, 247, 245), (30, 32, 36)), ((18, 40, 92), (244, 246, 248)))


@dataclass(frozen=True, slots=True)
class Clip:
    """One question, and the way of the head around it."""

    number: int
    plan: str
    light: str
    text: str
    words: tuple[Word, ...]  # as a recogniser would time them, seconds
    t_start: float  # first voiced sample, seconds
    t_end: float  # last voiced sample, seconds
    lines: tuple[str, ...]  # of the sign that is asked about
    camera: Wearer
    seconds: float

    def frames(self) -> Iterator[VideoFrame]:
        """What the camera delivers."""
        return self.camera.frames(self.seconds, RATE)


@dataclass(frozen=True)
class Wearer(HeadCamera):
    """A head camera that knows where the sign is, in the light of `light`."""

    light: str = "day"
    sign: tuple[float, float] = (0.0, 0.0)  # width and height, pixels of the world
    turned: float = 0.0  # seconds: when the sign comes into view, for the exposure

    def frames(self, seconds: float, rate: float) -> Iterator[VideoFrame]:
        """As of a head camera, darker, noisier or burnt out where the light is so."""
        chance = np.random.default_rng(self.seed + 1)
        for frame in HeadCamera.frames(self, seconds, rate):
            if self.light == "dim":
                grain = chance.normal(0, 9.0, frame.image.shape).astype(np.float32)
                dim = np.clip(frame.image * np.float32(0.22) + grain, 0, 255)
                yield VideoFrame(frame.t, frame.seq, read_only(dim.astype(np.uint8)))
            elif self.light == "exposure settles":
                rows = np.arange(frame.image.shape[0])[:, None, None] / 720
                lamp = 1 + 0.08 * np.sin(2 * np.pi * (100 * frame.t + 2.2 * rows))
                burnt = 1 + 2.2 * np.exp(-max(0.0, frame.t - self.turned) / 0.22)
                yield VideoFrame(
                    frame.t,
                    frame.seq,
                    read_only(np.clip(frame.image * np.float32(burnt) * lamp, 0, 255).astype(np.uint8)),
                )
            else:
                yield frame

    def in_view(self, t: float) -> float:
        """The share of the sign that the picture of time `t` shows."""
        x, y, zoom, roll = self._path(np.array([t]))[0, :4]
        width, height = self.sign
        across, down = np.meshgrid(np.linspace(-0.5, 0.5, 21) * width, np.linspace(-0.5, 0.5, 21) * height)
        turn = np.exp(1j * np.radians(-roll)) * zoom
        seen = (_TARGET[0] + across - x + 1j * (_TARGET[1] + down - y)) * turn
        inside = (np.abs(seen.real) < SIZE[0] / 2 - 4) & (np.abs(seen.imag) < SIZE[1] / 2 - 4)
        return float(inside.mean())

    def blur(self, t: float) -> float:
        """Pixels by which motion and lens smear the picture of time `t`; the truth, not a measure."""
        before, now, after = self._path(np.array([t - 1 / 80, t, t + 1 / 80]))
        return float(np.hypot(*(after[:2] - before[:2])) * now[2] + 2 * now[4])


def clips(first: int, count: int) -> Iterator[Clip]:
    """`count` clips of the mix from number `first` on."""
    for number in range(first, first + count):
        yield clip(number)


def clip(number: int) -> Clip:
    """Clip `number` of the mix."""
    chance = np.random.default_rng(1000 + number)
    plan = PLANS[_ORDER[number % len(_ORDER)]]
    light = LIGHTS[number % len(LIGHTS)]
    text, pointing = _QUESTIONS[number % len(_QUESTIONS)]
    t_start = 1.9 + float(chance.uniform(0, 0.3))
    spoken, t_end = _spoken(text, t_start, chance)
    said = next((word.t_start for word in spoken if word.text == pointing), (t_start + t_end) / 2)
    lines = _LINES[number % len(_LINES)]
    size = int(chance.integers(13, 32))
    zoom = float(chance.uniform(0.95, 1.15))
    gazes, turned = _way(plan, t_start, t_end, said, zoom, chance)
    world, sign = _world(number, lines, size, chance)
    camera = Wearer(world, gazes, SIZE, number, light, sign, turned)
    words = tuple(
        Word(word.text, word.t_start + shift, word.t_end + shift)
        for word, shift in zip(spoken, chance.normal(0, _MISHEARD, len(spoken)).tolist(), strict=True)
    )
    return Clip(number, plan, light, text, words, t_start, t_end, lines, camera, t_end + 0.8)


def _spoken(text: str, t: float, chance: np.random.Generator) -> tuple[list[Word], float]:
    words = []
    for word in text.split():
        length = 0.12 + 0.045 * len(word) + float(chance.uniform(0, 0.08))
        words.append(Word(word, t, t + length))
        t += length + 0.03
    return words, t - 0.03


def _way(
    plan: str, t_start: float, t_end: float, said: float, zoom: float, chance: np.random.Generator
) -> tuple[list[Gaze], float]:
    """Where the head points, and when it has turned to the sign. Jitter everywhere: people are not punctual."""
    late = float(chance.uniform(-0.25, 0.25))
    turn = float(chance.uniform(_FAST, _SLOW))
    match plan:
        case "holds":
            arrive, leave = t_start - float(chance.uniform(0.3, 1.0)), t_end + 2.0
        case "glances":
            arrive = said - float(chance.uniform(0.25, 0.45)) + late
            leave = min(arrive + float(chance.uniform(0.8, 1.1)), t_end - 0.35)
            arrive = min(arrive, leave - 0.7)
        case "asks afterwards":
            arrive, leave = t_start - float(chance.uniform(0.9, 1.3)), t_start + float(chance.uniform(0.25, 0.6))
            if float(chance.uniform()) < 0.5:  # some look away only once they have pointed
                leave = max(leave, min(said + float(chance.uniform(0.1, 0.4)), t_end - 0.3))
        case "turns to it":
            arrive, leave = t_start + float(chance.uniform(0.35, 0.8)), t_end + 2.0
        case _:
            arrive, leave = t_start - float(chance.uniform(0.2, 0.6)), t_end + 2.0
    walk = float(chance.uniform(6, 14)) if plan == "walks" else 0.0
    elsewhere = float(chance.choice((0.0, 11.0))) if plan != "walks" else 8.0
    x, y = _TARGET[0] + chance.uniform(-90, 90), _TARGET[1] + chance.uniform(-50, 50)
    away = (_OTHER[0] + float(chance.uniform(-200, 200)), _OTHER[1] + float(chance.uniform(-80, 80)))
    roll = float(chance.uniform(-3, 3))
    gazes = [*_elsewhere(0.0, arrive - turn, away, elsewhere, chance)]
    blurred = float(chance.choice((0.0, 5.0, 8.0)))
    gazes.append(Gaze(arrive, x, y, zoom, roll, defocus=blurred, walk=walk))
    t, end = arrive + 0.18, min(leave, t_end + 1.0)
    gazes.append(Gaze(t, x, y, zoom, roll, walk=walk))
    while plan == "lens hunts" and t < end - 0.9:
        for pause, defocus in ((0.35, 0.0), (0.25, float(chance.uniform(4, 8))), (0.3, float(chance.uniform(2, 5)))):
            t += pause
            gazes.append(Gaze(t, x, y, zoom, roll, defocus=defocus))
    drift = chance.uniform(-15, 15, 2)
    gazes.append(Gaze(max(leave, t + 0.1), x + drift[0], y + drift[1], zoom, roll, walk=walk))
    if leave < t_end:
        gazes += _elsewhere(leave + turn, t_end + 2.0, away, elsewhere, chance)
    return gazes, arrive


def _elsewhere(
    start: float, end: float, place: tuple[float, float], walk: float, chance: np.random.Generator
) -> Iterator[Gaze]:
    """From `start` to `end` the head rests on the other sign, or, two times of three, wanders around it."""
    wanders = float(chance.uniform()) < 2 / 3
    t, x, y = start, *place
    while t < end:
        yield Gaze(t, x, y, 1.0, 0.0, walk=walk)
        t += float(chance.uniform(0.5, 0.9))
        if wanders:
            x, y = place[0] + float(chance.uniform(-480, 300)), place[1] + float(chance.uniform(-130, 130))
    yield Gaze(end, x, y, 1.0, 0.0, walk=walk)


def _world(
    number: int, lines: tuple[str, ...], size: int, chance: np.random.Generator
) -> tuple[Image, tuple[float, float]]:
    """The wall with both signs, and the size of the one that is asked about."""
    world = _wall(_PHOTOGRAPHS[number % len(_PHOTOGRAPHS)], chance)
    paper, ink = _COLOURS[number % len(_COLOURS)]
    sign = _sign(lines, size, paper, ink)
    _put(world, sign, _TARGET)
    others = _LINES[(number + 4) % len(_LINES)]
    if number % 3:
        _put(world, _sign(others, int(chance.integers(28, 60)), (230, 228, 220), (60, 20, 20)), _OTHER)
    return world, (float(sign.shape[1]), float(sign.shape[0]))


def _wall(photograph: str, chance: np.random.Generator) -> Image:
    width, height = _WORLD
    if not photograph:
        grey = 150 + 4 * cv2.resize(chance.normal(size=(40, 90)).astype(np.float32), _WORLD)
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    import skimage

    image = cv2.imread(str(Path(skimage.__file__).parent / "data" / photograph))
    assert image is not None, f"{photograph}: not in this scikit-image"
    image = cv2.resize(image, None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC)
    tile = np.vstack([np.hstack([image, image[:, ::-1]]), np.hstack([image[::-1], image[::-1, ::-1]])])
    times = (height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1)
    wall: Image = np.tile(tile, times)[:height, :width].copy()
    return wall


def _sign(lines: tuple[str, ...], size: int, paper: tuple[int, int, int], ink: tuple[int, int, int]) -> Image:
    font = ImageFont.truetype("DejaVuSans.ttf", size)
    title = ImageFont.truetype("DejaVuSans-Bold.ttf", round(size * 1.25))
    fonts = [title] + [font] * (len(lines) - 1)
    widest = max(face.getlength(line) for face, line in zip(fonts, lines, strict=True))
    picture = Picture.new("RGB", (round(widest + 2.4 * size), round(size * (1.75 * len(lines) + 1.3))), paper)
    draw = ImageDraw.Draw(picture)
    for row, (face, line) in enumerate(zip(fonts, lines, strict=True)):
        draw.text((picture.width / 2, size * (0.8 + 1.75 * row)), line, ink, face, "ma")
    sign: Image = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)
    return sign


def _put(world: Image, sign: Image, centre: tuple[int, int]) -> None:
    height, width = sign.shape[:2]
    left, top = centre[0] - width // 2, centre[1] - height // 2
    shade: NDArray[np.float32] = np.ones(world.shape[:2], np.float32)
    shade[top + 10 : top + height + 14, left + 10 : left + width + 14] = 0.6
    world[:] = (world * cv2.GaussianBlur(shade, (0, 0), 8)[:, :, None]).astype(np.uint8)
    world[top : top + height, left : left + width] = sign
