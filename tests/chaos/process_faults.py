"""Processes that die, or stand still, at the worst moment."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence

import psutil

from tests.system.fault_proxy import Call, Exchange, FaultProxy, Rule, pass_on

TRAP_SECONDS = 8.0
"""How long a trap waits for the call that it is set for."""

WAIT_SECONDS = 4.0


def anybody(_: int) -> bool:
    return True


def caller_of(
    exchange: Exchange, proxy: FaultProxy, whom: Callable[[int], bool] = anybody
) -> int | None:
    """The process id of whoever asked, if it is one of `whom`: the owner of the other end of the
    connection.

    A forked process shares its parent's sockets, but our clients never outlive a fork, so the
    oldest owner is the one that asked.
    """
    owners = [
        connection.pid
        for connection in psutil.net_connections("tcp4")
        if connection.pid
        and connection.laddr.port == exchange.caller_port
        and connection.raddr
        and connection.raddr.port == proxy.port
    ]
    caller = min(owners, default=None)
    return caller if caller is not None and whom(caller) else None


def strike(pid: int, number: signal.Signals, whole_group: bool) -> bool:
    """Send the signal to the process or to all of its group. False when it has gone already."""
    try:
        if whole_group:
            os.killpg(os.getpgid(pid), number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class KilledAtCall:
    """Waits for a certain call to AWS, and kills (-9) the process that makes it.

    Parameters:
        carried_out: whether AWS does what was asked before the caller dies.
        whole_group: the caller's children and parent die with it: a worker with its pool.
        whom: which callers it is set for; others pass.
    """

    hold_seconds = TRAP_SECONDS

    def __init__(
        self,
        name: str,
        proxy: FaultProxy,
        matches: Callable[[Call], bool],
        *,
        carried_out: bool,
        whole_group: bool,
        whom: Callable[[int], bool] = anybody,
    ) -> None:
        self.name = name
        self._proxy, self._whom = proxy, whom
        self._carried_out = carried_out
        self._whole_group = whole_group
        self._rule = Rule(matches=matches, fault=self._kill)
        self._lock = threading.Lock()
        self._hits = 0

    def inject(self) -> None:
        self._hits = 0
        self._proxy.add(self._rule)

    def _kill(self, exchange: Exchange) -> None:
        with self._lock:
            caller = None if self._hits else caller_of(exchange, self._proxy, self._whom)
            self._hits += caller is not None
        if caller is None:
            pass_on(exchange)
            return
        if self._carried_out:
            exchange.forward()
        strike(caller, signal.SIGKILL, self._whole_group)
        exchange.reset()

    def undo(self) -> int:
        self._proxy.remove(self._rule)
        return self._hits


class PausedAtCall:
    """Stops (SIGSTOP) a worker and its pool, or a function, when it fetches a picture, and lets it
    go on later, if it is still there."""

    def __init__(
        self,
        name: str,
        proxy: FaultProxy,
        matches: Callable[[Call], bool],
        hold_seconds: float,
        whom: Callable[[int], bool] = anybody,
    ) -> None:
        self.name, self.hold_seconds = name, hold_seconds
        self._proxy, self._whom = proxy, whom
        self._rule = Rule(matches=matches, fault=self._pause)
        self._lock = threading.Lock()
        self._paused: int | None = None

    def inject(self) -> None:
        self._paused = None
        self._proxy.add(self._rule)

    def _pause(self, exchange: Exchange) -> None:
        with self._lock:
            if self._paused is None and (pid := caller_of(exchange, self._proxy, self._whom)):
                self._paused = os.getpgid(pid)
                strike(self._paused, signal.SIGSTOP, whole_group=True)
        pass_on(exchange)

    def undo(self) -> int:
        self._proxy.remove(self._rule)
        if self._paused is None:
            return 0
        strike(self._paused, signal.SIGCONT, whole_group=True)
        return 1


class Killed:
    """Kills (-9) processes, whatever they are doing.

    Parameters:
        victims: process ids; asked at the time.
        is_worthwhile: waited for, for a moment: whether it would hurt now.
    """

    hold_seconds = 4.0

    def __init__(
        self,
        name: str,
        victims: Callable[[], Sequence[int]],
        *,
        whole_group: bool,
        is_worthwhile: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = name
        self._victims = victims
        self._whole_group = whole_group
        self._is_worthwhile = is_worthwhile
        self._hits = 0

    def inject(self) -> None:
        until = time.monotonic() + WAIT_SECONDS
        while not self._is_worthwhile() and time.monotonic() < until:
            time.sleep(0.005)
        self._hits = sum(strike(pid, signal.SIGKILL, self._whole_group) for pid in self._victims())

    def undo(self) -> int:
        """Nothing to do: whoever supervises the process starts it again."""
        return self._hits
