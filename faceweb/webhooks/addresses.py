"""Where a webhook may go: to the internet, and not to machines that only we can reach.

Whoever may send a picture must not make this server talk to the cloud's metadata service, to the
database's port, or to anything else behind the firewall (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], Sequence[str]]
"""Gives a host's IP addresses. Raises OSError."""


class AddressRefused(Exception):
    """An address that no webhook is sent to; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A checked address. `ip` is what is connected to: a name that is looked up a second time
    could answer with another."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def resolved(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver gives."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def checked_address(url: str, allow_private: bool, resolve: Resolve = resolved) -> Address:
    """Take a URL apart, look its host up, and check it. Raises AddressRefused.

    `allow_private` lets in plain http and addresses that are not on the internet.
    """
    scheme, host, port, path = _parts(url)
    if scheme != "https" and not allow_private:
        raise AddressRefused("a webhook's address must begin with https://")
    try:
        addresses = [ipaddress.ip_address(ip.partition("%")[0]) for ip in resolve(host, port)]
    except (OSError, ValueError):
        addresses = []
    if not addresses:
        raise AddressRefused(f"the host {host} is not known")
    if not allow_private and not all(_is_public(address) for address in addresses):
        raise AddressRefused(f"the host {host} is not on the internet")
    return Address(scheme=scheme, host=host, port=port, ip=str(addresses[0]), path=path)


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("a webhook's address must be a URL") from None
    if scheme not in DEFAULT_PORTS or not host or any(c.isspace() or ord(c) < 32 for c in url):
        raise AddressRefused("a webhook's address must be a URL that begins with https://")
    if parts.username or parts.password:
        raise AddressRefused("a webhook's address must not hold a password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host, port or DEFAULT_PORTS[scheme], path


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not (mapped or address).is_multicast
