"""Posts one webhook to a checked address: no redirect is followed, and no answer read at length."""

from __future__ import annotations

from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from faceweb.webhooks.addresses import Address
from faceweb.webhooks.deadline import Deadline, deadline

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""For each read of the answer."""
IN_ALL_SECONDS = 15.0
GONE = 410


class NotTaken(Exception):
    """The receiver did not take the message; the text says why."""


class NeverAgain(NotTaken):
    """The receiver says that the address is gone for good."""


def post(
    address: Address, body: bytes, headers: dict[str, str], in_all_seconds: float = IN_ALL_SECONDS
) -> None:
    """Send the message. Raises NotTaken unless the answer is 2xx and comes in time."""
    with deadline(in_all_seconds) as ends, pool_of(address, ends) as pool:
        try:
            answer = pool.urlopen(
                "POST", address.path, body,
                {**headers, "Host": address.host_header, "Content-Type": "application/json"},
                redirect=False, preload_content=False,
            )  # fmt: skip
        except (HTTPError, OSError) as error:
            _check(ends, in_all_seconds)
            raise NotTaken(f"{type(error).__name__}: {error}") from None
        answer.close()
    _check(ends, in_all_seconds)
    if answer.status == GONE:
        raise NeverAgain("it answered 410: the address is gone")
    if not 200 <= answer.status < 300:
        raise NotTaken(f"it answered {answer.status}")


def _check(ends: Deadline, seconds: float) -> None:
    """Raises NotTaken if time is up. A head that was cut off there may look whole."""
    if ends.passed:
        raise NotTaken(f"no answer within {seconds:g} s in all")


def pool_of(address: Address, ends: Deadline) -> urllib3.HTTPConnectionPool:
    """Connects to the checked IP address, and expects the certificate of the host's name."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    if address.scheme == "http":
        pool = urllib3.HTTPConnectionPool(address.ip, address.port, timeout=timeout, retries=False)
    else:
        pool = urllib3.HTTPSConnectionPool(
            address.ip,
            address.port,
            timeout=timeout,
            retries=False,
            server_hostname=address.host,
            assert_hostname=address.host,
        )
    pool.ConnectionCls = _watched(pool.ConnectionCls, ends)
    return pool


def _watched(connection: Any, ends: Deadline) -> Any:
    """The class of connections, each of which the deadline knows from its first byte."""

    class Watched(connection):
        def _new_conn(self) -> Any:
            connected = super()._new_conn()
            ends.watch(connected)
            return connected

    return Watched
