"""Hostile HTTP against a real server process: what each request is answered, and what it may cost.

All cases share two servers (`web_servers`): one that asks for keys, one that does not.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from localcloud.system.processes import stop_all
from tests.hostile.web_servers import (
    CONNECTIONS,
    HEADER_SECONDS,
    OPEN,
    PASSWORD,
    PROXY,
    STRICT,
    Answer,
    WebServer,
    prepared_keys,
    read_answer,
)

pytestmark = pytest.mark.system

MARK = b"hostile"
FORM = b"Content-Type: multipart/form-data; boundary=" + MARK + b"\r\n"
HOST = b"Host: localhost\r\n"
END = b"Connection: close\r\n\r\n"
NOT_A_PICTURE = b"this is no picture"
AN_ID = "0d8312bf-061d-46ad-8995-a688f8c3ca9f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Both servers, their database and their keys."""

    strict: WebServer
    open: WebServer
    keys: dict[str, str]
    database: Path

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.database, timeout=20) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hostile")
    keys = prepared_keys(folder)
    strict, open_ = WebServer(folder, "strict", STRICT), WebServer(folder, "open", OPEN)
    for server in (strict, open_):
        server.child.start()
    try:
        for server in (strict, open_):
            server.wait()
        yield Site(strict=strict, open=open_, keys=keys, database=folder / "faceweb.sqlite3")
    finally:
        stop_all([strict.child, open_.child], seconds=5)


@pytest.fixture(autouse=True)
def still_serving(site: Site) -> Iterator[None]:
    """Whatever a client did, the next one is served, and nothing was our fault."""
    yield
    for server in (site.strict, site.open):
        assert server.ask(b"OPTIONS / HTTP/1.1\r\n" + HOST + END).status == 405
        assert "Traceback" not in server.child.log_file.read_text()


def form(content: bytes = NOT_A_PICTURE, field: bytes = b"inputFile", files: int = 1) -> bytes:
    part = (
        b"--" + MARK + b'\r\nContent-Disposition: form-data; name="' + field
        + b'"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + content + b"\r\n"
    )  # fmt: skip
    return part * files + b"--" + MARK + b"--\r\n"


def post(path: str, body: bytes, *headers: str, kind: bytes = FORM, host: bytes = HOST) -> bytes:
    more = "".join(f"{header}\r\n" for header in headers).encode()
    length = f"Content-Length: {len(body)}\r\n".encode()
    return f"POST {path} HTTP/1.1\r\n".encode() + host + kind + length + more + END + body


def get(path: str, *headers: str, host: bytes = HOST) -> bytes:
    more = "".join(f"{header}\r\n" for header in headers).encode()
    return f"GET {path} HTTP/1.1\r\n".encode() + host + more + END


def chunked(*chunks: bytes) -> bytes:
    framed = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks)
    head = b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n" + END
    return head + framed + b"0\r\n\r\n"


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


@pytest.mark.parametrize(
    ("path", "field", "megabytes"),
    [
        ("/", b"inputFile", 1),
        ("/recognise", b"inputFile", 1),
        ("/api/v1/recognise", b"picture", 1),
        ("/api/v1/recognise/batch", b"pictures", 2),
        ("/videos", b"inputFile", 2),
        ("/api/v1/videos", b"video", 2),
        ("/admin/login/", b"username", 1),
    ],
)
@pytest.mark.parametrize("is_chunked", [True, False])
def test_what_is_too_large_gets_its_413_also_while_it_is_sent(
    site: Site, path: str, field: bytes, megabytes: int, is_chunked: bool
) -> None:
    body = form(b"x" * (megabytes * 2**20 + 200_000), field)
    if is_chunked:
        pieces = [body[start : start + 60_000] for start in range(0, len(body), 60_000)]
        request = chunked(*pieces).replace(b"POST / ", f"POST {path} ".encode(), 1)
    else:
        request = post(path, body)

    answer = site.open.ask(request)

    assert answer.status == 413
    assert answer.header("Connection") == "close"


def test_fields_that_are_too_large_together_are_refused(site: Site) -> None:
    body = (
        b"--" + MARK + b'\r\nContent-Disposition: form-data; name="webhook"\r\n\r\n'
        + b"x" * 1_040_000 + b"\r\n--" + MARK + b"--\r\n"
    )  # fmt: skip

    assert site.open.ask(post("/api/v1/recognise/batch", body * 1)).status in (413, 422)


KEYED = {
    "/": 401,
    "/videos": 401,
    "/recognise": 403,
    "/api/v1/recognise": 401,
    "/api/v1/recognise/batch": 401,
    "/api/v1/detect": 401,
    "/api/v1/verify": 401,
    "/api/v1/videos": 401,
    "/api/v1/subjects": 401,
}


def announced(path: str, *headers: str) -> bytes:
    """The headers of an upload of 900 KB whose client waits to be asked for it."""
    more = "".join(f"{header}\r\n" for header in headers)
    return (
        f"POST {path} HTTP/1.1\r\n".encode() + HOST + FORM
        + f"Content-Length: 900000\r\nExpect: 100-continue\r\n{more}\r\n".encode()
    )  # fmt: skip


@pytest.mark.parametrize("path", KEYED)
def test_without_a_key_a_body_is_not_even_asked_for(site: Site, path: str) -> None:
    answer = site.strict.ask(announced(path))

    assert answer.status == KEYED[path]
    assert answer.header("Connection") == "close"


@pytest.mark.parametrize("path", ["/made-up", "/api/v1/made-up", "/api/made-up", "/static/made-up"])
def test_nor_for_an_address_that_is_made_up(site: Site, path: str) -> None:
    for server in (site.open, site.strict):
        assert server.ask(announced(path)).status == 404


@pytest.mark.parametrize("path", ["/", "/videos", "/api/v1/recognise"])
@pytest.mark.parametrize("key", ["unknown", "revoked", "expired", "bound"])
def test_nor_with_a_key_that_is_not_valid(site: Site, path: str, key: str) -> None:
    secret = site.keys.get(key, "efr_made_up")

    assert site.strict.ask(announced(path, f"X-API-Key: {secret}")).status == 401


@pytest.mark.parametrize("path", ["/", "/videos", "/api/v1/recognise"])
def test_with_a_good_key_it_is_asked_for(site: Site, path: str) -> None:
    answer = site.strict.ask(announced(path, f"Authorization: Bearer {site.keys['good']}"))

    assert answer.status == 100


def test_a_key_without_the_scope_may_not(site: Site) -> None:
    answer = site.strict.ask(post("/", form(), f"X-API-Key: {site.keys['blind']}"))

    assert (answer.status, "scope" in answer.body) == (403, True)


def test_a_wrong_key_is_refused_also_where_none_is_needed(site: Site) -> None:
    assert site.open.ask(post("/", form(), "X-API-Key: efr_made_up")).status == 401


@pytest.mark.parametrize(
    ("path", "with_key"), [(f"/jobs/{AN_ID}", 404), (f"/videos/{AN_ID}", 404), ("/metrics", 403)]
)
def test_reading_asks_for_a_key_too(site: Site, path: str, with_key: int) -> None:
    assert site.strict.ask(get(path)).status == 401
    assert site.strict.ask(get(path, f"X-API-Key: {site.keys['good']}")).status == with_key


def test_a_stranger_may_send_a_login_and_nothing_larger(site: Site) -> None:
    def login(size: int) -> Answer:
        kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
        return site.strict.ask(post("/admin/login/", b"username=" + b"x" * size, kind=kind))

    assert login(100).status == 403  # without the form's token
    assert login(100_000).status == 413


@pytest.fixture
def pages(site: Site) -> Iterator[Callable[..., httpx.Response]]:
    """Sends a large form to a page of the server that asks for logins, as a user's browser."""
    with ExitStack() as clients:

        def send(user: str, path: str, **headers: str) -> httpx.Response:
            address = f"http://127.0.0.1:{site.strict.port}"
            client = clients.enter_context(httpx.Client(base_url=address, timeout=30))
            client.get("/admin/login/")
            login = {"username": user, "password": PASSWORD}
            token = {"X-CSRFToken": client.cookies["csrftoken"]}
            assert client.post("/admin/login/?next=/", data=login, headers=token).status_code == 302
            token = {"X-CSRFToken": client.cookies["csrftoken"], **headers}
            picture = {"inputFile": ("a.jpg", b"no picture" * 50_000)}
            return client.post(path, files=picture, headers=token)

        yield send


@pytest.mark.parametrize("path", ["/recognise", "/videos"])
def test_a_user_who_logged_in_sends_large_forms_from_the_pages(
    pages: Callable[..., httpx.Response], path: str
) -> None:
    assert pages("admin", path, **{"Sec-Fetch-Site": "same-origin"}).status_code == 415
    assert pages("viewer", path, **{"Sec-Fetch-Site": "same-origin"}).status_code == 403
    assert pages("admin", path, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


FOREIGN = [
    ("POST", "/", ("Sec-Fetch-Site: cross-site", "Origin: https://evil.example")),
    ("POST", "/", ("Origin: https://evil.example",)),
    ("POST", "/", ("Origin: null",)),
    ("POST", "/", ("Origin: http://localhost.evil.example",)),
    ("POST", "/", ("Sec-Fetch-Site: same-site", "Origin: http://localhost:3000")),
    ("POST", "/videos", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/recognise", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/api/v1/recognise", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/api/v1/subjects", ("Origin: https://evil.example",)),
    ("DELETE", f"/api/v1/jobs/{AN_ID}", ("Origin: https://evil.example",)),
    ("PATCH", f"/api/v1/subjects/{AN_ID}", ("Sec-Fetch-Site: cross-site",)),
    ("POST", "/admin/login/", ("Origin: https://evil.example",)),
]


@pytest.mark.parametrize(("method", "path", "headers"), FOREIGN)
def test_a_page_of_another_site_may_send_nothing(
    site: Site, method: str, path: str, headers: tuple[str, ...]
) -> None:
    request = post(path, form(), *headers).replace(b"POST", method.encode(), 1)

    answer = site.open.ask(request)

    assert answer.status == 403
    assert "another site" in answer.body


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Sec-Fetch-Site: same-origin", "Origin: http://localhost"),
        ("Origin: http://localhost",),
    ],
)
def test_a_program_and_our_own_page_may(site: Site, headers: tuple[str, ...]) -> None:
    assert site.open.ask(post("/", form(), *headers)).status == 415


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"10.0.0.7"])
@pytest.mark.parametrize("path", ["/", "/api/v1/jobs", "/people", "/metrics"])
def test_a_name_that_was_bound_to_our_address_is_not_ours(
    site: Site, host: bytes, path: str
) -> None:
    assert site.open.ask(get(path, host=b"Host: " + host + b"\r\n")).status == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_health_is_told_to_any_host(site: Site, path: str, method: bytes) -> None:
    for server in (site.strict, site.open):
        request = get(path, host=b"Host: 10.0.0.7:8000\r\n").replace(b"GET", method, 1)
        with server.connect() as connection:
            connection.sendall(request)
            head = connection.recv(65536)
        assert head.startswith(b"HTTP/1.1 503")  # there is no storage here


def replayed(site: Site, key: str, name: str, path: str = "/api/v1/recognise") -> Answer:
    headers = (f"X-API-Key: {site.keys.get(key, key)}", f"Idempotency-Key: {name}")
    return site.strict.ask(post(path, form(field=b"picture"), *headers))


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("replaying", "revoked_at = '2020-01-01 00:00:00'"),
        ("expiring", "expires_at = '2020-01-01 00:00:00'"),
    ],
)
def test_a_kept_answer_is_not_given_to_a_key_that_is_no_longer_valid(
    site: Site, key: str, change: str
) -> None:
    assert replayed(site, key, "once").status == 415
    again = replayed(site, key, "once")
    assert (again.status, again.header("Idempotency-Replayed")) == (415, "true")

    site.rows(f"UPDATE faceweb_apikey SET {change} WHERE name = '{key}'")  # noqa: S608 - ours

    assert replayed(site, key, "once").status == 401


def test_a_kept_answer_counts_against_the_keys_rate(site: Site) -> None:
    statuses = [replayed(site, "busy", "again").status for _ in range(4)]

    assert 429 in statuses  # at most two of four fall into a new minute


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("efr_made_up", "/api/v1/recognise"),
        ("revoked", "/api/v1/recognise"),
        ("good", "/api/v1/made-up"),
        ("good", "/api/made-up"),
    ],
)
def test_nothing_is_kept_for_strangers_or_made_up_addresses(
    site: Site, key: str, path: str
) -> None:
    kept = "SELECT count(*) FROM faceweb_idempotentanswer"
    before = site.rows(kept)

    assert replayed(site, key, str(uuid.uuid4()), path).status in (401, 404)
    assert site.rows(kept) == before


@pytest.mark.parametrize(
    ("source", "forwarded", "status"),
    [
        ("127.0.0.1", "203.0.113.5", 401),  # anybody can say so
        (PROXY, "203.0.113.5", 404),
        (PROXY, "198.51.100.1, 203.0.113.5", 404),
        (PROXY, "203.0.113.5, 198.51.100.1", 401),
        (PROXY, "203.0.113.5, 127.0.0.1", 401),
        (PROXY, "203.0.113.5 evil", 401),
        (PROXY, "", 401),
    ],
)
def test_a_forwarded_address_counts_from_a_trusted_proxy_alone(
    site: Site, source: str, forwarded: str, status: int
) -> None:
    """The key is for addresses of 203.0.113.0/24."""
    said = (f"X-API-Key: {site.keys['bound']}", f"X-Forwarded-For: {forwarded}")

    assert site.strict.ask(get(f"/jobs/{AN_ID}", *said), source).status == status


@pytest.mark.parametrize(
    ("source", "host", "forwarded", "status"),
    [
        ("127.0.0.1", b"evil.example", "localhost", 400),
        ("127.0.0.1", b"localhost", "evil.example", 401),
        (PROXY, b"evil.example", "localhost", 401),
        (PROXY, b"localhost", "evil.example", 400),
        (PROXY, b"localhost", "evil.example, localhost", 401),
    ],
)
def test_a_forwarded_host_counts_from_a_trusted_proxy_alone(
    site: Site, source: str, host: bytes, forwarded: str, status: int
) -> None:
    request = get("/metrics", f"X-Forwarded-Host: {forwarded}", host=b"Host: " + host + b"\r\n")

    assert site.strict.ask(request, source).status == status


def test_made_up_methods_and_addresses_make_no_series(site: Site) -> None:
    for number in range(20):
        site.open.ask(f"METHOD{number} /path{number} HTTP/1.1\r\n".encode() + HOST + END)

    told = site.open.ask(get("/metrics")).body

    assert set(re.findall(r'method="(\w+)"', told)) <= {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other",
    }  # fmt: skip
    assert "path1" not in told


def ends(connection: socket.socket) -> bytes:
    """What comes until the server ends the connection; fails where it does not."""
    connection.settimeout(30)
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize(
    "start",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"GET / HTTP/1.1\r\nX-A: "],
)
def test_headers_that_do_not_come_end_the_connection(site: Site, start: bytes) -> None:
    with site.open.connect() as connection:
        connection.sendall(start)

        assert ends(connection).startswith(b"HTTP/1.1 408")


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
        refused = site.open.ask(get("/metrics"), crowd)
        served = site.open.ask(get("/metrics"), "127.0.3.2")
    finally:
        for connection in held:
            connection.close()

    assert (refused.status, f"{CONNECTIONS} connections" in refused.body) == (503, True)
    assert served.status == 200
    deadline = time.monotonic() + 30
    while site.open.ask(get("/metrics"), crowd).status != 200:
        assert time.monotonic() < deadline


def test_a_second_request_on_a_connection_is_read_after_the_first(site: Site) -> None:
    """A body that was refused unread is never taken for the next request."""
    hidden = b"GET /metrics HTTP/1.1\r\n" + HOST + END
    length = f"Content-Length: {len(hidden)}\r\n\r\n".encode()
    with site.strict.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n" + HOST + FORM + length + hidden)
        received = ends(connection)

    assert received.count(b"HTTP/1.1 ") == 1
    assert b"401" in received.split(b"\r\n")[0]


@pytest.mark.parametrize("path", ["/", "/history", f"/jobs/{AN_ID}", "/api/v1/jobs"])
def test_no_other_site_can_show_or_frame_what_is_here(site: Site, path: str) -> None:
    answer = site.open.ask(get(path))

    assert answer.header("Cross-Origin-Resource-Policy") == "same-origin"
    assert answer.header("Cross-Origin-Opener-Policy") == "same-origin"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert "frame-ancestors 'none'" in answer.header("Content-Security-Policy")


def test_a_problem_of_the_api_is_json(site: Site) -> None:
    answer = site.open.ask(post("/api/v1/recognise", form(b"x" * 1_200_000, b"picture")))

    assert answer.header("Content-Type") == "application/problem+json"
    assert json.loads(answer.body)["status"] == 413
