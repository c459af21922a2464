"""Where pictures go: to this machine, to one on the local network, or out to a hosted service."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

Reach = Literal["machine", "lan", "hosted"]

REACHES: tuple[Reach, ...] = ("machine", "lan", "hosted")
"""The nearest first."""

_LOCAL = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
"""Private and link-local ranges (RFC 1918, 3927, 4193, 4291). Those of carriers (100.64.0.0/10) count as far away."""

_HERE = frozenset({"ondevice", "recorded"})
"""Backends that send nothing anywhere."""


def reach_of_url(url: str) -> Reach | None:
    """How far a request to `url` goes, by the farthest address of its host; None while the name can't be resolved.

    Blocks for a look-up if the host is a name, so call it in a thread. What goes through a proxy counts as hosted.
    """
    host = urlsplit(url).hostname or ""
    known = reach_of_host(host)
    if known:
        return known
    if _proxied(url, host):
        return "hosted"
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return None
    return reach_of_found(found)


def known_reach_of_url(url: str) -> Reach | None:
    """How far a request to `url` goes, if its host needs no looking up; None, too, if it is no address at all."""
    try:
        return reach_of_host(urlsplit(url).hostname or "")
    except ValueError:
        return None


def reach_of_found(addresses: Iterable[str]) -> Reach:
    """How far away a host is that has these addresses, one at least: as the farthest of them."""
    return max((reach_of_host(address) or "hosted" for address in addresses), key=REACHES.index)


def reach_of_host(host: str) -> Reach | None:
    """How far away an address is; None for a name that has to be resolved first."""
    if host == "localhost" or host.endswith(".localhost"):
        return "machine"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return "machine"
    return "lan" if any(address in network for network in _LOCAL) else "hosted"


def reach_of(backend: object) -> Reach | None:
    """Where `backend` sends its pictures; None if it does not say. May block, as `reach_of_url` does."""
    if getattr(backend, "name", "") in _HERE:
        return "machine"
    reach = getattr(backend, "reach", None)
    return reach if reach in REACHES else None


def farther(reach: Reach | None, limit: Reach) -> bool:
    """Whether `reach` lies beyond `limit`; what is not known is taken to be far away."""
    return REACHES.index(reach or "hosted") > REACHES.index(limit)


def _proxied(url: str, host: str) -> bool:
    proxies = getproxies()
    return bool(proxies.get(urlsplit(url).scheme) or proxies.get("all")) and not proxy_bypass(host)
