"""Asks a checked address once, by libcurl: bounded in size and time, no redirect followed."""

import os
import ssl
import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pycurl
from botocore.httpsession import get_cert_path

from faceweb.webhooks.addresses import Address

CONNECT_SECONDS = 5
IN_ALL_SECONDS = 15.0

NO_CONNECTION = "it takes no connection: refused, or not reached"
BAD_CERTIFICATE = "its certificate is not one for this host"
WHY = {
    pycurl.E_COULDNT_CONNECT: NO_CONNECTION,
    pycurl.E_PEER_FAILED_VERIFICATION: BAD_CERTIFICATE,
    pycurl.E_SSL_CONNECT_ERROR: BAD_CERTIFICATE,
}


class NotReached(Exception):
    """An address that gave no whole answer; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an address answered: its status, where to ask instead, and its content so far."""

    status: int
    moved_to: str
    content: bytes


def call(
    address: Address,
    headers: Mapping[str, str],
    seconds: float,
    most_bytes: int = 0,
    body: bytes | None = None,
) -> Answer:
    """GET, or POST where there is a body. Raises NotReached.

    Parameters:
        seconds: for all of it, however slowly the bytes come.
        most_bytes: content that is longer is cut off behind them.
    """
    content = bytearray()

    def take(part: bytes) -> int | None:
        content.extend(part)
        return 0 if len(content) > most_bytes else None  # 0 ends it

    curl = _curl(address, seconds)
    curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()])
    curl.setopt(pycurl.WRITEFUNCTION, take)
    if body is not None:
        curl.setopt(pycurl.POSTFIELDS, body)
    try:
        curl.perform()
    except pycurl.error as error:
        if error.args[0] == pycurl.E_OPERATION_TIMEDOUT:
            raise NotReached(f"no answer within {seconds:g} s in all") from None
        if error.args[0] != pycurl.E_WRITE_ERROR:
            raise NotReached(WHY.get(error.args[0], "its answer broke off")) from None
    moved_to = (curl.getinfo_raw(pycurl.REDIRECT_URL) or b"").decode(errors="replace")
    status = curl.getinfo(pycurl.RESPONSE_CODE)
    return Answer(status=status, moved_to=moved_to, content=bytes(content))


def _curl(address: Address, seconds: float) -> pycurl.Curl:
    """Connects to the checked IP address, and expects the certificate of the host's name."""
    curl = pycurl.Curl()
    path = quote(address.path, safe=string.punctuation)
    url = f"{address.scheme}://{address.host_header}{path}"
    ip = f"[{address.ip}]" if ":" in address.ip else address.ip
    curl.setopt(pycurl.URL, url.encode())
    curl.setopt(pycurl.CONNECT_TO, [f"::{ip}:{address.port}"])
    curl.setopt(pycurl.PATH_AS_IS, 1)
    curl.setopt(pycurl.PROXY, "")  # it would look the host up by itself
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    curl.setopt(pycurl.NOSIGNAL, 1)  # timeouts without signals: it runs in threads
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
    curl.setopt(pycurl.TIMEOUT_MS, max(int(seconds * 1000), 1))
    known = ssl.get_default_verify_paths()
    curl.setopt(pycurl.CAINFO, os.fsencode(known.cafile or str(get_cert_path(True))))
    if known.capath:
        curl.setopt(pycurl.CAPATH, os.fsencode(known.capath))
    return curl
