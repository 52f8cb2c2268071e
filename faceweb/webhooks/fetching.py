"""Fetches what a public address has: bounded in size and time, each redirect checked again."""

from __future__ import annotations

from urllib.parse import urljoin

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from faceweb.webhooks.addresses import Address, checked_address
from faceweb.webhooks.deadline import Deadline, deadline
from faceweb.webhooks.posting import IN_ALL_SECONDS, pool_of

MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PART_BYTES = 64 * 1024
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
    with deadline(in_all_seconds) as ends:
        for _ in range(MOST_REDIRECTS + 1):
            found = _got(checked_address(url, allow_private), most_bytes, ends)
            if ends.passed:
                raise NotFetched(f"the address did not answer within {in_all_seconds:g} s")
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
    raise NotFetched(f"the address redirects more than {MOST_REDIRECTS} times")


def _got(address: Address, most_bytes: int, ends: Deadline) -> bytes | str:
    """The content, or where it has moved to."""
    with pool_of(address, ends) as pool:
        try:
            answer = pool.urlopen(
                "GET", address.path, None, {**HEADERS, "Host": address.host_header},
                redirect=False, preload_content=False,
            )  # fmt: skip
            try:
                if answer.status in REDIRECTS and answer.headers.get("Location"):
                    return str(answer.headers["Location"])
                if answer.status != 200:
                    raise NotFetched(f"the address answered {answer.status}")
                return _content(answer, most_bytes)
            finally:
                answer.close()
        except (HTTPError, OSError):
            raise NotFetched("the address did not answer") from None


def _content(answer: BaseHTTPResponse, most_bytes: int) -> bytes:
    content = bytearray()
    for part in answer.stream(PART_BYTES):
        content += part
        if len(content) > most_bytes:
            raise NotFetched(f"it is larger than {most_bytes / 2**20:g} MiB")
    return bytes(content)
