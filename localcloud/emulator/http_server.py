"""The emulator's HTTP server: WSGI over connections that stay open between requests.

werkzeug's server says HTTP/1.1 and closes after each answer, because an application may leave part
of a request unread. AWS doesn't: with a connection for every call, clients would be measured (and
tested) by what opening one costs. So a request is read whole before anybody looks at it.
"""

import io
import traceback
from wsgiref.types import WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app


class KeepAliveHandler(WSGIRequestHandler):
    """One connection, request after request; and no line on stderr for each."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of requests that went well."""

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._whole_body(environ))
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            answer = status, list(headers), b"".join(chunks)
        except Exception:  # noqa: BLE001 - an emulator answers its own faults as AWS does
            answer = _fault()
        self._send(*answer)

    def _whole_body(self, environ: WSGIEnvironment) -> bytes:
        if environ.get("wsgi.input_terminated"):  # chunked: werkzeug knows its end
            return bytes(environ["wsgi.input"].read())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        names = {name.lower() for name, _ in headers}
        if "content-length" not in names and code not in ("204", "304"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _fault() -> tuple[str, list[tuple[str, str]], bytes]:
    traceback.print_exc()
    return "500 Internal Server Error", [("Content-Type", "text/plain")], b"The emulator failed.\n"
