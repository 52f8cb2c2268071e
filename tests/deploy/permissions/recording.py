"""Writes down who calls what of the emulator, for the test of the roles' permissions.

WSGI middleware that EMULATOR_MIDDLEWARE puts around the emulator. It writes a line of JSON for each
new kind of call into the file that RECORD_CALLS names. Who calls is told by the access key: each of
our processes has another one.
"""

from __future__ import annotations

import io
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from localcloud.system.environment import ROLE_PREFIX

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

FILE_VARIABLE = "RECORD_CALLS"
BATCH = "Batch"


Headers = list[tuple[str, str]]

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Call:
    """One kind of call: the role that made it, IAM's name of it, on what; `tags` are the keys of
    tags that it writes."""

    role: str
    action: str
    resource: str
    tags: str = ""


class RecordCalls:
    """Records, and passes everything on as it is."""

    def __init__(self, application: WSGIApplication) -> None:
        from tests.support.stack_updates import with_stack_updates  # it loads all of moto

        self._application = with_stack_updates(application)
        self._file = Path(os.environ[FILE_VARIABLE])
        self._seen: set[Call] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = self._body(environ)
        status: list[int] = []

        def noted(
            line: str, headers: Headers, error: OptExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            status.append(int(line.split(maxsplit=1)[0]))
            return start_response(line, headers, error)

        answer = self._application(environ, noted)
        calls = list(calls_of(environ, body))
        if status and status[0] == 404:
            # S3 tells that something is missing only to those who may list; others get 403.
            calls += [
                Call(role=call.role, action="s3:ListBucket", resource=call.resource.split("/")[0])
                for call in calls
                if call.action == "s3:GetObject"
            ]
        self._note(calls)
        return answer

    def _body(self, environ: WSGIEnvironment) -> bytes:
        """The body, but for objects', which may be large and say nothing."""
        if environ["REQUEST_METHOD"] != "POST":
            return b""
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        return body

    def _note(self, calls: Iterable[Call]) -> None:
        with self._lock:
            for call in calls:
                if call not in self._seen:
                    self._seen.add(call)
                    with self._file.open("a") as file:
                        file.write(json.dumps(asdict(call)) + "\n")


def calls_of(environ: WSGIEnvironment, body: bytes) -> Iterator[Call]:
    """What a request asks for, in IAM's words. Nothing for callers that are no role of ours."""
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    signed = environ.get("HTTP_AUTHORIZATION") or ""
    if not signed and "X-Amz-Credential" in query:
        signed = f"Credential={query['X-Amz-Credential'][0]}"
    found = CREDENTIAL.search(signed)
    if not found or not found[1].startswith(ROLE_PREFIX):
        return
    role, service = found[1].removeprefix(ROLE_PREFIX), found[2]
    if service == "s3":
        yield from _of_s3(role, environ, query)
        return
    operation, arguments = _operation(environ, query, body)
    name = {"monitoring": "cloudwatch"}.get(service, service)
    yield Call(
        role=role,
        action=f"{name}:{operation.removesuffix(BATCH)}",
        resource=_resource(name, arguments, environ),
        tags=" ".join(sorted(_tag_keys(operation, arguments))),
    )


def _of_s3(role: str, environ: WSGIEnvironment, query: dict[str, list[str]]) -> Iterator[Call]:
    path = unquote(environ["PATH_INFO"]).lstrip("/")
    bucket, _, key = path.partition("/")
    method = environ["REQUEST_METHOD"]
    if not key:
        is_delete = method == "POST" and "delete" in query
        action = "DeleteObject" if is_delete else "ListBucket"
        resource = f"{bucket}/*" if is_delete else bucket
        if method in ("GET", "HEAD") or is_delete:
            yield Call(role=role, action=f"s3:{action}", resource=resource)
        return
    is_abort = method == "DELETE" and "uploadId" in query
    actions = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject"}
    # Only in the gallery's bucket do our folders mean something for who may do what.
    folder = key.partition("/")[0] if bucket.endswith("-gallery") and "/" in key else ""
    where = f"{bucket}/{folder}/*" if folder else f"{bucket}/*"
    action = "AbortMultipartUpload" if is_abort else actions.get(method, "DeleteObject")
    yield Call(role=role, action=f"s3:{action}", resource=where)
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        name = unquote(source).lstrip("/").split("/")[0]
        yield Call(role=role, action="s3:GetObject", resource=f"{name}/*")


def _operation(
    environ: WSGIEnvironment, query: dict[str, list[str]], body: bytes
) -> tuple[str, dict[str, object]]:
    """The operation's name and its arguments, in each of the protocols that boto3 and kombu use."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], json.loads(body or b"{}")
    if environ["PATH_INFO"].endswith("/invocations"):
        return "InvokeFunction", {}
    if "/operation/" in environ["PATH_INFO"]:
        return environ["PATH_INFO"].rpartition("/operation/")[2], {}
    form = {**query, **parse_qs(body.decode(errors="replace"), keep_blank_values=True)}
    arguments: dict[str, object] = {name: values[0] for name, values in form.items()}
    return str(arguments.get("Action", "?")), arguments


def _resource(service: str, arguments: dict[str, object], environ: WSGIEnvironment) -> str:
    if service == "sqs":
        named = arguments.get("QueueUrl") or arguments.get("QueueName") or environ["PATH_INFO"]
        return str(named).rstrip("/").rpartition("/")[2]
    if service == "lambda":
        return str(environ["PATH_INFO"]).split("/")[3]
    if service == "ssm":
        return str(arguments.get("Path") or arguments.get("Name") or "").rstrip("/")
    if service == "cloudwatch":
        return str(arguments.get("Namespace", "faceweb"))
    return "*"


def _tag_keys(operation: str, arguments: dict[str, object]) -> Iterator[str]:
    """Keys of the tags that an EC2 call writes."""
    if operation not in ("CreateTags", "RunInstances"):
        return
    for name, value in arguments.items():
        if re.fullmatch(r"(TagSpecification\.\d+\.)?Tag\.\d+\.Key", name):
            yield str(value)
