"""What happens in each recording: who looks where, and who says what.

Each question is put while its wearer looks at the thing, and ends as the head has turned away: the newest
frame is then useless, and the sharp ones lie between the focus finding the thing and the head turning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glasses.recordings import Expect, SessionInfo
from recordings.studio import places, sounds
from recordings.studio.camera import Camera, Hunt, Light
from recordings.studio.head import Gaze, Head, Lens, Move, Unrest
from recordings.studio.sounds import Sound

SMALL = Lens(640, 480, 60.0)

_NOBODY = "made by the project: no person is seen or heard"
_OURS = "CC0-1.0: drawn by the project, voice of {voices}"


@dataclass(frozen=True, slots=True)
class Script:
    """A recording, ready to be shot."""

    info: SessionInfo
    camera: Camera
    lens: Lens
    sound: Sound
    seconds: float
    rate: int = sounds.RATE  # samples per second of the file


def shop_sign() -> Script:
    """A sign to read: walking along a shop front, and a glance at the board with its hours."""
    return at_the_shop(Lens(), asked=3.6, seconds=9.5, seed=1)


def at_the_shop(lens: Lens, *, asked: float, seconds: float, seed: int) -> Script:
    """One question, `asked` at that time; before it and after, strolling up and down."""
    question = sounds.say("flite slt", "What does this sign say?")
    ended = asked + sounds.seconds(question)
    window, door = Gaze((1.2, 1.2), (1.0, 1.3), 1.7), Gaze((4.3, 1.9), (3.1, 1.3), 1.3)
    along, board = Gaze((1.9, 1.5), (2.2, 1.3), 1.5), Gaze((2.84, 1.13), (2.8, 1.25), 0.95)
    strolls = [Move(t, 2.5, window if n % 2 else along) for n, t in enumerate(_every(5.0, 0.3, asked - 3.5))]
    arrive, leave = asked - 0.5, ended - 0.45
    after = [Move(t, 2.5, along if n % 2 else door) for n, t in enumerate(_every(5.0, leave + 3, seconds))]
    moves = [*strolls, Move(asked - 2.6, 1.6, along), Move(arrive - 0.6, 0.6, board), Move(leave, 0.75, door), *after]
    camera = Camera(
        places.street(),
        Head(window, moves, Unrest(), seed),
        lens=lens,
        light=Light(),
        hunts=(Hunt(arrive - 0.3, 1.2, 7), Hunt(leave + 0.6, 1.0, 6)),
        seed=seed,
    )
    street = sounds.mix(
        seconds,
        [
            (0, sounds.room_noise(seconds, level=-47, seed=seed)),
            *((t, sounds.knock(level=-34, seed=n)) for n, t in enumerate(_every(0.62, 0.4, asked - 0.8))),
            *((t, sounds.knock(level=-34, seed=n)) for n, t in enumerate(_every(0.62, ended + 1.2, seconds))),
            (asked, sounds.in_room(question, reverberation=0.2, level=-18, seed=seed)),
        ],
    )
    info = SessionInfo(
        title="A shop's opening hours",
        device=_device(lens, sounds.RATE),
        start="2026-11-23T16:40:00Z",
        consent=_NOBODY,
        licence=_OURS.format(voices="flite (slt)") + "; photograph of bricks: CC0Textures Bricks25, CC0",
        answers=1,
        expect=(
            Expect(
                heard=("what", "sign", "say"),
                frame_between=camera.clear(places.SHOP_SIGN, asked - 1, ended + 0.3),
                mentions=(("Fernbrook",), ("Monday",), ("17:30", "5:30"), ("closed",)),
                never_mentions=("Platform", "tablet"),
            ),
        ),
    )
    return Script(info, camera, lens, street, seconds)


def _device(lens: Lens, rate: int) -> str:
    return f"rendered: {lens.width}x{lens.height}, {lens.view:.0f} degrees, 15 frames per second; {rate} Hz mono"


def _every(step: float, begin: float, end: float) -> list[float]:
    return [begin + n * step for n in range(max(0, int((end - begin) / step)))]


SCRIPTS: dict[str, Callable[[], Script]] = {
    "shop-sign": shop_sign,
}
