"""What requests keep in memory: no picture while 1,000 clients wait (it is in S3 then), and nothing
at all once they are answered or refused."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.http import HttpRequest

from faceweb.intake import answering, asking, writing
from faceweb.models import Job
from faceweb.replies.responses import JobOutcome
from faceweb.replies.waiters import Waiters
from faceweb.server.handler import HeadersFirst
from tests.faceweb.exchange import Exchange, form
from tests.support.factories import picture_bytes

# Requests run on threads of their own, so what they see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)

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
        (answering, "in_bucket"),
        (asking, "in_bucket"),
        (asking, "gallery_bucket"),
    ):
        monkeypatch.setattr(module, bucket, lambda _: ForgetfulBucket())
    monkeypatch.setattr(writing, "send_task", lambda *jobs: sent.extend(jobs))
    return sent


@pytest.mark.parametrize(
    ("path", "fields", "jobs"),
    [
        ("/", ("inputFile",), 1),
        ("/api/v1/recognise", ("picture",), 1),
        ("/api/v1/recognise/batch", ("pictures", "pictures"), 2),
        ("/api/v1/detect", ("picture",), 1),
        ("/api/v1/verify", ("picture", "other"), 1),
    ],
)
async def test_a_client_waits_without_its_picture(
    waiters: Waiters,
    sent: list[Job],
    path: str,
    fields: tuple[str, ...],
    jobs: int,
) -> None:
    content = picture_bytes(500, 500, format="PNG")
    handler = HeadersFirst()
    await Exchange(form()).with_handler(handler)  # modules that the first request loads
    with traced_memory() as held:
        answers = [
            asyncio.create_task(
                Exchange(form(*[content] * len(fields), fields=fields), path=path).with_handler(
                    handler
                )
            )
            for _ in range(CLIENTS)
        ]
        await until(lambda: len(sent) == jobs * CLIENTS)

        await until(lambda: held() < len(content))

        assert waiters.count() == jobs * CLIENTS
        waiters.wake([answer_of(job) for job in sent])
        # The API looks into the database, where these have no answer.
        assert {(await answer)[0] for answer in answers} == {200 if path == "/" else 202}


async def test_an_answered_picture_leaves_nothing_for_the_garbage_collector(
    waiters: Waiters, sent: list[Job]
) -> None:
    with collector_stopped() as requests_left:
        answer = asyncio.create_task(Exchange(form(picture_bytes())).with_handler(HeadersFirst()))
        await until(lambda: len(sent) == 1)
        waiters.wake([answer_of(job) for job in sent])
        assert (await answer)[0] == 200

        await until(lambda: requests_left() == 0)


async def test_a_refused_picture_leaves_no_request_in_memory(waiters: Waiters) -> None:
    """An error that crosses a context manager leaves a cycle on Python 3.13, and none before: the
    next collection takes it."""
    with collector_stopped() as requests_left:
        assert (await Exchange(form(b"no picture")).with_handler(HeadersFirst()))[0] == 415

        await until(lambda: gc.collect() >= 0 and requests_left() == 0)


def answer_of(job: Job) -> JobOutcome:
    return JobOutcome(job_id=job.pk, state="succeeded", result="Ada", error_kind="", error="")


@contextmanager
def traced_memory() -> Iterator[Callable[[], int]]:
    """Gives how many bytes of memory are held that were not when it began."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@contextmanager
def collector_stopped() -> Iterator[Callable[[], int]]:
    """Gives how many requests are in memory that were not when it began: what was there is out of
    the collector's sight, which makes a look quick."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield requests_in_memory
    finally:
        gc.enable()


def requests_in_memory() -> int:
    return sum(issubclass(type(one), HttpRequest) for one in gc.get_objects())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")
