"""What may be wrong with this machine and its devices, and what to do about it: checks that yield findings."""

from __future__ import annotations

from collections.abc import Iterator

from glasses import config as configuration
from glasses.config import Config
from glasses.doctor import machine, minds, senses
from glasses.doctor.finding import Check, Finding
from pipeline.errors import GlassesError, UsageError

__all__ = ["DEVICES", "MACHINE", "Finding", "examine"]

MACHINE: tuple[Check, ...] = (
    machine.python,
    machine.libraries,
    machine.own_packages,
    machine.opencv,
    machine.portaudio,
    machine.model_weights,
    minds.backend,
    machine.settings,
)

DEVICES: tuple[Check, ...] = (senses.sound_server, senses.camera, senses.microphone, senses.speaker)


def examine(checks: tuple[Check, ...] = MACHINE + DEVICES) -> Iterator[Finding]:
    """What all checks find, one by one as they do; one that breaks is a finding too."""
    try:
        config = configuration.load({})
    except UsageError as error:
        yield Finding("config", "fail", str(error), "mend it; what follows is about the built-in settings")
        config = Config()
    for check in checks:
        name = getattr(check, "__name__", "check")
        try:
            yield from check(config)
        except GlassesError as error:
            yield Finding(name, "fail", str(error))
        except Exception as error:  # noqa: BLE001 - whatever breaks, the other checks still help
            remedy = "run: pip install --force-reinstall glasses-companion"
            yield Finding(name, "fail", f"{type(error).__name__}: {error}", remedy)
