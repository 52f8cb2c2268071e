"""Addresses and networks as people write them, comma separated. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks_of(text: str) -> tuple[Network, ...]:
    """Read a list such as "192.0.2.7, 2001:db8::/32". Raises ValueError, which names the wrong
    one."""
    names = [name.strip() for name in text.split(",")]
    return tuple(ipaddress.ip_network(name, strict=False) for name in names if name)


def is_among(address: str, networks: Iterable[Network]) -> bool:
    """True for an address in one of the networks."""
    parsed = parsed_address(address)
    return parsed is not None and any(parsed in network for network in networks)


def parsed_address(text: str) -> Address | None:
    """An IP address; an IPv4 address within IPv6 is what it is. None for anything else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
