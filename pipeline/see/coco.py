"""The 80 kinds of things that detectors trained on COCO know, in plain English, and how people else call them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing."""

    name: str
    plural: str
    metres: float  # the larger of its usual height and width, from common experience, for "close" and "far away"


# Number in COCO (Lin et al., "Microsoft COCO", ECCV 2014), name, plural where it is no mere s, metres.
_TABLE = """
1 person/people 1.7; 2 bicycle 1.7; 3 car 4; 4 motorcycle 2; 5 airplane 30; 6 bus/buses 10; 7 train 20; 8 truck 7
9 boat 5; 10 traffic light 0.9; 11 fire hydrant 0.8; 13 stop sign 0.75; 14 parking meter 1.3; 15 bench/benches 1.5
16 bird 0.25; 17 cat 0.45; 18 dog 0.7; 19 horse 2.2; 20 sheep/sheep 1.2; 21 cow 2.2; 22 elephant 4; 23 bear 1.8
24 zebra 2.2; 25 giraffe 4.5; 27 backpack 0.5; 28 umbrella 1; 31 handbag 0.35; 32 tie 0.5; 33 suitcase 0.7
34 frisbee 0.27; 35 pair of skis/pairs of skis 1.7; 36 snowboard 1.5; 37 ball 0.22; 38 kite 1; 39 baseball bat 0.85
40 baseball glove 0.3; 41 skateboard 0.8; 42 surfboard 2; 43 tennis racket 0.68; 44 bottle 0.25; 46 wine glass/es 0.2
47 cup 0.1; 48 fork 0.19; 49 knife/knives 0.22; 50 spoon 0.17; 51 bowl 0.16; 52 banana 0.19; 53 apple 0.08
54 sandwich/es 0.14; 55 orange 0.08; 56 head of broccoli/heads of broccoli 0.15; 57 carrot 0.18; 58 hot dog 0.16
59 pizza 0.3; 60 donut 0.1; 61 cake 0.25; 62 chair 0.9; 63 couch/es 1.9; 64 potted plant 0.5; 65 bed 2; 67 table 1.4
70 toilet 0.7; 72 television 1; 73 laptop 0.35; 74 computer mouse/computer mice 0.11; 75 remote control 0.18
76 keyboard 0.44; 77 phone 0.15; 78 microwave 0.5; 79 oven 0.6; 80 toaster 0.3; 81 sink 0.5; 82 fridge 1.7
84 book 0.23; 85 clock 0.3; 86 vase 0.3; 87 pair of scissors/pairs of scissors 0.18; 88 teddy bear 0.35
89 hair dryer 0.22; 90 toothbrush/es 0.19
"""

_SAID = {
    "person": "people persons man men woman women child children boy girl kid somebody someone anybody anyone human",
    "bicycle": "bike cycle", "motorcycle": "motorbike scooter moped", "airplane": "plane aeroplane aircraft jet",
    "car": "taxi cab", "truck": "lorry lorries", "boat": "ship", "cat": "kitten", "dog": "puppy", "horse": "pony",
    "cow": "bull", "backpack": "rucksack", "handbag": "purse", "suitcase": "luggage", "umbrella": "parasol",
    "pair of skis": "skis", "ball": "football", "cup": "mug teacup coffee tea", "couch": "sofa settee",
    "head of broccoli": "broccoli", "donut": "doughnut", "potted plant": "plant houseplant", "table": "desk",
    "television": "tv telly screen monitor", "laptop": "computer notebook", "remote control": "remote",
    "computer mouse": "mouse", "phone": "telephone mobile smartphone cellphone", "fridge": "refrigerator",
    "oven": "stove cooker", "clock": "watch", "pair of scissors": "scissors", "teddy bear": "teddy",
    "hair dryer": "hairdryer", "knife": "knives", "wine glass": "wineglass", "traffic light": "traffic lights",
}  # fmt: skip

_NARROWER = frozenset(
    re.findall(
        r"\w+",
        """
        man men woman women child children boy girl kid taxi cab kitten puppy pony bull ship scooter moped jet football
        watch purse rucksack parasol teacup coffee tea monitor screen desk lorry
        """,
    )
)

GROUPS = {
    "animal": "bird cat dog horse sheep cow elephant bear zebra giraffe",
    "pet": "bird cat dog",
    "vehicle": "bicycle car motorcycle airplane bus train truck boat",
    "bag": "backpack handbag suitcase",
    "fruit": "banana apple orange",
    "food": "banana,apple,sandwich,orange,head of broccoli,carrot,hot dog,pizza,donut,cake",
    "furniture": "chair couch table bed bench",
    "seat": "chair couch bench",
    "cutlery": "fork knife spoon",
}
"""Words for several kinds."""


def _kinds() -> dict[int, Kind]:
    found = {}
    for number, name, plural, metres in re.findall(r"(\d+) ([a-z ]+?)(?:/([a-z ]+))? ([\d.]+)(?:;|\n)", _TABLE):
        plural = f"{name}{plural}" if plural == "es" else plural or f"{name}s"
        found[int(number)] = Kind(name, plural, float(metres))
    return found


KINDS = _kinds()
"""By COCO's number."""

BY_NAME = {kind.name: kind for kind in KINDS.values()}


def _words() -> dict[str, tuple[str, ...]]:
    words = {word: (kind.name,) for kind in KINDS.values() for word in (kind.name, kind.plural)}
    words |= {word: (name,) for name, others in _SAID.items() for word in others.split(" ")}
    words |= {"traffic lights": ("traffic light",), "wine glasses": ("wine glass",), "hot dogs": ("hot dog",)}
    return words | {group: tuple(names.split("," if "," in names else " ")) for group, names in GROUPS.items()}


_WORDS = _words()
_LONGEST_FIRST = sorted(_WORDS, key=len, reverse=True)
_NAMED = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, _LONGEST_FIRST))})(?:e?s)?(?!\w)", re.IGNORECASE)
_AT_THE_END = re.compile(rf"{_NAMED.pattern}$", re.IGNORECASE)


def named_in(text: str) -> tuple[str, tuple[str, ...]]:
    """The first word in `text` for something that can be recognised, and the names of the kinds it means."""
    return _meant(_NAMED.search(text))


def is_narrower(word: str) -> bool:
    """Whether it means more than can be recognised: a woman is a person, and no more than that is seen."""
    return word in _NARROWER


def called(noun: str) -> tuple[str, tuple[str, ...]]:
    """The same of a name, whose last word tells: a coffee mug is a mug, a bus stop is no bus."""
    return _meant(_AT_THE_END.search(noun))


def _meant(match: re.Match[str] | None) -> tuple[str, tuple[str, ...]]:
    return (match[1].lower(), _WORDS[match[1].lower()]) if match else ("", ())
