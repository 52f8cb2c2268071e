"""Small ways in: webhooks, exported tables, files, messages, answers of S3. Each is refused."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from faceweb.webhooks.addresses import (
    Address,
    AddressRefused,
    checked_address,
    is_public,
    within,
)
from faceweb.webhooks.calling import NotReached
from faceweb.webhooks.delivery import post

PUBLIC = "93.184.216.34"


def resolve(*ips: str) -> Callable[[str, int], tuple[str, ...]]:
    return lambda host, port: ips


@pytest.mark.parametrize(
    "ip",
    [
        "64:ff9b::10.0.0.1",  # NAT64
        "64:ff9b::93.184.216.34",
        "64:ff9b:1::1",  # NAT64 of a network of one's own
        "2002:a00:1::1",  # 6to4 of 10.0.0.1
        "2002:5db8:d822::1",  # 6to4 of a public address
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "fec0::1",  # site-local, which has been given up
        "fc00::1",
        "fe80::1%eth0",
        "::1",
        "::",
        "::10.0.0.1",  # IPv4-compatible
        "::93.184.216.34",
        "::ffff:10.0.0.1",  # IPv4-mapped
        "::ffff:93.184.216.34",
        "2001:db8::1",
        "ff0e::1",
        "100::1",
        "192.0.0.1",
        "192.0.0.9",
        "192.88.99.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "224.0.0.1",
        "127.0.0.1",
    ],
)
def test_a_webhook_goes_to_no_address_in_disguise(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip.partition("%")[0]))
    with pytest.raises(AddressRefused):
        checked_address("https://example.org/", False, resolve(PUBLIC, ip))


@pytest.mark.parametrize("ip", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_webhook_goes_to_the_internet(ip: str) -> None:
    assert checked_address("https://example.org/", False, resolve(ip)).ip == ip


@pytest.mark.parametrize("url", ["https://example.org:22/", "https://example.org:8443/a"])
@pytest.mark.parametrize("private_allowed", [False, True])
def test_a_webhook_reaches_no_other_port_of_the_internet(url: str, private_allowed: bool) -> None:
    with pytest.raises(AddressRefused, match="port"):
        checked_address(url, private_allowed, resolve(PUBLIC))


def test_a_webhook_reaches_any_port_of_this_network_where_that_is_allowed() -> None:
    assert checked_address("http://hook.local:8080/", True, resolve("10.0.0.5")).port == 8080


def test_a_refusal_tells_nothing_about_this_network() -> None:
    """Not whether a name is known here, nor whether it is a machine of ours."""
    refusals = set()
    for ips, port in (((), ""), (("10.0.0.1",), ""), ((PUBLIC,), ":8443")):
        with pytest.raises(AddressRefused) as refused:
            checked_address(f"https://intranet.example{port}/", False, resolve(*ips))
        refusals.add(str(refused.value))

    assert len(refusals) == 1


def test_a_look_up_that_hangs_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        within(0.05, lambda: threading.Event().wait(5))


class Dripping:
    """A server that sends a byte of an endless header again and again."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connected, _ = self._listener.accept()
            connected.recv(65536)
            connected.sendall(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            while not self._stop.wait(0.02):
                connected.sendall(b"a")
        except OSError:
            return

    def close(self) -> None:
        self._stop.set()
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def dripping() -> Iterator[Dripping]:
    server = Dripping()
    yield server
    server.close()


def test_an_answer_that_drips_is_cut_off(dripping: Dripping) -> None:
    address = Address(scheme="http", host="127.0.0.1", port=dripping.port, ip="127.0.0.1", path="/")
    begun = time.monotonic()

    with pytest.raises(NotReached, match=r"no answer within 0\.3 s in all"):
        post(address, b"{}", {}, in_all_seconds=0.3)
    assert time.monotonic() - begun < 10  # each byte comes in time: without it there is no end
