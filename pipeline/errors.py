"""Errors that are meant for people: what went wrong, where, and the remedy, in one line."""

from __future__ import annotations


class GlassesError(Exception):
    """A fault with a remedy. `str()` is the one line for the terminal and the log.

    `told` is the sentence that the wearer hears if they would otherwise wait in silence.
    """

    exit_code = 1

    def __init__(self, message: str, *, told: str = "Something went wrong, please try again.") -> None:
        super().__init__(message)
        self.told = told


class UsageError(GlassesError):
    """The command, address or setting is wrong: nothing was tried."""

    exit_code = 2


class DeviceLost(GlassesError):
    """A device stopped working or can't be opened; it may come back, and is tried again."""


class CameraLost(DeviceLost):
    """The camera delivers no pictures."""

    def __init__(self, message: str, *, told: str = "I lost the camera.") -> None:
        super().__init__(message, told=told)


class MicrophoneLost(DeviceLost):
    """The microphone delivers no sound."""

    def __init__(self, message: str, *, told: str = "I can't hear anything from the microphone.") -> None:
        super().__init__(message, told=told)


class SpeakerLost(DeviceLost):
    """The speaker takes no more sound. There is nothing to say it with."""

    def __init__(self, message: str) -> None:
        super().__init__(message, told="")


def first_failure(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what failed together, the one that people should read: an error with a remedy if there is one."""
    leaves: list[BaseException] = []
    groups = [group]
    while groups:
        for error in groups.pop().exceptions:
            if isinstance(error, BaseExceptionGroup):
                groups.append(error)
            else:
                leaves.append(error)
    return next((error for error in leaves if isinstance(error, GlassesError)), leaves[0])
