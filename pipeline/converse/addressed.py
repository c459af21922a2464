"""Is it meant for the assistant? Judged from the words alone: what follows an answer, and what follows a name.

Words can't tell everything. "Is it far?", "That one.", "Tell me about it." and "How much is that by airmail?" are said
to people as well as to an assistant; who is looked at, and how loud it is said, is not in them. Questions about what
is there count as meant; statements, and what is asked of people ("are you coming?", "can I pay by card?"), do not. Of
110 lines of DailyDialog, where people talk with people, 14 count as meant, all but two of them like those above; before
the rules were mended by them it was 21. Of 201 questions in this project's tests and benchmarks, 199 do.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from pipeline.converse.orders import order_in
from pipeline.words import plain

CLEAR = 0.4
"""Confidence below which words are not taken for a follow-up: somebody far away. With Whisper tiny and base, of 40
people's orders the 5th percentile had 0.46 and 0.50, and 30 dB quieter, before noise, 0.42 and 0.44."""

_SHORT = 5
"""Words that an answer to the assistant's own question has at most, if it is neither a question nor a request."""


def addressed(text: str, confidence: float, *, after_question: bool = False) -> bool:
    """Whether `text`, heard soon after an answer, asks the assistant something or orders it about.

    `confidence` is the recogniser's, 0 to 1. `after_question`: the answer ended with a question, so that a short
    "the left one" replies to it. English; of other languages only the orders in pipeline/converse/orders.py are known.
    """
    words = plain(text)
    if not words or confidence < CLEAR:
        return False
    if order_in(text):
        return True
    if _TO_PEOPLE.search(words) or _CALLED.search(text):
        return False
    sentences = [rest for sentence in _SENTENCE.findall(text) if (rest := _OPENING.sub("", plain(sentence)))]
    if sentences and (_is_meant(sentences[-1]) or (_AND_THAT.match(text) and len(words.split()) <= _SHORT)):
        return True
    return after_question and len(words.split()) <= _SHORT and not closes(text)


def closes(text: str) -> bool:
    """Whether it ends the conversation: "Thanks.", "Okay, that's all." Nothing is to be answered to that."""
    return bool(_CLOSING.fullmatch(plain(text) + " "))


def named(text: str, name: str) -> str | None:
    """The words after the spoken `name`: "Hey glasses, what is it?" gives "what is it?", the name alone "".

    None if nobody is called: "glasses are on the table", "where are my glasses?". The name stands at the head of a
    sentence, after a greeting, or before a pause mark or a question; after a greeting it may be misspelt.
    """
    for start in (0, *(match.end() for match in _AFTER_SENTENCE.finditer(text))):
        if (rest := _after_name(text[start:], name)) is not None:
            return rest
    return None


def _after_name(text: str, name: str) -> str | None:
    size = len(name.split())
    head = _HEAD.match(text)
    spans = list(_NAME_WORD.finditer(text, head.end() if head else 0))[:size]
    if not head or len(spans) < size:
        return None
    heard = " ".join(span[0] for span in spans).lower()
    after = text[spans[-1].end() :]
    rest = after.lstrip(" ,.!?:;…-–—")
    paused = not rest or after[:1] in tuple(",.!?:;…") or after.startswith((" -", " –", " —"))
    if not head["greeting"]:
        return rest if heard == name.lower() and (paused or _ASKS_AT_ONCE.match(rest)) else None
    if SequenceMatcher(None, heard, name.lower()).ratio() < _ALIKE:
        return None
    return None if not paused and _TELLS_OF_IT.match(rest) else rest


def _is_meant(sentence: str) -> bool:
    """Whether one sentence, without its opening words, asks or requests what an assistant that sees can do."""
    if _ASKED_OF_PEOPLE.match(sentence):
        return False
    return bool(_ASKS.match(sentence) or _REQUESTS.match(sentence) or _REFERS.fullmatch(sentence))


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b")


_SENTENCE = re.compile(r"[^.!?…;]+")
_AFTER_SENTENCE = re.compile(r"[.!?…]\s+")

_AND_THAT = re.compile(r"\W*(?:and|or) .*\?$", re.IGNORECASE)
"""More of the same: "And dogs?"."""

_OPENING = re.compile(
    r"^(?:(?:okay|ok|and|so|but|or|um|uh|er|well|now|then|oh|ah|hmm|great|cool|nice|good|right|alright|all right|thanks"
    r"|thank you|sorry|please|no|yes|yeah|actually|also|wait|hey|glasses|i see)\b ?)+"
)

_TO_PEOPLE = _words(
    # On the telephone, and coming and going.
    r"on the phone", r"call(?:ing)? (?:you|me|him|her|them|back)", r"be (?:right )?(?:there|back|home)", r"on my way",
    r"see you", r"bye", r"(?:talk|speak) to you", r"can you hear me", r"good (?:morning|evening|night|afternoon)",
    # To be polite.
    r"excuse me", r"nice to (?:meet|see)", r"how (?:are you|have you been)", r"have a (?:nice|good|great)",
    r"take care", r"bless you", r"congratulations", r"happy birthday", r"how do you do", r"how's it going",
    # To hold somebody up, or bring him along, or offer a hand.
    r"hold on", r"hang on", r"(?:a|one) (?:second|sec|minute|moment)", r"wait for", r"come (?:on|here|in)", r"let's",
    r"shall we", r"(?:can|may) i help you", r"let me help", r"give me (?:a hand|your|that|it back)",
    # About people, and of what is theirs.
    r"told (?:you|me|him|her|them|us)", r"(?:tell|ask) (?:him|her|them|mum|mom|dad|your)", r"(?:with|for|to|of) you",
    r"your (?!camera|battery|opinion|guess|view|answer)\w+", r"of yours", r"you (?:guys|two)", r"isn't (?:it|he)",
)  # fmt: skip
"""Said to people, whatever stands around it."""

_CALLED = re.compile(
    r"(?:^|[,.!?] )(?i:mum|mom|mummy|mommy|dad|daddy|granny|grandma|grandpa|darling|honey|sweetie|love|dear|mate|guys"
    r"|everybody|everyone|sir|ma'am|madam|miss|doctor)[,.!?]"
    r"|(?:^| )[a-z][\w']*, (?!English|French|German|Spanish|Italian)[A-Z][a-z]+[.!?]*$"
)
"""Somebody else is called by name or by what they are: "Mum, is it ready?", "Is it ready, John?"."""

_CAN = (
    "read|tell|describe|show|translate|find|count|explain|search|check|say|spell|repeat|help me|compare|summari[sz]e"
    "|continue|identify|recogni[sz]e|name|list|calculate|convert|define|scan|skip|estimate|guess|locate|see|spot|zoom"
    "|look (?:again|at|for|closer|around|up)|make out|remind me|recommend|suggest|figure out|work out|point out"
    "|go through|go on|keep|give me (?:the|a|an|more|another|some)"
)
"""What an assistant that sees, reads and speaks can be asked to do."""

_WHICH = "(?:what|who|whose|which|where|when|why|how)"
_UP_TO = r"(?: \w+){0,4}? "

_ASKED_OF_PEOPLE = _words(
    # Of somebody who does, feels, has and wants things.
    rf"(?:can|could|would|will) you (?!(?:please |also |just |maybe )?(?:{_CAN})\b)\w+",
    r"are you (?!sure|certain|able|still there|there|listening|recording)", r"\w+ing you$",
    r"(?:have|had|were|haven't|aren't|weren't|won't|don't|didn't) you", r"do you think (?:we|he|she|they|our|i)",
    r"do you (?!see|know|think|recogni[sz]e|understand|mean|speak|recommend|remember what|have (?:any|more))",
    r"did you (?!read|say|see (?:a|an|any|the)|mean|understand|find|record|take|get (?:that|it|all))",
    rf"{_WHICH}{_UP_TO}(?:are|were|have|will|would) you (?!recommend|suggest|say|choose|sure|seeing|looking at)",
    rf"{_WHICH}{_UP_TO}did you (?!say|see|read|mean|find)", r"who (?:do|did|are) you",
    rf"{_WHICH}{_UP_TO}do you (?:want|need|live|work|like|feel|fancy|do)",
    # Of us, and of those who are not there.
    r"(?:should|can|could|are|will|did|do|have|were) we", r"(?:\w+ ){0,3}(?:did|will|would|has|had|was) (?:he|she)",
    r"(?:\w+ ){0,3}(?:will|would|have|had|were) they (?!open|close|sell|serve)",
    r"(?:is|are|isn't|aren't) (?:he|she|they) (?:coming|going|ready|okay|home|back|late|still|serious|joking|in)",
    # What one asks for in a shop, and small talk.
    r"(?:can|could|may) i (?:pay|have|get|come|help|borrow|sit|ask|call|go|just|take your)", r"am i (?:late|early)",
    r"did i (?:tell|wake|hurt|miss)", r"what's (?:up|the matter)", r"what's for (?:dinner|lunch|breakfast)",
    r"is (?:that|it|this) (?:okay|ok|fine|all right|alright|yours|you)", r"how (?:was|were|is|'s) (?:work|school)",
    r"is (?:anyone|anybody|everyone|everybody|everything)",
    # What one tells somebody with hands, or who is spoken about.
    r"look at (?:me|you|him|her)", r"(?:show|tell|read|give) (?:it|that|this|him|her|them|us) to \w+",
    r"keep (?:your|quiet|out|off|away)", r"go on (?:then|without|ahead)",
)  # fmt: skip

_ASKS = _words(
    rf"(?:(?:at|in|on|from|to|for|by|with|of) )?{_WHICH}(?:'s|'re|'d|'ll)?",
    r"(?:is|are|was|were|does|do|did|can|could|would|will|has|have|should|isn't|aren't|doesn't|don't|didn't|can't) "
    r"(?:it|its|this|that|these|those|there|the|any|anyone|anything|someone|my|he|she|they|i|you|one|all|both|an?)",
    r"am i",
)

_REQUESTS = _words(
    rf"(?:can|could|would|will) you (?:please |also |just |maybe )?(?:{_CAN})", rf"(?:just )?(?:{_CAN})(?! you\b)",
    r"(?:more|details|next(?: \w+)?|another one)$", r"try (?:again|once more)", r"start (?:over|again|from)",
    r"go (?:on|back|to the)", r"(?:take|have) (?:a|another) look", r"i (?:mean|meant|asked|was asking)",
    r"(?:i want|i need|i wanted|i would like|i'd like)(?: you)? to (?:know|read|tell|find|ask)",
    r"i'm (?:asking|looking for (?!some|him|her))", r"i can't (?:see|read|find|make out|tell)",
    r"(?:not|about) (?:that|this|the)",
    r"in (?:english|german|french|spanish|italian|pounds|euros|dollars|kilos|grams)$",
)  # fmt: skip

_REFERS = re.compile(
    r"(?:the|this|that|these|those|in|on|at|from|with|for|my)"
    r"(?: (?!is|are|was|were|has|have|will|i|you|he|she|we)[\w]+){0,4}"
    r" (?:ones?|lines?|page|side|words?|signs?|labels?|price|part|paragraph|number|date|ingredients|title"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?"
    r"|(?<=the )(?:bottom|top|left|right|first|second|third|last|next|rest|back|middle))"
)
"""A piece of what is seen or was read out, and no more: "the second line", "on the left"."""

_CLOSING = re.compile(
    r"(?:(?:okay|ok|oh|ah|great|good|perfect|lovely|cool|nice|fine|right|all right|alright|wonderful|excellent"
    r"|brilliant|thanks|thank you|thanks a lot|many thanks|very much|so much|cheers|got it|i see|no thanks"
    r"|that's (?:all|it|fine|great|good|enough|perfect|helpful|very helpful)(?: for now)?"
    r"|that's what i (?:wanted|needed)(?: to know)?|bye|goodbye|good night|glasses) )+"
)

_ALIKE = 0.8
"""Of the letters of a name that are right after a greeting: "classes" and "glass" are glasses, "guys" are not."""

_HEAD = re.compile(
    r"\W*(?:(?:um|uh|oh|so|and|well|no|yes|yeah)\b\W*)*"
    r"(?P<greeting>(?:hey|hi|hello|hay|high|heh|he|hit|it|in|yo|okay|ok|oked)\b\W+)?",
    re.IGNORECASE,
)
"""Greetings as Whisper tiny and base wrote "hey", "hi" and "okay" of four synthetic voices."""

_NAME_WORD = re.compile(r"[\w'’]+")

_ASKS_AT_ONCE = re.compile(
    r"(?:what|what's|where|where's|who|who's|how|why|when|read|tell|describe|find|stop|can you|could you)\b",
    re.IGNORECASE,
)
"""Whisper tiny leaves the comma out of "Glasses, where is the door?" for two of four voices."""

_TELLS_OF_IT = re.compile(r"(?:are|were)\b(?! (?:you|there|these|those|they|we|my|the|any)\b)", re.IGNORECASE)
"""Goes on about glasses after a greeting: "Hey, glasses are expensive"."""
