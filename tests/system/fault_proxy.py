"""A proxy before the emulator that fails on purpose: what AWS and networks do on a bad day."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Fault = Callable[[BaseHTTPRequestHandler], None]
"""Answers a request in place of the emulator, or breaks the connection."""


def answer(status: int, body: bytes, content_type: str = "application/x-amz-json-1.0") -> Fault:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Close without an answer."""
    handler.close_connection = True
    handler.connection.close()


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"Messages": [')
    handler.close_connection = True
    handler.connection.close()


class FaultProxy:
    """Passes everything on to the emulator, but for the operations that are to fail."""

    def __init__(self, endpoint: str) -> None:
        self.target = urlsplit(endpoint)
        self.faults: dict[str, Fault] = {}
        self.failed = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy.handle(self)

            do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        operation = (handler.headers.get("X-Amz-Target") or "").partition(".")[2]
        fault = self.faults.get(operation or f"S3 {handler.command}")
        if fault is not None:
            self.failed += 1
            fault(handler)
        else:
            self.pass_on(handler, body)

    def pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        upstream = http.client.HTTPConnection(self.target.hostname or "", self.target.port)
        try:
            upstream.request(handler.command, handler.path, body, dict(handler.headers))
            response = upstream.getresponse()
            content = response.read()
        finally:
            upstream.close()
        handler.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    @contextmanager
    def failing(self, operation: str, fault: Fault) -> Iterator[None]:
        """Within this, the operation fails."""
        self.failed = 0
        self.faults[operation] = fault
        try:
            yield
        finally:
            del self.faults[operation]


@contextmanager
def running_proxy(endpoint: str) -> Iterator[FaultProxy]:
    proxy = FaultProxy(endpoint)
    thread = threading.Thread(target=proxy.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join(5)
