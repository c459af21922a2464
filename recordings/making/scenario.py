"""What a recording is: what there is to see, how the head moves, what is said, and what shall come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glasses.recordings import Expect
from pipeline.types import Image
from recordings.making.motion import Gaze
from recordings.making.voices import RATE, Said

OURS = "CC0-1.0 (pictures rendered and voices synthesised by the project)"
COFFEE = f"{OURS}; photograph of a coffee by Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0-1.0 (scikit-image)"
BRICK = f"{OURS}; photograph of bricks from cc0textures.com, Bricks25, CC0-1.0 (scikit-image)"
GRAVEL = f"{OURS}; photograph of gravel from cc0textures.com, Gravel04, CC0-1.0 (scikit-image)"
CAT = f"{OURS}; photograph of the cat Chelsea by Stéfan van der Walt, CC0-1.0 (scikit-image)"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One recording."""

    title: str
    licence: str
    seconds: float
    world: Callable[[], Image]
    gazes: Sequence[Gaze]
    said: Sequence[Said] = ()
    expect: Sequence[Expect] = ()
    size: tuple[int, int] = (1280, 720)
    rate: int = RATE  # of the sound, samples per second
    kitchen: bool = False  # clatter and mumbling, instead of a quiet room
