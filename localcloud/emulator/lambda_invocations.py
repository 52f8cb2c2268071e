"""Answers `lambda.invoke` at the emulator, which has no Lambda of its own.

WSGI middleware around moto: an asynchronous invocation is put into the function's event queue, as
Lambda does inside. So it has the same attempts and dead letters as S3's events, and waits there
while the Lambda host is away.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
SendEvent = Callable[[str, str], bool]
"""Puts an event (JSON) into the queue of a function (its name). False where there is none."""

PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
MAX_EVENT_BYTES = 256 * 1024
"""As much as an SQS message, and as Lambda has long taken for an asynchronous event."""

STATUS = {202: "202 Accepted", 204: "204 No Content", 400: "400 Bad Request",
          404: "404 Not Found", 413: "413 Payload Too Large"}  # fmt: skip


class AnswerInvocations:
    """Takes what is sent to Lambda's address; everything else goes on to the emulator."""

    def __init__(self, application: Application, send: SendEvent) -> None:
        self._application, self._send = application, send

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        # WSGI hands over a path's bytes as Latin-1 characters.
        found = PATH.fullmatch(environ["PATH_INFO"].encode("latin-1").decode())
        if found is None or environ["REQUEST_METHOD"] != "POST":
            return self._application(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        status, error, message = self._invoke(function_name(found[1]), kind, body)
        headers = [("x-amzn-RequestId", str(uuid.uuid4())), ("Content-Type", "application/json")]
        answer = b""
        if error:
            headers.append(("x-amzn-ErrorType", error))
            answer = json.dumps({"Type": "User", "Message": message}).encode()
        start_response(STATUS[status], [*headers, ("Content-Length", str(len(answer)))])
        return [answer]

    def _invoke(self, name: str, kind: str, body: bytes) -> tuple[int, str, str]:
        """Status, and Lambda's name of the error and a sentence, if it is one."""
        if kind not in ("Event", "DryRun"):
            return (
                400,
                "InvalidParameterValueException",
                f"InvocationType {kind} is not answered here: use Event",
            )
        if len(body) > MAX_EVENT_BYTES:
            return (
                413,
                "RequestTooLargeException",
                f"{len(body)} bytes; {MAX_EVENT_BYTES} are taken",
            )
        try:
            event = json.dumps(json.loads(body or b"{}"))
        except ValueError as error:
            return 400, "InvalidRequestContentException", f"The payload is not JSON: {error}"
        if kind == "DryRun":
            return 204, "", ""
        if not self._send(name, event):
            return 404, "ResourceNotFoundException", f"Function not found: {name}"
        return 202, "", ""


def function_name(named: str) -> str:
    """The name in a name, a partial or a whole ARN, each with or without a qualifier."""
    parts = unquote(named).split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def send_to_moto(prefix: str) -> SendEvent:
    """Sends to moto's own queues, in the process in which it runs."""

    def send(function: str, event: str) -> bool:
        wanted = f"{prefix}-{function}-events"
        for backend in sqs_backends[DEFAULT_ACCOUNT_ID].values():
            if wanted in backend.queues:
                backend.send_message(wanted, event)
                return True
        return False

    return send
