"""Addresses of streams: which can be one, and why one gives no video."""

from __future__ import annotations

import re
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

from devices.registry import masked, shown
from pipeline.errors import UsageError

_PATIENCE = 2.0
"""Seconds that a connection, and then an answer, may take when it is asked why there is no video."""

_PORTS = {"rtsp": 554, "http": 80, "https": 443}


def checked(address: str) -> str:
    """`address`, if a stream can have it. Raises UsageError, which shows no secret."""
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0) and "@" not in parts.fragment
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(
            f"no stream '{shown(address)}': an address is like rtsp://host:554/path; in a password, "
            "write # as %23, / as %2F, ? as %3F and @ as %40"
        )
    return address


def why_not(address: str) -> str:
    """Why no video came from `address`, found out by asking once more, for no video; at most 6 seconds."""
    parts = urlsplit(address)
    where = f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
    try:
        status = _status(parts)
    except socket.gaierror:
        return f"there is no host '{parts.hostname}': check the address, and that both are in the same network"
    except ConnectionRefusedError:
        return f"nothing listens at {where}: start the camera's server, or check the port"
    except TimeoutError:
        return f"{where} does not answer: check that the camera is on and in the same network"
    except ssl.SSLError:
        return f"{where} does not speak TLS: try http:// instead of https://"
    except OSError as error:
        return f"{where} can't be reached ({error.strerror or error}): check the network"
    match status:
        case 401 | 403 if parts.username:
            return f"{where} refuses the user name and password of the address ({status})"
        case 401 | 403:
            return f"{where} wants a user name and a password: write {parts.scheme}://USER:PASSWORD@… ({status})"
        case 404 | 454:
            return f"{where} has nothing at '{masked(parts.path)}' ({status}): check the path in the camera's manual"
        case None:
            return f"{where} accepts a connection, but says nothing: restart the camera's server"
        case _ if status >= 400:
            return f"{where} answers with an error ({status}): look at the camera's own log"
    return f"{where} answers, but gives no video that can be read: open the address in a video player to compare"


def _status(parts: SplitResult) -> int | None:
    """The status that the server answers with; None if it says nothing or something else. Raises OSError.

    User and password stay here: that they are asked for is all there is to learn. What is secret in the path or the
    query is sent, as it was when the stream was opened, because the status depends on it; http and rtsp do not encrypt.
    """
    assert parts.hostname
    port = parts.port or _PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme == "rtsp":
        request = f"DESCRIBE rtsp://{host}:{port}{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    else:
        request = f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"
    with socket.create_connection((parts.hostname, port), timeout=_PATIENCE) as plain:
        connection = _secured(plain, parts.hostname) if parts.scheme == "https" else plain
        try:
            connection.sendall(request.encode())
            answer = connection.recv(64)
        except (TimeoutError, ConnectionError):
            return None
    found = re.match(rb"(?:HTTP|RTSP)/\d\.\d (\d{3})", answer)
    return int(found[1]) if found else None


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    """Without a look at the certificate, since cameras sign their own: path and query go to whoever answers there."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)
