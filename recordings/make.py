"""Make the recordings of the project again.

    python -m recordings.make [NAME ...]
    python -m recordings.make --long FOLDER

Needs the extra "dev", and the commands and the fonts of `sudo apt install flite espeak-ng fonts-dejavu-core`.
Nobody needs it to replay: what it makes is part of the repository. `--long` makes the session of 60 s that the
benchmarks replay, which is not. The same pictures and sound come out each time; only the random id in the file differs.
A recording's events.jsonl, where it has one, is that of a replay with --out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from devices.resampling import resampled
from glasses.recordings import Expect, RecordingWriter, SessionInfo
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, Image, Samples, read_only
from recordings.making import scenes, voices
from recordings.making.motion import Gaze, HeadCamera
from recordings.making.voices import Said

FOLDER = Path(__file__).parent

_FRAME_RATE = 15
_CHUNK = 0.032
"""Seconds of sound written at once, between the pictures of the same time."""

_OURS = "CC0-1.0 (pictures rendered and voices synthesised by the project)"
_COFFEE = f"{_OURS}; photograph of a coffee by Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0-1.0 (scikit-image)"
_BRICK = f"{_OURS}; photograph of bricks from cc0textures.com, Bricks25, CC0-1.0 (scikit-image)"
_GRAVEL = f"{_OURS}; photograph of gravel from cc0textures.com, Gravel04, CC0-1.0 (scikit-image)"
_CAT = f"{_OURS}; photograph of the cat Chelsea by Stéfan van der Walt, CC0-1.0 (scikit-image)"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One recording: what there is to see, how the head moves, what is said, and what shall come of it."""

    title: str
    licence: str
    seconds: float
    world: Callable[[], Image]
    gazes: Sequence[Gaze]
    said: Sequence[Said] = ()
    expect: Sequence[Expect] = ()
    size: tuple[int, int] = (1280, 720)
    rate: int = voices.RATE  # of the sound, samples per second
    kitchen: bool = False  # clatter and mumbling, instead of a quiet room


SCENARIOS = {
    "shop-sign": Scenario(
        title="The hours of a bakery, asked in passing",
        licence=_BRICK,
        seconds=8.5,
        world=scenes.shop,
        gazes=(
            Gaze(0.0, 640, 790, walk=15),
            Gaze(1.7, 900, 780, walk=13),
            Gaze(2.5, 1850, 735, 1.12, 1.5, defocus=9.0, walk=3),
            Gaze(2.9, 1850, 740, 1.14, 1.0, defocus=4.0),
            Gaze(3.2, 1848, 742, 1.14, 1.0, defocus=7.0),
            Gaze(3.6, 1850, 740, 1.15, 1.0),
            Gaze(4.4, 1856, 738, 1.15, 0.5),
            Gaze(5.0, 2960, 900, 1.0, -2.0, defocus=3.0, walk=8),
            Gaze(8.5, 3000, 940, 1.0, 0.0, walk=15),
        ),
        said=(Said(2.9, "flite:rms", "What time does it close on Saturday?"),),
        expect=(
            Expect(
                heard=("close", "Saturday"),
                frame_between=(3.5, 4.5),
                mentions=(("14:00", "2 p", "two o'clock"),),
                never_mentions=("17:30",),
            ),
        ),
    ),
    "medicine-label": Scenario(
        title="The small print on a box of tablets",
        licence=_COFFEE,
        seconds=9.0,
        world=scenes.table,
        gazes=(
            Gaze(0.0, 1650, 560, 0.9, -3.0),
            Gaze(1.2, 1620, 600, 0.9, -2.0),
            Gaze(1.9, 700, 1020, 1.0, 2.0, defocus=5.0),
            Gaze(2.6, 560, 1105, 1.35, 3.0, defocus=9.0),
            Gaze(3.1, 560, 1105, 1.36, 3.0, defocus=4.0),
            Gaze(3.4, 560, 1105, 1.36, 3.0, defocus=7.0),
            Gaze(3.8, 555, 1107, 1.36, 3.0),
            Gaze(4.7, 550, 1110, 1.36, 2.5),
            Gaze(5.3, 1500, 560, 0.95, -1.0, defocus=4.0),
            Gaze(9.0, 1600, 600, 0.9, -2.0),
        ),
        said=(Said(3.2, "flite:slt", "How many tablets can I take?"),),
        expect=(
            Expect(heard=("how many", "take"), frame_between=(3.6, 4.8), mentions=(("1 tablet",), ("4 tablets",))),
        ),
    ),
    "two-questions": Scenario(
        title="A platform's sign, then the timetable beside it",
        licence=_GRAVEL,
        seconds=17.0,
        world=scenes.platform,
        gazes=(
            Gaze(0.0, 760, 1080, walk=12),
            Gaze(1.2, 860, 1060, walk=12),
            Gaze(1.9, 1050, 560, 1.05, -1.5, defocus=12.0, walk=3),
            Gaze(2.5, 1050, 560, 1.1, -1.5),
            Gaze(3.6, 1056, 556, 1.1, -1.0),
            Gaze(4.2, 1650, 1040, 1.0, 1.0, walk=8),
            Gaze(10.2, 1850, 1080, 1.0, 0.0, walk=12),
            Gaze(11.0, 2640, 620, 1.1, 1.5, defocus=9.0, walk=3),
            Gaze(11.6, 2648, 626, 1.2, 1.5),
            Gaze(12.9, 2652, 630, 1.2, 1.0),
            Gaze(13.5, 2200, 1090, 1.0, -1.0, defocus=3.0, walk=6),
            Gaze(17.0, 2000, 1100, 1.0, 0.0, walk=10),
        ),
        said=(
            Said(2.3, "flite:slt", "What does this sign say?"),
            Said(11.5, "flite:slt", "When is the next train to Manchester?"),
        ),
        expect=(
            Expect(heard=("sign",), frame_between=(2.3, 3.7), mentions=(("Platform 4",), ("city",))),
            Expect(
                heard=("train", "Manchester"),
                frame_between=(11.4, 13.0),
                mentions=(("14:40",),),
                never_mentions=("14:05", "14:25"),
            ),
        ),
    ),
    "blank-wall": Scenario(
        title="A question about a sign where there is none",
        licence=_OURS,
        seconds=7.0,
        world=scenes.corridor,
        gazes=(
            Gaze(0.0, 1700, 720, walk=10),
            Gaze(1.0, 1600, 720, walk=8),
            Gaze(1.8, 900, 650, 1.1, 1.0, defocus=3.0),
            Gaze(2.4, 890, 640, 1.1, 1.0),
            Gaze(4.0, 880, 640, 1.1, 0.5),
            Gaze(7.0, 1300, 700, 1.0, 0.0, walk=6),
        ),
        said=(Said(2.2, "flite:slt", "What does this sign say?"),),
        expect=(
            Expect(
                heard=("sign",),
                mentions=(("can't read any text", "no text", "no sign", "don't see"),),
                never_mentions=("it says", "open", "exit", "platform"),
            ),
        ),
        size=(640, 480),
    ),
    "kitchen-noise": Scenario(
        title="Clatter and mumbling in a kitchen: nobody asks anything",
        licence=_COFFEE,
        seconds=10.0,
        world=scenes.cup,
        gazes=(
            Gaze(0.0, 1300, 700, 0.9),
            Gaze(3.0, 1180, 760, 0.95, 2.0),
            Gaze(3.8, 600, 900, 1.0, -2.0, defocus=2.0),
            Gaze(6.5, 640, 880, 1.0),
            Gaze(7.4, 1500, 800, 0.9, 3.0),
            Gaze(10.0, 1450, 760, 0.9),
        ),
        size=(640, 480),
        rate=48_000,
        kitchen=True,
    ),
    "cat": Scenario(
        title="A question that takes more than reading",
        licence=_CAT,
        seconds=7.5,
        world=scenes.cat,
        gazes=(
            Gaze(0.0, 1250, 420, 1.0, 4.0),
            Gaze(0.9, 1250, 440, 1.0, 3.0),
            Gaze(1.7, 860, 600, 0.8, 0.0, defocus=4.0),
            Gaze(2.3, 850, 600, 0.8, -1.0),
            Gaze(4.0, 860, 590, 0.82, -1.0),
            Gaze(7.5, 950, 560, 0.85, 1.0),
        ),
        said=(Said(2.2, "espeak-ng:en-gb", "What kind of animal is this?"),),
        expect=(Expect(heard=("animal",), mentions=(("without a model", "cat"),), never_mentions=("it says",)),),
    ),
}


def make(name: str, folder: Path) -> None:
    """Make the recording `name` in `folder`. Raises UsageError if a command or a font is missing."""
    scenario = SCENARIOS[name]
    _write(folder, scenario, crf=27)
    voice = (
        ", ".join(dict.fromkeys(said.voice.replace(":", " ") for said in scenario.said))
        or "flite and espeak-ng, unintelligible"
    )
    SessionInfo(
        title=scenario.title,
        device=f"made by recordings/make.py; voice: {voice}",
        consent="made by the project: no person is seen or heard",
        licence=scenario.licence,
        answers=len(scenario.said),
        expect=tuple(scenario.expect),
    ).write(folder / "session.toml")


def make_long(folder: Path, *, width: int = 1280, height: int = 720, seconds: float = 60.0) -> None:
    """Make a session with one question in the middle, for measuring speed and memory; 15 pictures a second.

    Raises UsageError if a command or a font is missing.
    """
    asked = seconds / 2
    wander = [Gaze(t, 1300 + 700 * (-1) ** n, 760, walk=9) for n, t in enumerate(np.arange(0.0, asked - 3, 2.5))]
    sign = (Gaze(asked - 0.3, 1850, 740, 1.1), Gaze(asked + 2.2, 1856, 738, 1.1))
    scenario = Scenario(
        title="A long walk with one question",
        licence=_BRICK,
        seconds=seconds,
        world=scenes.shop,
        gazes=(*wander, *sign, Gaze(seconds, 2600, 860, walk=9)),
        said=(Said(asked, "flite:rms", "What time does it close on Saturday?"),),
        size=(width, height),
    )
    _write(folder, scenario, crf=30)


def _write(folder: Path, scenario: Scenario, *, crf: int) -> None:
    """The pictures and the sound, in the order of their times."""
    sound = _sound(scenario)
    step = round(_CHUNK * scenario.rate)
    camera = HeadCamera(scenario.world(), scenario.gazes, scenario.size)
    with RecordingWriter(folder, size=scenario.size, rate=scenario.rate, crf=crf) as writer:
        written = 0
        for frame in camera.frames(scenario.seconds, _FRAME_RATE):
            while written < len(sound) and written / scenario.rate <= frame.t:
                writer.sound(AudioChunk(written / scenario.rate, sound[written : written + step], scenario.rate))
                written += step
            writer.frame(frame)
        for start in range(written, len(sound), step):
            writer.sound(AudioChunk(start / scenario.rate, sound[start : start + step], scenario.rate))


def _sound(scenario: Scenario) -> Samples:
    chance = np.random.default_rng(len(scenario.title))
    if scenario.kitchen:
        mumbling = voices.mumbled("flite:rms", "so then we put the other one away and left it there for later", chance)
        again = voices.mumbled("espeak-ng:en-us", "well that would not have been any better than before", chance)
        background = voices.clatter(scenario.seconds, chance)
        sounds = [(1.2, 0.5 * mumbling), (6.0, 0.5 * again)]
    else:
        background = voices.room(scenario.seconds, chance)
        sounds = [(said.t, voices.in_the_room(voices.spoken(said.voice, said.text), chance)) for said in scenario.said]
    return read_only(resampled(voices.mixed(background, *sounds), voices.RATE, scenario.rate))


@click.command(help=__doc__)
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--long", "long_folder", type=click.Path(path_type=Path), help="Make only the long session, here.")
def main(names: tuple[str, ...], long_folder: Path | None) -> None:
    try:
        if long_folder:
            make_long(long_folder)
            return
        if unknown := [name for name in names if name not in SCENARIOS]:
            raise UsageError(f"{unknown[0]}: no such recording; there are {', '.join(SCENARIOS)}")
        for name in names or SCENARIOS:
            make(name, FOLDER / name)
            click.echo(f"{name}: {(FOLDER / name / 'session.mkv').stat().st_size / 1e6:.1f} MB")
    except GlassesError as error:
        click.echo(error, err=True)
        raise SystemExit(error.exit_code) from error


if __name__ == "__main__":
    main()
