"""A small metadata service: what EC2's answers at 169.254.169.254, with tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "token-1"
META_DATA = "meta-data/"


class MetadataServer(ThreadingHTTPServer):
    """`texts` is what there is, by path below /latest/meta-data/."""

    def __init__(self, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        super().__init__(address, _Handler)
        self.texts: dict[str, str] = {"instance-id": "i-1"}
        self.user_data: str | None = None
        self.tokens_given = 0
        self.needs_token = True
        self.is_broken = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def at(self, path: str) -> str | None:
        """The text at a path below /latest/: a value, or what a folder holds."""
        if path == "user-data":
            return self.user_data
        if not path.startswith(META_DATA):
            return None
        inside = path.removeprefix(META_DATA)
        return self.texts.get(inside) or self._listing(inside)

    def _listing(self, folder: str) -> str | None:
        if folder and not folder.endswith("/"):
            return None
        below = [name.removeprefix(folder) for name in self.texts if name.startswith(folder)]
        names = {f"{first}{slash}" for first, slash, _ in (one.partition("/") for one in below)}
        return "\n".join(sorted(names)) or None


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
        elif self.server.needs_token and self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        else:
            # A client may ask for a version of the service by its date instead of the latest.
            text = self.server.at(self.path.lstrip("/").partition("/")[2])
            self._answer(404 if text is None else 200, text or "")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # a client that was killed
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: the tests' output is long enough."""


@contextmanager
def metadata_server() -> Iterator[MetadataServer]:
    with serving(MetadataServer()) as server:
        yield server


@contextmanager
def serving(server: MetadataServer) -> Iterator[MetadataServer]:
    """The server, answering in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
