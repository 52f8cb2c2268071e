"""Clients that send slowly, or hold many connections: others are served."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import ends, form, get, post
from tests.hostile.web.servers import CONNECTIONS, HEADER_SECONDS

pytestmark = pytest.mark.system


STARTS = (b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"GET / HTTP/1.1\r\nX-A: ")


def test_headers_that_do_not_come_end_the_connection(site: Site) -> None:
    """All wait at once, for the same time."""
    with ExitStack() as open_ones:
        waiting = {start: open_ones.enter_context(site.open.connect()) for start in STARTS}
        for start, connection in waiting.items():
            connection.sendall(start)
        answers = {start: ends(connection) for start, connection in waiting.items()}

    for start, answer in answers.items():
        assert answer.startswith(b"HTTP/1.1 408"), start


def test_a_header_a_byte_at_a_time_has_no_more_time_than_another(site: Site) -> None:
    with site.open.connect() as connection:
        connection.settimeout(HEADER_SECONDS / 4)
        answer = b""
        for byte in b"GET / HTTP/1.1\r\nX-A: " + b"a" * 400:
            try:
                connection.sendall(bytes([byte]))
                answer = connection.recv(100)
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break

    assert answer.startswith(b"HTTP/1.1 408") or not answer


def test_a_body_that_stalls_ends_the_connection_and_holds_no_memory(site: Site) -> None:
    """30 uploads of 1 MB, all but the last bytes of them."""
    before = site.open.resident_mib()
    body = form(b"x" * 1_000_000)
    request = post("/", body)[:-10]
    stalled = [site.open.connect(f"127.0.1.{number % 3}") for number in range(30)]
    try:
        for connection in stalled:
            connection.sendall(request)
        during = site.open.resident_mib()

        for connection in stalled:
            assert ends(connection).startswith(b"HTTP/1.1 408")
    finally:
        for connection in stalled:
            connection.close()

    assert during - before < 25


def test_half_open_clients_are_gone_while_others_are_served(site: Site) -> None:
    waiting = [site.open.connect(f"127.0.2.{number // 30}") for number in range(300)]
    try:
        for connection in waiting:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert site.open.ask(get("/metrics")).status == 200
        for connection in waiting:
            ends(connection)
    finally:
        for connection in waiting:
            connection.close()


def test_one_address_has_so_many_connections_and_others_have_theirs(site: Site) -> None:
    crowd = "127.0.3.1"
    held = [site.open.connect(crowd) for _ in range(CONNECTIONS)]
    try:
        for connection in held:  # with uploads, which have more time than headers
            connection.sendall(post("/", form(b"x" * 1000))[:-10])
        refused = site.open.ask(get("/metrics"), crowd)
        served = site.open.ask(get("/metrics"), "127.0.3.2")
    finally:
        for connection in held:
            connection.close()

    assert (refused.status, f"{CONNECTIONS} connections" in refused.body) == (503, True)
    assert served.status == 200
    deadline = time.monotonic() + 120
    while site.open.ask(get("/metrics"), crowd).status != 200:
        assert time.monotonic() < deadline
