"""Answers Lambda's calls Invoke, GetFunction and ListFunctions at the emulator.

WSGI middleware around moto: an asynchronous invocation is put into the function's event queue, as
Lambda does inside. So it has the same attempts and dead letters as S3's events, and waits there
while the Lambda host is away. `face-burst` waits for nobody: what is over its concurrency is
refused, so that a scaler meets throttling here, too.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import Queue, sqs_backends

from foundation.config import Settings
from localcloud.lambda_host.functions import LambdaFunction, event_queue

PATH = re.compile(r"/2015-03-31/functions(?:/([^/]+))?(/invocations)?/?")
MAX_EVENT_BYTES = 256 * 1024
"""As much as an SQS message, and as Lambda has long taken for an asynchronous event."""

STATUS = {200: "200 OK", 202: "202 Accepted", 204: "204 No Content", 400: "400 Bad Request",
          404: "404 Not Found", 413: "413 Payload Too Large",
          429: "429 Too Many Requests"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer; `error` is Lambda's name of it, empty where it is none."""

    status: int
    error: str = ""
    body: Mapping[str, object] = field(default_factory=dict)


def refused(status: int, error: str, message: str, **more: str) -> Answered:
    """An error, as Lambda tells it."""
    return Answered(status=status, error=error, body={"Type": "User", "Message": message, **more})


class MotoQueues:
    """The functions' event queues, by a function's name: moto's own, in the process in which it
    runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def has(self, function: str) -> bool:
        """Whether the emulator has this function."""
        return self._found(function) is not None

    def depth(self, function: str) -> int:
        """Events that wait or are worked on."""
        queue = self._found(function)
        if queue is None:
            return 0
        return int(queue.approximate_number_of_messages) + int(
            queue.approximate_number_of_messages_not_visible
        )

    def send(self, function: str, event: str) -> None:
        """Put an event (JSON) into the queue."""
        if queue := self._found(function):
            sqs_backends[DEFAULT_ACCOUNT_ID][queue.region].send_message(queue.name, event)

    def _found(self, function: str) -> Queue | None:
        wanted = event_queue(function, self._settings)
        backends = sqs_backends[DEFAULT_ACCOUNT_ID].values()
        return next((one.queues[wanted] for one in backends if wanted in one.queues), None)


class AnswerLambda:
    """Takes what is sent to Lambda's address; everything else goes on to the emulator."""

    def __init__(
        self, application: WSGIApplication, functions: Iterable[LambdaFunction], queues: MotoQueues
    ) -> None:
        self._application, self._queues = application, queues
        self._functions = {one.name: one for one in functions}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # WSGI hands over a path's bytes as Latin-1 characters.
        found = PATH.fullmatch(environ["PATH_INFO"].encode("latin-1").decode())
        method = environ["REQUEST_METHOD"]
        if found is None or method != ("POST" if found[2] else "GET"):
            return self._application(environ, start_response)
        answered = self._invoke(found[1], environ) if found[2] else self._described(found[1])
        headers = [("x-amzn-RequestId", str(uuid.uuid4())), ("Content-Type", "application/json")]
        if answered.error:
            headers.append(("x-amzn-ErrorType", answered.error))
        body = json.dumps(answered.body).encode() if answered.body else b""
        start_response(STATUS[answered.status], [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def _described(self, named: str | None) -> Answered:
        if named is None:
            there = [configuration(one) for one in self._functions.values()]
            return Answered(status=200, body={"Functions": there})
        function = self._functions.get(function_name(named))
        if function is None:
            return _unknown(named)
        return Answered(status=200, body={"Configuration": configuration(function), "Code": {}})

    def _invoke(self, named: str, environ: WSGIEnvironment) -> Answered:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        if kind not in ("Event", "DryRun"):
            sentence = f"InvocationType {kind} is not answered here: use Event"
            return refused(400, "InvalidParameterValueException", sentence)
        if len(body) > MAX_EVENT_BYTES:
            sentence = f"{len(body)} bytes; {MAX_EVENT_BYTES} are taken"
            return refused(413, "RequestTooLargeException", sentence)
        try:
            event = json.dumps(json.loads(body or b"{}"))
        except ValueError as error:
            sentence = f"The payload is not JSON: {error}"
            return refused(400, "InvalidRequestContentException", sentence)
        return self._queued(function_name(named), event, is_dry=kind == "DryRun")

    def _queued(self, name: str, event: str, *, is_dry: bool) -> Answered:
        if name not in self._functions or not self._queues.has(name):
            return _unknown(name)
        if is_dry:
            return Answered(status=204)
        function = self._functions[name]
        if not function.bucket and self._queues.depth(name) >= function.concurrency:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            return refused(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason)
        self._queues.send(name, event)
        return Answered(status=202)


def _unknown(named: str) -> Answered:
    return refused(404, "ResourceNotFoundException", f"Function not found: {function_name(named)}")


def configuration(function: LambdaFunction) -> dict[str, object]:
    """A function as GetFunction and ListFunctions describe it."""
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Handler": function.handler,
        "MemorySize": function.memory_mb,
        "PackageType": "Image",
        "State": "Active",
        "Timeout": int(function.timeout_seconds),
        "Version": "$LATEST",
    }


def function_name(named: str) -> str:
    """The name in a name, a partial or a whole ARN, each with or without a qualifier."""
    parts = unquote(named).split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]
