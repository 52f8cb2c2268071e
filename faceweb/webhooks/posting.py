"""Posts one webhook to a checked address: no redirect is followed, and no answer read at length."""

from __future__ import annotations

from faceweb.webhooks.addresses import Address
from faceweb.webhooks.calling import IN_ALL_SECONDS, call

HEADERS = {"Content-Type": "application/json", "User-Agent": "faceweb", "Expect": ""}
GONE = 410


class NotTaken(Exception):
    """The receiver did not take the message; the text says why."""


class NeverAgain(NotTaken):
    """The receiver says that the address is gone for good."""


def post(
    address: Address, body: bytes, headers: dict[str, str], in_all_seconds: float = IN_ALL_SECONDS
) -> None:
    """Send the message. Raises NotReached, and NotTaken unless the answer is 2xx."""
    answer = call(address, HEADERS | headers, in_all_seconds, body=body)
    if answer.status == GONE:
        raise NeverAgain("it answered 410: the address is gone")
    if not 200 <= answer.status < 300:
        raise NotTaken(f"it answered {answer.status}")
