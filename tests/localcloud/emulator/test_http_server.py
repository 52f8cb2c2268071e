"""The emulator's server keeps a connection, whatever an application does with the request."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from localcloud.emulator.http_server import KeepAliveHandler


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/fault":
        raise RuntimeError("a fault of the emulator's own")
    if environ["PATH_INFO"] == "/unread":
        start_response("200 OK", [])
        return [b"not read"]
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("X-Length", str(len(body)))])
    return [environ["REQUEST_METHOD"].encode(), b" ", body]


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    server = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=KeepAliveHandler
    )
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    client.connect()
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def ask(
    connection: http.client.HTTPConnection, path: str, body: Any = None, method: str = "POST"
) -> tuple[int, bytes]:
    connection.request(method, path, body=body)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/", b"picture", (200, b"POST picture")),
        ("/", None, (200, b"POST ")),
        ("/", iter([b"in ", b"chunks"]), (200, b"POST in chunks")),
        ("/unread", b"x" * 100_000, (200, b"not read")),
        ("/fault", b"picture", (500, b"The emulator failed.\n")),
    ],
)
def test_the_next_request_goes_over_the_same_connection(
    connection: http.client.HTTPConnection, path: str, body: Any, answer: tuple[int, bytes]
) -> None:
    socket = connection.sock

    assert ask(connection, path, body) == answer
    assert ask(connection, "/", b"next") == (200, b"POST next")

    assert connection.sock is socket


def test_a_head_request_has_no_body(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "/", method="HEAD") == (200, b"")
    assert ask(connection, "/", b"next") == (200, b"POST next")
