"""What is in memory while clients wait: no picture. It is in S3, and there are 1,000 of them."""

from __future__ import annotations

import asyncio
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler

from faceweb import views
from faceweb.api import recognition
from faceweb.models import Job
from faceweb.responses import Outcome
from faceweb.short_way import ShortWay
from faceweb.waiters import Waiters
from tests.factories import picture_bytes

# Requests run on threads of their own, so what they see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)

BOUNDARY = "limit"
CLIENTS = 8


class ForgetfulBucket:
    """Takes every picture, and keeps none, as S3 keeps none in this process."""

    def put(self, key: str, body: bytes, content_type: str) -> None: ...

    def put_new(self, key: str, body: bytes, content_type: str, content_hash: str) -> None: ...


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs whose tasks were sent: at once, to nobody."""
    sent: list[Job] = []
    for module, bucket in (
        (views, "in_bucket"),
        (recognition, "in_bucket"),
        (recognition, "gallery_bucket"),
    ):
        monkeypatch.setattr(module, bucket, lambda _: ForgetfulBucket())
        monkeypatch.setattr(module, "send_task", sent.append)
    return sent


class Client:
    """Sends a form of its own to one address, and waits for the answer."""

    def __init__(self, path: str, fields: tuple[str, ...], content: bytes) -> None:
        self._form: list[bytes] = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; '
            f'filename="{uuid.uuid4()}.png"\r\nContent-Type: image/png\r\n\r\n'.encode()
            + content  # a copy of its own for each
            + b"\r\n"
            for field in fields
        ] + [f"--{BOUNDARY}--\r\n".encode()]
        length = sum(map(len, self._form))
        headers = [
            (b"host", b"localhost"),
            (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()),
            (b"content-length", str(length).encode()),
        ]
        self._scope = {
            "type": "http", "method": "POST", "path": path, "query_string": b"",
            "headers": headers, "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5),
            "scheme": "http",
        }  # fmt: skip
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if self._form:
            part = self._form.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._form)}
        await asyncio.Event().wait()
        raise AssertionError("nobody says that the client left")

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)

    async def ask(self, handler: ASGIHandler) -> int:
        await handler(self._scope, self.receive, self.send)
        return self.status


@pytest.mark.parametrize(
    ("handler", "path", "fields", "jobs"),
    [
        (ShortWay, "/", ("inputFile",), 1),
        (ASGIHandler, "/", ("inputFile",), 1),
        (ASGIHandler, "/api/v1/recognise", ("picture",), 1),
        (ASGIHandler, "/api/v1/recognise/batch", ("pictures", "pictures"), 2),
        (ASGIHandler, "/api/v1/detect", ("picture",), 1),
        (ASGIHandler, "/api/v1/verify", ("picture", "other"), 1),
    ],
)
async def test_a_client_waits_without_its_picture(
    waiters: Waiters,
    sent: list[Job],
    handler: type[ASGIHandler],
    path: str,
    fields: tuple[str, ...],
    jobs: int,
) -> None:
    content = picture_bytes(500, 500, format="PNG")
    one_handler = handler()
    with traced_memory() as held:
        clients = [Client(path, fields, content) for _ in range(CLIENTS)]
        answers = [asyncio.create_task(client.ask(one_handler)) for client in clients]
        await until(lambda: len(sent) == jobs * CLIENTS)

        await until(lambda: held() < len(content))

        assert waiters.count() == jobs * CLIENTS
        waiters.wake([answer_of(job) for job in sent])
        # The API looks into the database, where these have no answer.
        assert {await answer for answer in answers} == {200 if path == "/" else 202}


def answer_of(job: Job) -> Outcome:
    return Outcome(job_id=job.pk, state="succeeded", result="Ada", error_kind="", error="")


@contextmanager
def traced_memory() -> Iterator[Callable[[], int]]:
    """Gives how many bytes of memory are held that were not when it began."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")
