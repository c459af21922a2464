"""Make the recordings of the project again.

    python -m recordings.make [NAME ...]
    python -m recordings.make --long FOLDER

Needs the extra "dev", and the commands and the fonts of `sudo apt install flite espeak-ng fonts-dejavu-core`.
Nobody needs it to replay: what it makes is part of the repository. `--long` makes the session of 60 s that the
benchmarks replay, which is not. The same pictures and sound come out each time; only the random id in the file differs.
A recording's events.jsonl, where it has one, is that of a replay with --out.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from devices.resampling import resampled
from glasses.recordings import RecordingWriter, SessionInfo
from pipeline.errors import GlassesError, UsageError
from pipeline.types import AudioChunk, Samples, read_only
from recordings.making import scenes, voices
from recordings.making.first_light import FIRST_LIGHT
from recordings.making.motion import Gaze, HeadCamera
from recordings.making.scenario import BRICK, Scenario
from recordings.making.seeing import SEEING
from recordings.making.voices import Said

FOLDER = Path(__file__).parent

_FRAME_RATE = 15
_CHUNK = 0.032
"""Seconds of sound written at once, between the pictures of the same time."""

SCENARIOS: dict[str, Scenario] = {**FIRST_LIGHT, **SEEING}


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
        licence=BRICK,
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
