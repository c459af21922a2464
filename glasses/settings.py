"""Every setting there is, with its built-in value and what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pipeline.ask.modes import AUTO, MODES
from pipeline.converse.attention import STARTS


@dataclass(frozen=True, slots=True)
class Camera:
    """What sees."""

    address: str = "webcam"  # as `glasses devices` lists them
    width: int = 1280  # pixels asked of it
    height: int = 720  # pixels asked of it
    rate: float = 30.0  # frames a second asked of it
    rotation: int = 0  # degrees clockwise by which its pictures are turned: 0, 90, 180, 270


@dataclass(frozen=True, slots=True)
class Microphone:
    """What hears."""

    address: str = "default"  # as `glasses devices` lists them


@dataclass(frozen=True, slots=True)
class Light:
    """What shows that the camera or the microphone is open."""

    address: str = "none"  # of a lamp, such as gpio:27; none for the screen alone


@dataclass(frozen=True, slots=True)
class Speaker:
    """What speaks."""

    address: str = "default"  # as `glasses devices` lists them


@dataclass(frozen=True, slots=True)
class Listen:
    """Hearing."""

    model: str = "base"  # whisper: tiny, base, or a folder with CTranslate2 weights (small, medium, ...)
    helper: str = ""  # who hears instead, as far as ask.reach allows: wyoming://HOST:10300 or http://HOST:PORT/v1#MODEL
    language: str = "en"  # ISO 639-1; empty to detect it
    hot_words: str = ""  # words to expect, such as names, with commas between
    end_of_turn: str = "adaptive"  # how long a silence ends a question: adaptive, by its words and sound; fixed
    end_silence: float = 0.7  # seconds of silence that end it where it is fixed, or nobody knows better
    echo: str = "auto"  # its own voice in the microphone: auto, cancel, half (deaf while it speaks), off (headphones)


@dataclass(frozen=True, slots=True)
class Start:
    """How a question begins."""

    how: str = "always"  # always: whatever is said is a question; wake: behind a wake word; name: behind a name; key
    wake_word: str = "okay_nabu"  # okay_nabu, hey_jarvis, hey_mycroft, alexa
    name: str = "glasses"  # as in "hey glasses, what does this say"
    awake: float = 8.0  # seconds after a wake word, a name alone or a key in which the question may begin
    follow_up: float = 6.0  # seconds after an answer in which the next question may begin without any of them
    button: str = ""  # address of a button; empty for the space bar where there is a terminal


@dataclass(frozen=True, slots=True)
class Look:
    """Choosing the frame."""

    max_age: float = 1.0  # seconds before the first word of a question: no older frame is used
    rate: float = 15.0  # frames a second that are looked at, of those the camera gives


@dataclass(frozen=True, slots=True)
class Ask:
    """Asking a model."""

    backend: str = "ondevice"  # address, or several, a list or with commas between: where one fails, the next is asked
    reach: str = ""  # how far all may go: machine, lan, hosted; empty: pictures as far as the first backend off the lan
    hedge: float = 0.0  # seconds after which the next backend is started though one is still at work; 0 for never
    first_timeout: float = 20.0  # seconds until the first word must have come
    next_timeout: float = 10.0  # seconds until each further word must have come
    blur_faces: bool = False  # whether faces are made unrecognisable in what leaves this machine
    hints: bool = False  # whether what is written in a picture, read here at full size, goes along to other machines
    max_tokens: int = 2000  # of an answer, reasoning included
    mode: str = "auto"  # how hard to think: auto, instant, thinking, contemplating
    agents: int = 3  # that contemplate at once; below 2 nobody does
    agent_backends: str = ""  # addresses of those, with commas between, in turn; empty for the backend itself
    contemplate_timeout: float = 30.0  # seconds that contemplating may take
    impression: float = 6.0  # seconds of contemplating after which a first impression is told


@dataclass(frozen=True, slots=True)
class Speak:
    """Speaking."""

    voice: str = "en_US-joe-medium"  # Piper voice, the path of an .onnx file, or NAME:... of a package's voice
    voices: str = ""  # more of them, with commas between: questions in their languages are answered in them
    helper: str = ""  # who speaks instead, as above: wyoming://HOST:10200#VOICE or http://HOST:PORT/v1#MODEL:VOICE
    speed: float = 1.0  # of speech; 1.2 is a fifth faster; a wyoming helper has its own, --length-scale
    volume: float = 1.0  # of speech; 2 is 6 dB louder
    cues: bool = True  # short sounds that say what goes on


@dataclass(frozen=True, slots=True)
class Record:
    """Keeping what was seen and heard."""

    folder: str = ""  # where recordings and pictures go; empty for the usual place
    keep_days: int = 0  # days after which a recording is deleted; 0 keeps it for ever
    budget: float = 0.0  # gigabytes of recordings, the oldest deleted first; 0 for no limit


@dataclass(frozen=True, slots=True)
class Weights:
    """Where model weights lie."""

    folder: str = ""  # the user's model folder; empty for the usual place


_COSTS = {
    "transcribe": 0.25,
    "language": 0.15,
    "end of turn": 0.01,
    "encode": 0.01,
    "load": 0.0,
    "close": 0.05,
    "resolve": 0.02,
    "faces": 0.3,
    "read": 0.9,
    "objects": 0.1,
    "codes": 0.05,
    "colours": 0.01,
    "light": 0.01,
    "synthesise": 0.12,
    "ask.warm": 0.1,
    "ask.first": 0.8,
    "ask.next": 0.03,
    "helper.connect": 0.01,
    "helper.transcribe": 0.3,
    "helper.synthesise": 0.15,
    "helper.sound": 0.01,
}


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, and for each value that is not built in where it came from."""

    camera: Camera = field(default_factory=Camera)
    microphone: Microphone = field(default_factory=Microphone)
    light: Light = field(default_factory=Light)
    speaker: Speaker = field(default_factory=Speaker)
    listen: Listen = field(default_factory=Listen)
    start: Start = field(default_factory=Start)
    look: Look = field(default_factory=Look)
    ask: Ask = field(default_factory=Ask)
    speak: Speak = field(default_factory=Speak)
    record: Record = field(default_factory=Record)
    weights: Weights = field(default_factory=Weights)
    costs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(_COSTS)))  # seconds a call
    sources: Mapping[str, str] = field(default_factory=dict)


SECTIONS = ("camera", "microphone", "light", "speaker", "listen", "start", "look", "ask", "speak", "record", "weights")

LIMITS = {
    "camera.width": (16, 16384),
    "camera.height": (16, 16384),
    "camera.rate": (0.1, 1000.0),
    "camera.rotation": (0, 270),
    "look.rate": (0.1, 1000.0),
    "record.keep_days": (0, 36500),
    "record.budget": (0.0, 1e6),
    "listen.end_silence": (0.1, 10.0),
    "ask.first_timeout": (0.1, 3600.0),
    "ask.next_timeout": (0.1, 3600.0),
    "ask.max_tokens": (1, 1_000_000),
    "ask.agents": (0, 12),
    "ask.contemplate_timeout": (1.0, 3600.0),
    "speak.speed": (0.25, 4.0),
    "speak.volume": (0.1, 4.0),
}
"""The least and the most that make sense."""

SECONDS = (0.0, 3600.0)
"""The same for every other number."""

CHOICES = {
    "ask.reach": ("", "machine", "lan", "hosted"),
    "ask.mode": (AUTO, *MODES),
    "listen.end_of_turn": ("adaptive", "fixed"),
    "listen.echo": ("auto", "cancel", "half", "off"),
    "start.how": STARTS,
}
"""Text that is one of a few words."""
