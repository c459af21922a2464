"""The pins of a Raspberry Pi's header, through gpiozero and lgpio."""

from __future__ import annotations

import os
import re
import tempfile
from typing import Any

from pipeline.errors import GlassesError, UsageError

_LAST = 27
"""The pins of the header with 40 are GPIO2 to GPIO27, and two for what is plugged on."""


def pin_of(address: str) -> int:
    """The number of the pin in `gpio:17`, as Broadcom counts. Raises UsageError for anything else."""
    number = address.partition(":")[2]
    if not re.fullmatch(r"\d{1,2}", number) or int(number) > _LAST:
        raise UsageError(f"no pin '{address}': it is gpio:17, with the number of a GPIO from 0 to {_LAST}")
    return int(number)


def opened(address: str, device: str, **options: Any) -> Any:
    """gpiozero's `device` (LED, Button) at `address`. Raises GlassesError, with the remedy."""
    try:
        import gpiozero

        if gpiozero.Device.pin_factory is None and "GPIOZERO_PIN_FACTORY" not in os.environ:
            # gpiozero's own choice would warn of each library that is missing, and end with one that is out of date.
            os.environ.setdefault("LG_WD", tempfile.gettempdir())  # lgpio makes files, otherwise wherever we started
            from gpiozero.pins.lgpio import LGPIOFactory

            gpiozero.Device.pin_factory = LGPIOFactory()
    except ImportError as error:
        raise GlassesError(
            f"{address} needs gpiozero and lgpio ({error}): sudo apt install python3-lgpio, make the environment with "
            'python3 -m venv --system-site-packages, and pip install "glasses-companion[pi]"'
        ) from error
    except Exception as error:  # lgpio raises its own, without a common ancestor
        raise GlassesError(
            f"{address}: no pins can be reached ({error}): this needs a Raspberry Pi, and sudo usermod -aG gpio $USER"
        ) from error
    try:
        return getattr(gpiozero, device)(pin_of(address), **options)
    except Exception as error:
        raise GlassesError(
            f"{address} can't be used ({error}): close what else uses this pin, or take another"
        ) from error
