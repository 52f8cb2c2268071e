"""Addresses and networks as people write them, comma separated. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(text: str) -> tuple[Network, ...]:
    """Read a list such as "192.0.2.7, 2001:db8::/32". Raises ValueError, which names the wrong
    one."""
    names = [name.strip() for name in text.split(",")]
    return tuple(ipaddress.ip_network(name, strict=False) for name in names if name)


def is_among(address: str, networks: Iterable[Network]) -> bool:
    """True for an address in one of the networks; an IPv4 address within IPv6 is what it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in networks)
