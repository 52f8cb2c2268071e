"""Where this server may go for others: to the internet, not to machines that only we can reach.

A sender of pictures must not make this server talk to anything behind the firewall, such as the
cloud's metadata service or the database (server-side request forgery).
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}
LOOK_UP_SECONDS = 5.0

INTERNET = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is routed on the internet: neither local addresses nor translated IPv4 ones."""

NOT_THE_INTERNET = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # for protocols; Python calls two addresses of it global
            "192.88.99.0/24",  # relays of 6to4
            "2001::/23",  # for protocols: Teredo carries IPv4 addresses
            "2002::/16",  # 6to4 carries IPv4 addresses
        ),
    )
)

R = TypeVar("R")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[[str, int], Sequence[str]]
"""Gives a host's IP addresses. Raises OSError."""


class AddressRefused(Exception):
    """An address that this server does not call; the text says why."""


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
        """The host, with its port where that is not the usual one."""
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
        raise AddressRefused("the address must begin with https://")
    addresses = _addresses(host, port, resolve)
    if not addresses or not all(_is_allowed(one, scheme, port, allow_private) for one in addresses):
        raise AddressRefused(_not_usable(host, allow_private))
    return Address(scheme=scheme, host=host, port=port, ip=str(addresses[0]), path=path)


def _not_usable(host: str, allow_private: bool) -> str:
    """One sentence for all reasons: it must not tell which names and ports this network has."""
    if allow_private:
        return f"the host {host} is not known, or the port is neither 443 nor 80"
    return f"the host {host} is not known, not on the internet, or the port is not 443"


def _addresses(host: str, port: int, resolve: Resolve) -> list[IPAddress]:
    """The host's addresses; none where it is not known or the resolver is slow."""
    try:
        found = within(LOOK_UP_SECONDS, lambda: resolve(host, port))
        return [ipaddress.ip_address(ip.partition("%")[0]) for ip in found]
    except (OSError, ValueError):
        return []


def within(seconds: float, function: Callable[[], R]) -> R:
    """Return what the function returns. Raises TimeoutError, and what the function raises.

    The system's resolver can't be stopped: a look-up that takes longer ends in its own thread.
    """
    found: Future[R] = Future()

    def run() -> None:
        try:
            found.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            found.set_exception(error)

    threading.Thread(target=run, name="within", daemon=True).start()
    return found.result(seconds)


def _is_allowed(address: IPAddress, scheme: str, port: int, allow_private: bool) -> bool:
    """True for the usual port on the internet, and for any port beside it if that is allowed."""
    return port == DEFAULT_PORTS[scheme] if is_public(address) else allow_private


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("the address must be a URL") from None
    if scheme not in DEFAULT_PORTS or not host or any(c.isspace() or ord(c) < 32 for c in url):
        raise AddressRefused("the address must be a URL that begins with https://")
    if parts.username or parts.password:
        raise AddressRefused("the address must not hold a password")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return scheme, host, port or DEFAULT_PORTS[scheme], path


def is_public(address: IPAddress) -> bool:
    """True for an address of the internet that is not another one in disguise."""
    if address.is_multicast or not address.is_global:
        return False
    if address.version == 6 and address not in INTERNET:
        return False
    return not any(address in network for network in NOT_THE_INTERNET)
