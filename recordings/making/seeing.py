"""The recordings for seeing: codes, things, light, and print that is only there for a moment."""

from __future__ import annotations

from glasses.recordings import Expect
from recordings.making import rooms, scenes
from recordings.making.motion import Gaze
from recordings.making.scenario import COFFEE, OURS, Scenario
from recordings.making.voices import Said

SEEING = {
    "qr-code": Scenario(
        title="A code on a poster",
        licence=OURS,
        seconds=7.0,
        world=rooms.poster,
        gazes=(
            Gaze(0.0, 1900, 780, walk=10),
            Gaze(1.0, 1700, 760, walk=8),
            Gaze(1.8, 1030, 640, 1.0, 2.0, defocus=6.0),
            Gaze(2.4, 1020, 650, 1.05, 1.5),
            Gaze(4.2, 1026, 644, 1.05, 1.0),
            Gaze(7.0, 1500, 760, 1.0, 0.0, walk=6),
        ),
        said=(Said(2.3, "flite:slt", "What does this code say?"),),
        expect=(
            Expect(
                heard=("code",),
                frame_between=(2.2, 4.4),
                mentions=(("example.org", "example dot org"),),
                never_mentions=("I open", "table 12"),
                words_at_most=15,
            ),
        ),
        size=(960, 540),
    ),
    "two-cups": Scenario(
        title="Things on a table, and one that is not there",
        licence=COFFEE,
        seconds=13.0,
        world=rooms.two_cups,
        gazes=(
            Gaze(0.0, 900, 640, 0.8, 3.0),
            Gaze(1.2, 1300, 620, 0.7, 2.0, defocus=4.0),
            Gaze(2.0, 1800, 600, 0.52, 0.5),
            Gaze(4.2, 1810, 596, 0.52, 0.0),
            Gaze(5.4, 1700, 620, 0.56, 1.5),
            Gaze(7.6, 1790, 604, 0.52, 0.5),
            Gaze(9.6, 1796, 600, 0.52, 0.5),
            Gaze(13.0, 1300, 640, 0.7, 2.0),
        ),
        said=(
            Said(2.0, "espeak-ng:en-gb", "How many cups can you see?"),
            Said(7.5, "espeak-ng:en-gb", "Where is my phone?"),
        ),
        expect=(
            Expect(heard=("cups",), mentions=(("two cups",),), never_mentions=("phone", "bowl"), words_at_most=20),
            Expect(
                heard=("phone",),
                mentions=(("don't see a phone",),),
                never_mentions=("I see a phone", "phone on the"),
                words_at_most=30,
            ),
        ),
        size=(960, 540),
    ),
    "follow-up": Scenario(
        title="The hours of a library, and the same of another day",
        licence=OURS,
        seconds=14.5,
        world=rooms.library,
        gazes=(
            Gaze(0.0, 2100, 820, walk=10),
            Gaze(1.0, 2000, 800, walk=8),
            Gaze(1.8, 1300, 680, 1.1, 1.0, defocus=5.0),
            Gaze(2.3, 1302, 678, 1.12, 0.5),
            Gaze(4.6, 1306, 676, 1.12, 0.5),
            Gaze(5.6, 1700, 800, 1.0, -1.0, defocus=2.0),
            Gaze(8.0, 1650, 790, 1.0, 0.0),
            Gaze(8.6, 1306, 680, 1.12, 0.5, defocus=4.0),
            Gaze(9.0, 1304, 678, 1.14, 0.5),
            Gaze(11.0, 1300, 680, 1.14, 0.0),
            Gaze(14.5, 1900, 820, 1.0, walk=6),
        ),
        said=(
            Said(2.1, "flite:rms", "When does it close on Saturday?"),
            Said(9.0, "flite:rms", "And on Sunday?"),
        ),
        expect=(
            Expect(heard=("close", "Saturday"), mentions=(("16:00",),), never_mentions=("18:30",), words_at_most=12),
            Expect(
                heard=("Sunday",),
                mentions=(("17:00",),),
                never_mentions=("16:00", "18:30", "without a model"),
                words_at_most=12,
            ),
        ),
        size=(960, 540),
    ),
    "light-off": Scenario(
        title="The light is switched off, and somebody asks whether it is on",
        licence=OURS,
        seconds=7.5,
        world=rooms.living_room,
        gazes=(
            Gaze(0.0, 1300, 720),
            Gaze(1.6, 1320, 724),
            Gaze(1.7, 1320, 724, light=0.06),
            Gaze(2.4, 1000, 700, 1.05, 1.0, light=0.06),
            Gaze(5.0, 980, 690, 1.05, 0.5, light=0.06),
            Gaze(7.5, 1200, 740, light=0.06),
        ),
        said=(Said(2.9, "flite:slt", "Is the light switched on?"),),
        expect=(
            Expect(
                heard=("light", "on"),
                mentions=(("dark",), ("no light", "off", "not on")),
                never_mentions=("it is light", "yes", "it says"),
                words_at_most=20,
            ),
        ),
        size=(640, 360),
    ),
    "late-sign": Scenario(
        title="A sign that comes into view only after the question began",
        licence=OURS,
        seconds=8.5,
        world=rooms.station,
        gazes=(
            Gaze(0.0, 900, 720, walk=12),
            Gaze(2.9, 1300, 740, walk=10),
            Gaze(3.5, 3430, 620, 1.1, 1.0, defocus=6.0),
            Gaze(3.9, 3440, 622, 1.12, 0.5),
            Gaze(5.4, 3436, 618, 1.12, 0.0),
            Gaze(8.5, 2700, 760, 1.0, walk=10),
        ),
        said=(Said(2.4, "flite:slt", "Can you tell me what the sign over there says?"),),
        expect=(
            Expect(
                heard=("sign",),
                frame_between=(3.3, 5.6),
                mentions=(("out of order",), ("ramp",), ("Gate 7",)),
                never_mentions=("can't read",),
                words_at_most=25,
            ),
        ),
        size=(960, 540),
    ),
    "glimpse": Scenario(
        title="The small print on a box of tablets, sharp for a fifth of a second",
        licence=COFFEE,
        seconds=8.0,
        world=scenes.table,
        gazes=(
            Gaze(0.0, 1650, 560, 0.9, -3.0),
            Gaze(1.2, 1620, 600, 0.9, -2.0),
            Gaze(1.9, 700, 1020, 1.0, 2.0, defocus=6.0),
            Gaze(2.5, 560, 1105, 1.35, 3.0, defocus=7.0),
            Gaze(3.55, 556, 1106, 1.36, 3.0, defocus=5.0),
            Gaze(3.6, 556, 1106, 1.36, 3.0),
            Gaze(3.8, 556, 1106, 1.36, 3.0),
            Gaze(3.85, 556, 1107, 1.36, 3.0, defocus=5.0),
            Gaze(4.6, 550, 1110, 1.36, 2.5, defocus=7.0),
            Gaze(5.2, 1500, 560, 0.95, -1.0, defocus=4.0),
            Gaze(8.0, 1600, 600, 0.9, -2.0),
        ),
        said=(Said(2.9, "flite:slt", "How many tablets can I take?"),),
        expect=(
            Expect(
                heard=("how many", "take"),
                frame_between=(3.55, 3.9),
                mentions=(("1 tablet",), ("4 tablets",)),
                never_mentions=("can't make it out", "hard to read"),
                words_at_most=30,
            ),
        ),
    ),
}
"""Each with what its answer must and must not mention, and how many words it may have."""
