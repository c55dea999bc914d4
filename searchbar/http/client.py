"""The client that a request is counted for: its address, or an IPv6 customer's whole network."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from starlette.types import Scope

CUSTOMER = 64


def address_of(scope: Scope) -> str:
    """The address that the request came from, as the server in front of the app understood it."""
    return str((scope.get("client") or ("",))[0])


def client_of(scope: Scope) -> str:
    """What limits count by."""
    return _network(address_of(scope))


@lru_cache(4096)
def _network(text: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them: such a network is one client."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), CUSTOMER), strict=False))
