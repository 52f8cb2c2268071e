"""A small metadata service on loopback: what EC2's answers at 169.254.169.254, with tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "token-1"


class MetadataServer(ThreadingHTTPServer):
    """`texts` is what there is, by path below /latest/meta-data/."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.texts: dict[str, str] = {"instance-id": "i-1"}
        self.tokens_given = 0
        self.is_broken = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: MetadataServer

    def do_PUT(self) -> None:
        if self.path != "/latest/api/token" or "x-aws-ec2-metadata-token-ttl-seconds" not in {
            name.lower() for name in self.headers
        }:
            self._answer(400, "")
            return
        self.server.tokens_given += 1
        self._answer(200, TOKEN)

    def do_GET(self) -> None:
        if self.server.is_broken:
            self._answer(500, "")
        elif self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        else:
            text = self.server.texts.get(self.path.removeprefix("/latest/meta-data/"))
            self._answer(404 if text is None else 200, text or "")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        """Nothing: the tests' output is long enough."""


@contextmanager
def metadata_server() -> Iterator[MetadataServer]:
    server = MetadataServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
