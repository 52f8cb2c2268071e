"""Fetches what a public address has: bounded in size and time, and each redirect is checked."""

import time

from faceweb.webhooks.addresses import checked_address
from faceweb.webhooks.calling import IN_ALL_SECONDS, NotReached, call

MOST_REDIRECTS = 3
HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "faceweb"}


class NotFetched(Exception):
    """An address that gave nothing we can take; the text says why."""


def fetched(
    url: str, most_bytes: int, allow_private: bool, in_all_seconds: float = IN_ALL_SECONDS
) -> bytes:
    """The content of an address. Raises AddressRefused, NotFetched.

    Parameters:
        most_bytes: more than this is not read.
        allow_private: whether addresses that are not on the internet are called.
        in_all_seconds: the time for all redirects and the content together.
    """
    ends = time.monotonic() + in_all_seconds
    for _ in range(MOST_REDIRECTS + 1):
        address = checked_address(url, allow_private)
        try:
            answer = call(address, HEADERS, ends - time.monotonic(), most_bytes)
        except NotReached:
            raise NotFetched("the address did not answer, or not in time") from None
        if not answer.moved_to:
            return _content(answer.status, answer.content, most_bytes)
        url = answer.moved_to
    raise NotFetched(f"the address redirects more than {MOST_REDIRECTS} times")


def _content(status: int, content: bytes, most_bytes: int) -> bytes:
    if status != 200:
        raise NotFetched(f"the address answered {status}")
    if len(content) > most_bytes:
        raise NotFetched(f"it is larger than {most_bytes / 2**20:g} MiB")
    return content
