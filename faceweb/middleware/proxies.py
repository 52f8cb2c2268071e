"""What a proxy says about its client, where the proxy is one that we trust.

Only here are `X-Forwarded-*` headers read. A trusted proxy's client takes its place in the ASGI
scope: address, scheme and host. So the login's throttle, redirects, the check of forms and the logs
see the same client, and nobody else can claim to be somebody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from faceweb.access.networks import Network, is_among, networks_of, parsed_address
from faceweb.server.bodies import Scope

SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The addresses and networks of TRUSTED_PROXIES."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def parsed(cls, text: str) -> TrustedProxies:
        """Read addresses and networks, comma separated. Raises ValueError with the wrong one."""
        return cls(networks_of(text))

    def __contains__(self, address: str) -> bool:
        return bool(self.networks) and is_among(address, self.networks)

    def seen_through(self, scope: Scope) -> Scope:
        """The scope of a request with its real client, where a trusted proxy sent it."""
        peer = (scope.get("client") or ("", 0))[0]
        if peer not in self:
            return scope
        forwarded = forwarded_headers(scope["headers"])
        host = forwarded.get(b"x-forwarded-host", "")
        return {
            **scope,
            "client": (self.client_of(peer, forwarded.get(b"x-forwarded-for", "")), 0),
            "scheme": _scheme(forwarded.get(b"x-forwarded-proto", ""), scope["scheme"]),
            "headers": _with_host(scope["headers"], host) if host else scope["headers"],
        }

    def client_of(self, peer: str, forwarded_for: str) -> str:
        """The nearest address that is no trusted proxy. Each proxy appends its client, so the list
        is read from its end; what lies before an untrusted or damaged entry is hearsay."""
        client = peer
        for entry in reversed(forwarded_for.split(",")):
            address = parsed_address(_without_port(entry.strip()))
            if address is None:
                break
            client = str(address)
            if client not in self:
                break
        return client


def forwarded_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """The `X-Forwarded-*` headers; the values of one that came twice are one list."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name.startswith(b"x-forwarded-"):
            text = value.decode("latin-1").strip()
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _scheme(forwarded: str, otherwise: str) -> str:
    nearest = forwarded.rpartition(",")[2].strip().lower()
    return nearest if nearest in SCHEMES else otherwise


def _with_host(headers: Iterable[tuple[bytes, bytes]], host: str) -> list[tuple[bytes, bytes]]:
    nearest = host.rpartition(",")[2].strip().encode("latin-1")
    return [(b"host", nearest), *((name, value) for name, value in headers if name != b"host")]
