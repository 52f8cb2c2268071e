"""What a server may answer, and what is made of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from foundation.lean.connections import Connections, Server, Unclear

Answers = list[bytes]


class ScriptedServer:
    """Answers each request with the next bytes of a script; empty ones close the connection."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def _serve(self) -> None:
        while self._answers:
            try:
                opened, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with closing(opened):
                self._speak(opened)

    def _speak(self, opened: socket.socket) -> None:
        while self._answers:
            received = opened.recv(100_000)
            if not received:
                return
            self.requests.append(received)
            answer = self._answers.pop(0)
            opened.sendall(answer)
            if b"content-length" not in answer and b"chunked" not in answer:
                return

    def end(self) -> None:
        self._listening.close()


Serve = Callable[..., tuple[ScriptedServer, Connections]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ScriptedServer] = []

    def start(*answers: bytes) -> tuple[ScriptedServer, Connections]:
        server = ScriptedServer(list(answers))
        servers.append(server)
        return server, Connections(Server("127.0.0.1", server.port, None, 5.0, 5.0))

    yield start
    for server in servers:
        server.end()


OK = b"HTTP/1.1 200 OK\r\n"


def exchanged(connections: Connections, body: bytes = b"") -> bytes:
    return connections.exchange("POST", "/a", {"host": "there"}, body).body


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"content-length: 5\r\n\r\nhello",
        OK + b"Content-Length: 5\r\nX: y\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nlast: one\r\n\r\n",
        OK + b"\r\nhello",
    ],
    ids=["length", "other case", "chunks", "until the end"],
)
def test_a_body_is_whole_however_its_end_is_told(serve: Serve, answer: bytes) -> None:
    _, connections = serve(answer)

    assert exchanged(connections) == b"hello"


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"content-length: 50\r\n\r\nhello",
        OK + b"content-length: -1\r\n\r\n",
        OK + b"transfer-encoding: gzip\r\n\r\n",
        OK + b"transfer-encoding: chunked\r\n\r\nfive\r\nhello",
        OK + b"transfer-encoding: chunked\r\n\r\n-5\r\nhello",
        OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhello",
        OK + b"no colon\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200",
        b"x" * 100_000,
        b"",
    ],
)
def test_what_is_broken_or_not_understood_is_no_answer(serve: Serve, answer: bytes) -> None:
    server, _ = serve(answer, b"")
    connections = Connections(Server("127.0.0.1", server.port, None, 5.0, 0.2))

    with pytest.raises((Unclear, OSError)):
        exchanged(connections)
    assert connections._idle == []


def test_a_connection_is_used_again(serve: Serve) -> None:
    answer = OK + b"content-length: 2\r\n\r\nhi"
    server, connections = serve(answer, answer, answer)

    assert [exchanged(connections) for _ in range(3)] == [b"hi"] * 3
    assert server.connections == 1


@pytest.mark.parametrize("said", [b"connection: close\r\n", b""], ids=["said", "not said"])
def test_a_connection_that_the_server_closed_is_replaced(serve: Serve, said: bytes) -> None:
    """Also where it closes without a word, as AWS does with idle ones."""
    server, connections = serve(OK + said + b"\r\n", OK + b"content-length: 2\r\n\r\nhi")

    exchanged(connections)

    assert exchanged(connections) == b"hi"
    assert server.connections == 2


def test_what_comes_after_an_answer_belongs_to_no_other(serve: Serve) -> None:
    """A second answer that nobody asked for must not be taken for the next request's."""
    answer = OK + b"content-length: 2\r\n\r\n"
    server, connections = serve(answer + b"hi" + answer + b"no", answer + b"me")

    assert exchanged(connections) == b"hi"
    assert exchanged(connections) == b"me"
    assert server.connections == 2


def test_a_large_body_arrives_whole(serve: Serve) -> None:
    server, connections = serve(OK + b"content-length: 0\r\n\r\n")

    exchanged(connections, b"x" * 50_000)

    assert server.requests[0].startswith(b"POST /a HTTP/1.1\r\nhost: there\r\n\r\nxxx")
