"""systemd's notification protocol: what a service says of itself to whoever started it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class Notify:
    """Sends assignments such as READY=1 to the socket that systemd names; to nobody where it names none.

    The protocol is a datagram of lines, kept stable so that programs may speak it themselves (sd_notify(3)). The
    packages that speak it have no wheels for every Python here, can't say STOPPING=1, or time the watchdog by the wall
    clock, which jumps.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: an abstract socket

    def __call__(self, **state: str | int) -> None:
        """Say READY=1, STATUS="...", WATCHDOG=1 or STOPPING=1. Never blocks or raises: the session matters more."""
        if not self._address:
            return
        lines = "\n".join(f"{name}={' '.join(str(value).split())}" for name, value in state.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(lines.encode(), self._address)
