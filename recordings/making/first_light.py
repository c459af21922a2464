"""The recordings for the first answer: signs, small print, and where nothing is to be read or heard."""

from __future__ import annotations

from glasses.recordings import Expect
from recordings.making import scenes
from recordings.making.motion import Gaze
from recordings.making.scenario import BRICK, CAT, COFFEE, GRAVEL, OURS, Scenario
from recordings.making.voices import Said

FIRST_LIGHT = {
    "shop-sign": Scenario(
        title="The hours of a bakery, asked in passing",
        licence=BRICK,
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
        licence=COFFEE,
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
        licence=GRAVEL,
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
        licence=OURS,
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
        licence=COFFEE,
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
        licence=CAT,
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
