"""The services that can be asked: all that differs between those that speak the same wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.ask.reach import Reach

_THINKING = {"thinking": "high", "contemplating": "high"}
_LOW = {"instant": "low", **_THINKING}


@dataclass(frozen=True, slots=True)
class Profile:
    """What is to know of a service."""

    format: str  # the module in pipeline/ask that speaks its wire format
    base_url: str
    key: str = "GLASSES_API_KEY"  # the name of its key
    needs_key: bool = False
    needs_model: bool = True  # if not, the first one that it lists is asked
    cap: str = "max_tokens"  # what it calls its limit of tokens, where the format leaves that open
    least_tokens: int = 0  # below which its models answer nothing, because they think first
    effort: Mapping[str, str] = field(default_factory=dict)  # its words for our modes; nothing is sent for others
    long_edge: int = 768  # of a picture, pixels: small models look at no more, and take seconds for them
    reach: Reach | None = None  # known without looking its name up
    key_path: str = ""  # what only a good key gets, where that is not so of its list of models


PROFILES = {
    # Meta: reasoning can't be off, and eats a small limit of tokens before the first word.
    "meta": Profile(
        "responses",
        "https://api.meta.ai/v1",
        "MODEL_API_KEY",
        needs_key=True,
        least_tokens=2000,
        effort={"instant": "minimal", **_THINKING},
        long_edge=1024,
        reach="hosted",
    ),
    "openai": Profile(
        "responses",
        "https://api.openai.com/v1",
        "OPENAI_API_KEY",
        needs_key=True,
        effort=_LOW,
        long_edge=1024,
        reach="hosted",
    ),
    "anthropic": Profile(
        "anthropic",
        "https://api.anthropic.com/v1",
        "ANTHROPIC_API_KEY",
        needs_key=True,
        effort=_THINKING,
        long_edge=1024,
        reach="hosted",
    ),
    "gemini": Profile(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "GEMINI_API_KEY",
        needs_key=True,
        effort=_LOW,
        long_edge=1024,
        reach="hosted",
    ),
    "openrouter": Profile(
        "chat",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        needs_key=True,
        effort=_LOW,
        long_edge=1024,
        reach="hosted",
        key_path="/key",
    ),
    "ollama": Profile("ollama", "http://localhost:11434", effort={"instant": "off", "thinking": "on"}),
    "llamacpp": Profile("chat", "http://localhost:8080/v1", needs_model=False),
    "lmstudio": Profile("chat", "http://localhost:1234/v1", needs_model=False),
    "vllm": Profile("chat", "http://localhost:8000/v1", needs_model=False),
}
"""By the name that stands first in an address. Efforts that a model refuses are left out from then on."""

OWN = Profile("chat", "")
"""Any other server: it is given by its address, and the key may be missing."""

SPOKEN = {name: replace(OWN, format=name) for name in ("anthropic", "chat", "gemini", "ollama", "responses")}
"""The same, where the address also names the wire format."""


def trains(model: str) -> bool:
    """Whether the makers of `model` may train on what it is sent: Meta says so of its `*-contributor` models."""
    return model.endswith("-contributor")
