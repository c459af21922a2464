"""What is said before an answer, once: that it comes in another language, that it is dark."""

from __future__ import annotations

from pipeline.ask.backend import Backend
from pipeline.languages import language_name
from pipeline.speak.mouth import Mouth
from pipeline.types import FrameChoice

_VERY_DARK = "It is very dark here."


class Prefaces:
    """Remembers what the wearer has been told already."""

    def __init__(self, mouth: Mouth, backend: Backend) -> None:
        self._mouth = mouth
        self._backend = backend
        self._excused: set[str] = set()  # languages that the wearer knows not to be answered in
        self._told_dark = False

    def before(self, language: str, choice: FrameChoice) -> str:
        """What to say before the answer to a question in `language` (ISO 639-1) about `choice`; often nothing."""
        return " ".join(filter(None, (self._excuse(language), self._darkness(choice))))

    def told(self, language: str, choice: FrameChoice) -> None:
        """It was said; of the dark the wearer is told again only after there was light: they may not see it."""
        if self._excuse(language):
            self._excused.add(language)
        if choice.frames:
            self._told_dark = choice.dark

    def _excuse(self, language: str) -> str:
        answered = self._mouth.voice_for(language, self._backend.languages).language
        if answered == language or language in self._excused:
            return ""
        return f"I can't answer in {language_name(language)}, so I answer in {language_name(answered)}."

    def _darkness(self, choice: FrameChoice) -> str:
        return _VERY_DARK if choice.dark and not self._told_dark else ""
