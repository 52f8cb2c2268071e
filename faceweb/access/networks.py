"""Addresses and networks as people write them, comma separated. Pure."""

import ipaddress
from collections.abc import Iterable

from foundation.settings.names import comma_separated

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV6_CUSTOMER_BITS = 64
"""A household has this many bits of IPv6 addresses, and counts as one address."""


def networks_of(text: str) -> tuple[Network, ...]:
    """Read a list such as "192.0.2.7, 2001:db8::/32". Raises ValueError, which names the wrong
    one."""
    return tuple(ipaddress.ip_network(name, strict=False) for name in comma_separated(text))


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


def counted_as(address: str) -> str:
    """The address, or its network where one client has a whole network of IPv6. An IPv4 client
    of a socket for both is counted by its own address."""
    parsed = parsed_address(address.partition("%")[0])
    if not isinstance(parsed, ipaddress.IPv6Address):
        return address
    return str(ipaddress.ip_network((parsed, IPV6_CUSTOMER_BITS), strict=False))
