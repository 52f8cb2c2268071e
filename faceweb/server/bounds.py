"""How many connections one web process has, in all and for one address, and who is late."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from faceweb.access.networks import counted_as
from faceweb.middleware.proxies import TrustedProxies
from faceweb.server.deadlines import Deadlines, deadlines_of
from foundation.config import Settings, get_settings


class Connection(Protocol):
    """What the sweep needs of a connection."""

    def end_if_late(self, now: float) -> None:
        """Close the connection if its client took too long."""


@dataclass(slots=True)
class Bounds:
    """Counts the connections of this process, and sweeps out the late ones."""

    most: int
    most_of_address: int
    deadlines: Deadlines
    proxies: TrustedProxies
    _open: set[Connection] = field(default_factory=set)
    _by_address: Counter[str] = field(default_factory=Counter)
    _sweeping: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the process has all the connections that it may have."""
        return len(self._open) >= self.most

    def refusal(self, address: str) -> str | None:
        """Why one more connection from an address is not taken, as a sentence; or None."""
        if self.is_full:
            return "Too many clients are connected. Try again in a moment."
        if self._by_address[counted_as(address)] < self.most_of_address or address in self.proxies:
            return None
        return f"One address may have {self.most_of_address} connections. Close some of them."

    def enter(self, connection: Connection, address: str) -> None:
        """Count a connection, and watch whether its client is late."""
        self._open.add(connection)
        self._by_address[counted_as(address)] += 1
        if not self._sweeping:
            self._sweeping = True
            self._sweep_later()

    def leave(self, connection: Connection, address: str) -> None:
        """Stop counting a connection that has ended."""
        self._open.discard(connection)
        name = counted_as(address)
        self._by_address[name] -= 1
        if self._by_address[name] <= 0:
            del self._by_address[name]

    def _sweep_later(self) -> None:
        asyncio.get_running_loop().call_later(self.deadlines.sweep_seconds, self._sweep)

    def _sweep(self) -> None:
        """End those whose time is up. Nothing runs while nobody is connected."""
        now = asyncio.get_running_loop().time()
        for connection in list(self._open):
            connection.end_if_late(now)
        self._sweeping = bool(self._open)
        if self._sweeping:
            self._sweep_later()


@lru_cache(maxsize=1)
def process_bounds() -> Bounds:
    """The bounds of this process: uvicorn makes a protocol per connection, and this is shared."""
    return bounds_of(get_settings())


def bounds_of(settings: Settings) -> Bounds:
    """The bounds that the settings ask for."""
    return Bounds(
        most=settings.max_connections,
        most_of_address=settings.max_connections_per_address,
        deadlines=deadlines_of(settings),
        proxies=TrustedProxies.parsed(settings.trusted_proxies),
    )
