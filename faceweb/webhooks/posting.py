"""Posts one webhook to a checked address: no redirect is followed, and no answer read at length."""

from __future__ import annotations

import urllib3
from urllib3.exceptions import HTTPError

from faceweb.webhooks.addresses import Address

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
GONE = 410


class NotTaken(Exception):
    """The receiver did not take the message; the text says why."""


class NeverAgain(NotTaken):
    """The receiver says that the address is gone for good."""


def post(address: Address, body: bytes, headers: dict[str, str]) -> None:
    """Send the message. Raises NotTaken unless the answer is 2xx."""
    with _pool(address) as pool:
        try:
            answer = pool.urlopen(
                "POST", address.path, body,
                {**headers, "Host": address.host_header, "Content-Type": "application/json"},
                redirect=False, preload_content=False,
            )  # fmt: skip
        except (HTTPError, OSError) as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from None
        answer.close()
    if answer.status == GONE:
        raise NeverAgain("it answered 410: the address is gone")
    if not 200 <= answer.status < 300:
        raise NotTaken(f"it answered {answer.status}")


def _pool(address: Address) -> urllib3.HTTPConnectionPool:
    """Connects to the checked IP address, and expects the certificate of the host's name."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    if address.scheme == "http":
        return urllib3.HTTPConnectionPool(address.ip, address.port, timeout=timeout, retries=False)
    return urllib3.HTTPSConnectionPool(
        address.ip,
        address.port,
        timeout=timeout,
        retries=False,
        server_hostname=address.host,
        assert_hostname=address.host,
    )
