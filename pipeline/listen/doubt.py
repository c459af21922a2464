"""Can the words be believed? Pure functions over what a Whisper model says of its own hearing.

The numbers named as measured come from spoken orders of 50 people, 136 short questions in four synthetic voices, and
ten minutes of kitchen noise forced through the models in windows of 1 to 8 s; see `benchmarks/hearing.py`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_UNSURE = -0.7
"""Average log-probability of a token below which one or two words are worth a second try."""

_TRUSTED = -1.0
"""Average log-probability below which words are not believed: OpenAI's own `logprob_threshold`."""

_SILENT = 0.4
"""Probability of "no speech" above which words need to be sure. All that base and tiny still invented in the noise had
0.43 to 0.59; in orders, down to 0 dB, it was below 0.3 wherever base heard a value, below 0.4 but twice for tiny.
OpenAI's `no_speech_threshold` is 0.6; with it 13 orders at 10 dB were heard again instead of 7 (tiny), for nothing."""

_SURE = -0.5
"""Average log-probability that outweighs "no speech". OpenAI's -1 lets through what is invented in noise."""

_QUITE_SURE = -0.35
"""The same for words that Whisper is known to invent."""

_REPETITIVE = 2.4
"""Compression ratio above which text is a repetition: OpenAI's `compression_ratio_threshold`."""

_WORDS_PER_SECOND = 5
"""Faster than people speak to a device; what comes out faster is a repetition, even if it varies its words."""

_SHORT = 2.5
"""Seconds of sound, silence around it included: one or two words, of which a cut window makes the most mistakes."""

_INVENTIONS = frozenset(
    {
        *("ah", "all right", "alright", "bye", "bye bye", "hmm", "i'm sorry", "mm", "oh", "okay", "please subscribe"),
        *("so", "thank you", "thank you for watching", "thank you very much", "thanks", "thanks for watching"),
        *("that's it", "the", "uh", "um", "yeah", "you"),
    }
)
"""What Whisper writes for sound without words; believed only where it is sure."""


_PAUSE = re.compile(r"[.,!?;]")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What a model made of one stretch of sound."""

    text: str
    log_probability: float  # average a token
    no_speech: float  # probability that nobody speaks
    seconds: float  # length of the sound
    whole: bool = True  # False: it went on until it was stopped


def worth_another(heard: Hearing) -> bool:
    """Whether hearing it again in a full window may give better words.

        It does for what repeats itself, and for one or two unsure words: 5 of the 136 short questions (tiny) are heard
    again for that, which takes 4 of 31 wrong words away. Unsure words of a longer stretch are drowned in noise and come
    out no better at four times the cost: at 0 dB second tries for 45 of 78 orders found 2 more of 264 values. Where
    nobody seems to speak, second tries at 10 dB found nothing.
    """
    if heard.no_speech > _SILENT:
        return False
    return runs_away(heard) or (heard.seconds < _SHORT and heard.log_probability < _UNSURE)


def doubt(heard: Hearing) -> str:
    """Why the words are not to be believed; empty if they are."""
    if not any(letter.isalnum() for letter in heard.text):
        return "no words in it"
    if runs_away(heard):
        return "only repetition could be made out"
    if heard.log_probability < _TRUSTED:
        return "unintelligible"
    if heard.log_probability < _SURE and heard.no_speech > _SILENT:
        return "probably no speech"
    if _is_invention(heard.text) and (heard.log_probability < _QUITE_SURE or heard.no_speech > _SILENT):
        return "probably noise"
    return ""


def runs_away(heard: Hearing) -> bool:
    """Whether the model lost its thread and says the same over and over, or more than anybody can."""
    words = heard.text.split()
    too_fast = len(words) > 2 + heard.seconds * _WORDS_PER_SECOND
    return not heard.whole or too_fast or _compression(heard.text) > _REPETITIVE or _repeats(heard.text)


def _is_invention(text: str) -> bool:
    """Whether there is nothing in it but inventions, such as "Okay. Thank you."."""
    phrases = ("".join(c for c in phrase if c.isalnum() or c in " '").strip() for phrase in _PAUSE.split(text.lower()))
    return all(phrase in _INVENTIONS for phrase in phrases if phrase)


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def _repeats(text: str) -> bool:
    """Whether three or more words come twice in direct succession, two words three times, or one word four times."""
    words = re.findall(r"[\w']+", text.lower())  # "this? What is this" repeats, whatever the punctuation
    for size in range(1, len(words) // 2 + 1):
        times = {1: 4, 2: 3}.get(size, 2)
        for start in range(len(words) - size * times + 1):
            phrase = words[start : start + size]
            if all(words[start + n * size : start + (n + 1) * size] == phrase for n in range(1, times)):
                return True
    return False
