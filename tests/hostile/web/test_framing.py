"""What is no HTTP, odd methods and addresses: refused, and nothing of it is taken for a request."""

from __future__ import annotations

import re
import socket

import pytest

from tests.hostile.web.conftest import Site
from tests.hostile.web.sending import END, FORM, HOST, MARK, chunked, ends, form, get, post
from tests.hostile.web.servers import read_answer

pytestmark = pytest.mark.system

POST = b"POST / HTTP/1.1\r\n" + HOST + FORM
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a space in the host": b"GET / HTTP/1.1\r\nHost: local host\r\n" + END,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a signed length": POST + b"Content-Length: +5\r\n\r\nhello",
    "a length in hexadecimal": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length of words": POST + b"Content-Length: five\r\n\r\nhello",
    "a length of 30 digits": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a coding that is not known": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding in disguise": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "the coding twice": POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "a chunk of negative size": CHUNKED + b"-1\r\nx\r\n0\r\n\r\n",
    "a chunk of no size": CHUNKED + b"zz\r\nx\r\n0\r\n\r\n",
    "a chunk of endless size": CHUNKED + b"F" * 30 + b"\r\nx\r\n",
    "a chunk without its end": CHUNKED + b"1\r\nxy\r\n0\r\n\r\n",
    "chunks of one byte": CHUNKED + b"1\r\nx\r\n" * 20_000,
    "a space before the colon": POST + b"Content-Length : 5\r\n\r\nhello",
    "a nul in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a\x00b\r\n" + END,
    "a carriage return in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a\rb\r\n" + END,
    "a header's name of junk": b"GET / HTTP/1.1\r\n" + HOST + b"X A: 1\r\n" + END,
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"XA\r\n" + END,
    "no version": b"GET /\r\n\r\n",
    "a version of words": b"GET / HTTP/one\r\n" + HOST + END,
    "the start of TLS": bytes.fromhex("16030100f4010000f00303") + b"\x00" * 240,
    "noise": bytes(range(256)) * 8,
    "a path of 60 KB": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + END,
    "a header of 60 KB": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 60_000 + b"\r\n" + END,
    "9,000 headers": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: 1\r\n" * 9_000 + END,
    "a form without a boundary": post("/", form(), kind=b"Content-Type: multipart/form-data\r\n"),
    "a form that is cut off": post("/", form(b"x" * 300_000)[:-40]),
    "a large form of another boundary": post("/", form(b"x" * 300_000).replace(MARK, b"other")),
    "no form": post("/", b"hello", kind=b"Content-Type: text/plain\r\n"),
    "several files": post("/", form(files=2)),
    "a hundred files": post("/", form(files=100)),
    "no file": post("/", form(field=b"other")),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_400_and_ends_the_connection(site: Site, name: str) -> None:
    with site.open.connect() as connection:
        connection.sendall(BROKEN[name])
        answer = read_answer(connection)

        assert answer.status == 400
        assert answer.header("Connection") == "close"
        assert "Traceback" not in answer.body
        connection.settimeout(20)
        try:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError, OSError) as ended:
            assert not isinstance(ended, TimeoutError)


@pytest.mark.parametrize(
    ("request_line", "statuses"),
    [
        ("BREW / HTTP/1.1", {405}),
        ("TRACE / HTTP/1.1", {405}),
        ("PUT / HTTP/1.1", {405}),
        ("OPTIONS / HTTP/1.1", {405}),
        ("post / HTTP/1.1", {400}),
        ("DELETE /healthz HTTP/1.1", {403, 405}),
        ("CONNECT evil.example:443 HTTP/1.1", {400, 404}),
        ("GET http://evil.example/healthz HTTP/1.1", {400, 404}),
        ("GET //evil.example/healthz HTTP/1.1", {400, 404}),
        ("GET /../../etc/passwd HTTP/1.1", {404}),
        ("GET /static/..%2f..%2fmanage.py HTTP/1.1", {404}),
        ("GET /jobs/%00 HTTP/1.1", {400}),
        ("GET /people/%00 HTTP/1.1", {400}),
        ("GET /api/v1/subjects/%00 HTTP/1.1", {400}),
        ("GET /history?result=%00 HTTP/1.1", {400}),
        ("GET /%ff%fe HTTP/1.1", {404}),
        ("GET /api/v1/jobs?cursor=%00 HTTP/1.1", {400}),
        ("OPTIONS * HTTP/1.1", {400, 404}),
        ("PRI * HTTP/2.0", {505}),
        ("GET / HTTP/9.9", {505}),
    ],
)
def test_odd_methods_and_addresses(site: Site, request_line: str, statuses: set[int]) -> None:
    answer = site.open.ask(f"{request_line}\r\n".encode() + HOST + END)

    assert answer.status in statuses


def test_a_chunked_form_is_a_form(site: Site) -> None:
    body = form()

    answer = site.open.ask(chunked(body[:50], body[50:]))

    assert answer.status == 415  # it was read: what is in it is no picture


def test_a_second_request_on_a_connection_is_read_after_the_first(site: Site) -> None:
    """A body that was refused unread is never taken for the next request."""
    hidden = b"GET /metrics HTTP/1.1\r\n" + HOST + END
    length = f"Content-Length: {len(hidden)}\r\n\r\n".encode()
    with site.strict.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HOST + FORM + length + hidden)
        received = ends(connection)

    assert received.count(b"HTTP/1.1 ") == 1
    assert b"401" in received.split(b"\r\n")[0]


def test_made_up_methods_and_addresses_make_no_series(site: Site) -> None:
    for number in range(20):
        site.open.ask(f"METHOD{number} /path{number} HTTP/1.1\r\n".encode() + HOST + END)

    told = site.open.ask(get("/metrics")).body

    assert set(re.findall(r'method="(\w+)"', told)) <= {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other",
    }  # fmt: skip
    assert "path1" not in told
