"""A proxy before the emulator that fails on purpose: what AWS and networks do on a bad day."""

from __future__ import annotations

import http.client
import json
import random
import re
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SERVICE = re.compile(r"/([a-z0-9-]+)/aws4_request")
DROPPED = ("content-length", "transfer-encoding", "connection", "server", "expect")
LONGEST_ANSWER_SECONDS = 40
"""A long poll lasts up to 20 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of AWS.

    `operation` is AWS's name for it, of S3 the HTTP method; `resource` the queue or the bucket.
    """

    service: str
    operation: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class CallerGone(Exception):
    """Whoever asked has closed the connection."""


class Exchange:
    """One call on its way through: what a fault may do with it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes, upstream: Upstream) -> None:
        self.body = body
        self.call = read_call(handler, body)
        self.caller_port: int = handler.client_address[1]
        self._handler = handler
        self._upstream = upstream

    def forward(self) -> Answer:
        """What the emulator answers. Raises CallerGone when nobody waits for it any more."""
        return self._upstream.ask(self._handler, self.body)

    def send(self, answer: Answer, length: int | None = None) -> None:
        """Answer; with `length`, say that so many bytes come."""
        handler = self._handler
        handler.send_response(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body) if length is None else length))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer.body)

    def send_half(self, answer: Answer) -> None:
        """Break the connection in the middle of an answer."""
        half = Answer(
            status=answer.status, headers=answer.headers, body=answer.body[: len(answer.body) // 2]
        )
        self.send(half, length=max(len(answer.body), 2))
        self.reset()

    def reset(self) -> None:
        """Break the connection, as a crashed host's network does: RST, not FIN."""
        handler = self._handler
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        handler.connection.close()


class Upstream:
    """One client's connection to the emulator, kept open between its calls."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port)

    def ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        headers = {n: v for n, v in handler.headers.items() if n.lower() not in DROPPED}
        self._connection.request(handler.command, handler.path, body, headers)
        self._wait(handler.connection)
        response = self._connection.getresponse()
        content = response.read()
        kept = [(n, v) for n, v in response.getheaders() if n.lower() not in DROPPED]
        return Answer(status=response.status, headers=tuple(kept), body=content)

    def _wait(self, caller: socket.socket) -> None:
        """Wait for an answer, and hang up when the caller does: a message that a long poll brings
        must not go to somebody who has died."""
        upstream = self._connection.sock
        ready, _, _ = select.select([upstream, caller], [], [], LONGEST_ANSWER_SECONDS)
        if upstream not in ready:
            self.close()
            raise CallerGone

    def close(self) -> None:
        self._connection.close()


def read_call(handler: BaseHTTPRequestHandler, body: bytes) -> Call:
    """Which call a request is, by AWS's three protocols (JSON, form, REST)."""
    signed_for = SERVICE.search(handler.headers.get("Authorization") or "")
    service = signed_for[1] if signed_for else ""
    if target := handler.headers.get("X-Amz-Target"):
        with suppress(ValueError):
            asked = json.loads(body)
            queue = str(asked.get("QueueUrl") or asked.get("QueueName") or "")
            return Call(service=service, operation=target.partition(".")[2],
                        resource=queue.rpartition("/")[2])  # fmt: skip
    if service == "s3":
        bucket = urlsplit(handler.path).path.lstrip("/").partition("/")[0]
        return Call(service=service, operation=handler.command, resource=bucket)
    action = parse_qs(body.decode("latin-1")).get("Action", [""])[0]
    return Call(service=service, operation=action, resource="")


Fault = Callable[[Exchange], None]
"""Answers a call in place of the emulator, or bends its answer, or breaks the connection."""


def pass_on(exchange: Exchange) -> None:
    exchange.send(exchange.forward())


def answer(status: int, body: bytes, content_type: str = "application/x-amz-json-1.0") -> Fault:
    """Answers every call with this, and does not carry it out."""
    return lambda exchange: exchange.send(
        Answer(status=status, headers=(("Content-Type", content_type),), body=body)
    )


def reset(exchange: Exchange) -> None:
    """Break the connection; the call is not carried out."""
    exchange.reset()


def cut_short(exchange: Exchange) -> None:
    """Promise more than is sent; the call is not carried out."""
    exchange.send(Answer(status=200, headers=(), body=b'{"Messages": ['), length=1000)
    exchange.reset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The calls that a fault takes, and the share of them: 1 is all."""

    matches: Callable[[Call], bool]
    fault: Fault
    share: float = 1.0


class FaultProxy:
    """Passes everything on to the emulator, but for the calls that are to fail."""

    def __init__(self, endpoint: str, seed: int = 0) -> None:
        self.target = urlsplit(endpoint)
        self.rules: tuple[Rule, ...] = ()
        self.failed = 0
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - faults, not secrets
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.upstream = Upstream(proxy.target.hostname or "", proxy.target.port or 80)

            def finish(self) -> None:
                self.upstream.close()
                with suppress(OSError, ValueError):
                    super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.take(Exchange(self, body, self.upstream))

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def take(self, exchange: Exchange) -> None:
        """Let the first fault have the call whose rule fits, or else pass it on."""
        fault = self._fault_for(exchange.call)
        if fault is not None:
            self.failed += 1
        try:
            (fault or pass_on)(exchange)
        except (CallerGone, OSError, ValueError, http.client.HTTPException):
            exchange.reset()

    def _fault_for(self, call: Call) -> Fault | None:
        for rule in self.rules:
            if rule.matches(call) and self._random.random() < rule.share:
                return rule.fault
        return None

    def add(self, rule: Rule) -> None:
        with self._lock:
            self.rules = (*self.rules, rule)

    def remove(self, rule: Rule) -> None:
        with self._lock:
            self.rules = tuple(other for other in self.rules if other is not rule)

    @contextmanager
    def failing(self, operation: str, fault: Fault) -> Iterator[None]:
        """Within this, the operation fails."""
        self.failed = 0
        rule = Rule(matches=lambda call: call.operation == operation, fault=fault)
        self.add(rule)
        try:
            yield
        finally:
            self.remove(rule)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that breaks its connection is nothing to print a traceback for."""


@contextmanager
def running_proxy(endpoint: str, seed: int = 0) -> Iterator[FaultProxy]:
    proxy = FaultProxy(endpoint, seed)
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join(5)
