"""The Runtime API of one execution environment, as AWS documents it for custom runtimes: the
function's process asks for its next event, and posts what became of it."""

import json
import queue
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

PREFIX = "/2018-06-01/runtime/"
LOOK_SECONDS = 0.05
"""How often the server looks whether it shall end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One event for the function. `deadline_ms` is in milliseconds since 1970."""

    request_id: str
    event: str
    deadline_ms: int
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """What became of an invocation: a result, or an error with its type (`error` is not empty)."""

    payload: object = None
    error: str = ""
    message: str = ""
    details: dict[str, object] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the function gave a result."""
        return not self.error


class RuntimeApi:
    """A server on a free port of 127.0.0.1, for one process that works on one event at a time."""

    def __init__(self) -> None:
        self._invocations: queue.Queue[Invocation | None] = queue.Queue()
        self._outcomes: queue.Queue[tuple[str, InvocationResult]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_SECONDS,), daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API has them."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def offer(self, invocation: Invocation) -> None:
        """Have the function's process get this next."""
        self._invocations.put(invocation)

    def outcome(self, seconds: float) -> tuple[str, InvocationResult] | None:
        """The next outcome that is posted, with its request id; None if none is in time."""
        try:
            return self._outcomes.get(timeout=seconds)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Answer nobody any more."""
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next_invocation(self) -> Invocation | None:
        """Waits; None once the API is closed."""
        return self._invocations.get()

    def take(self, request_id: str, outcome: InvocationResult) -> None:
        """Keep what the function posted, for `outcome`."""
        self._outcomes.put((request_id, outcome))


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def parse_request(self) -> bool:
            """A page in a browser is no function: it takes no event away."""
            if not super().parse_request():
                return False
            is_page = "Origin" in self.headers or "Sec-Fetch-Site" in self.headers
            if is_page:
                self.close_connection = True
                self._answer(403, b"{}")
            return not is_page

        def do_GET(self) -> None:
            if self.path != f"{PREFIX}invocation/next":
                self._answer(404, b"{}")
                return
            invocation = api.next_invocation()
            if invocation is None:  # its process is being ended: nobody reads an answer
                self.close_connection = True
                return
            self._answer(
                200,
                invocation.event.encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                    "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
                },
            )

        def do_POST(self) -> None:
            read = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = read.decode(errors="replace")
            parts = self.path.removeprefix(PREFIX).split("/")
            if parts == ["init", "error"]:
                api.take("", _error_of(body, self.headers))
            elif len(parts) == 3 and parts[0] == "invocation" and parts[2] == "response":
                api.take(parts[1], InvocationResult(payload=json_or_text(body)))
            elif len(parts) == 3 and parts[0] == "invocation" and parts[2] == "error":
                api.take(parts[1], _error_of(body, self.headers))
            else:
                self._answer(404, b"{}")
                return
            self._answer(202, b'{"status": "OK"}')

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def json_or_text(body: str) -> object:
    """What the body means as JSON; the body itself where it is none."""
    try:
        return cast(object, json.loads(body))
    except ValueError:
        return body


def _error_of(body: str, headers: Message) -> InvocationResult:
    details = json_or_text(body)
    if not isinstance(details, dict):
        details = dict[str, object](errorMessage=str(details))
    kind = details.get("errorType") or headers.get("Lambda-Runtime-Function-Error-Type")
    return InvocationResult(
        error=str(kind or "Unknown"), message=str(details.get("errorMessage", "")), details=details
    )
