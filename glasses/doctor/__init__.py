"""What may be wrong with this machine and its devices, and what to do about it: checks that yield findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasses import config as configuration
from glasses.doctor import conversation, helpers, machine, minds, senses
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
    helpers.helpers,
    conversation.start,
    conversation.echo,
    machine.settings,
)

DEVICES: tuple[Check, ...] = (senses.sound_server, senses.camera, senses.microphone, senses.speaker)


def examine(
    checks: tuple[Check, ...] | None = None, overrides: Mapping[str, str | None] | None = None
) -> Iterator[Finding]:
    """What `checks`, or all, find, one by one as they do; one that breaks is a finding too.

    `overrides` are settings as of `config.load`. Raises UsageError if one of them is wrong.
    """
    overrides = overrides or {}
    config = configuration.defaults(overrides)
    try:
        config = configuration.load(overrides)
    except UsageError as error:
        yield Finding("config", "fail", str(error), "mend it; what follows is about the built-in settings")
    for check in MACHINE + DEVICES if checks is None else checks:
        name = getattr(check, "__name__", "check")
        try:
            yield from check(config)
        except GlassesError as error:
            yield Finding(name, "fail", str(error))
        except Exception as error:  # noqa: BLE001 - whatever breaks, the other checks still help
            remedy = "run: pip install --force-reinstall glasses-companion"
            yield Finding(name, "fail", f"{type(error).__name__}: {error}", remedy)
