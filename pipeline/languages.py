"""Languages by their ISO 639-1 codes, named in English."""

from __future__ import annotations

_NAMES = {
    **{"ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish"},
    **{"de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque"},
    **{"fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian"},
    **{"hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean"},
    **{"lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch", "no": "Norwegian", "pl": "Polish"},
    **{"pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian"},
    **{"sv": "Swedish", "sw": "Swahili", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu"},
    **{"vi": "Vietnamese", "zh": "Chinese"},
}


_CODES = {name.lower(): code for code, name in _NAMES.items()}


def language_code(told: str) -> str:
    """The code of a language that is told by its code, with a country or not, or by its English name.

    Empty for what is neither.
    """
    name = told.strip().lower()
    code = name.replace("_", "-").partition("-")[0]
    return _CODES.get(name, code if len(code) == 2 and code.isalpha() else "")


def language_name(code: str) -> str:
    """What a language is called in English; the code itself where we have no name for it."""
    return _NAMES.get(code, f"the language '{code}'")
