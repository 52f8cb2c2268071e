"""A request from its headers to its end, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.views.decorators.csrf import csrf_exempt

from faceweb import urls, views
from faceweb.intake import answering
from faceweb.models import Job
from faceweb.replies.responses import JobOutcome
from faceweb.replies.waiters import Waiters
from faceweb.server import bodies
from faceweb.server.bodies import DiskRoom
from faceweb.server.handler import HeadersFirst
from faceweb.watch import metrics
from foundation import messages
from tests.faceweb.exchange import Exchange, form
from tests.faceweb.test_memory import until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waiters")]


async def answer(exchange: Exchange) -> tuple[int, bytes]:
    status, _, body = await exchange.with_handler(HeadersFirst())
    return status, body


async def _at_once(*_: object) -> None:
    """Every job is written down."""


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ({"state": "succeeded", "result": "Ada"}, 200),
        ({"state": "failed", "error_kind": "bad-picture", "error": "It is damaged."}, 422),
        ({"state": "failed", "error_kind": messages.INTERNAL_ERROR, "error": "It broke."}, 502),
    ],
)
async def test_an_answer(
    monkeypatch: pytest.MonkeyPatch, waiters: Waiters, outcome: dict[str, str], status: int
) -> None:
    told = {"result": "", "error_kind": "", "error": "", **outcome}

    def accept(request: HttpRequest, job_id: Any, collection: str) -> Job:
        waiters.wake_from_thread([JobOutcome(job_id=job_id, **told)])
        return Job(filename="a.jpg")

    monkeypatch.setattr(views, "store_picture", accept)
    monkeypatch.setattr(answering, "written", _at_once)

    answered, said = await answer(Exchange(form(b"picture")))

    assert answered == status
    assert said.startswith(b"a.jpg:Ada\n" if status == 200 else told["error"].encode())


async def test_plain_http_is_sent_to_https_where_that_is_asked_for() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=3600):
        assert (await answer(Exchange(form())))[0] == 301
        assert (await answer(Exchange(form(), scheme="https")))[0] == 400


@pytest.fixture
def broken_view(monkeypatch: pytest.MonkeyPatch) -> None:
    @csrf_exempt
    async def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("broken")

    (home,) = [one for one in urls.urlpatterns if getattr(one, "name", "") == "home"]
    monkeypatch.setattr(home, "callback", broken)


@pytest.mark.usefixtures("broken_view")
@pytest.mark.filterwarnings("ignore")
async def test_an_error_of_ours_is_500_without_a_traceback() -> None:
    status, said = await answer(Exchange(form()))

    assert status == 500
    assert b"Traceback" not in said


async def test_a_client_that_leaves_while_it_sends_is_let_go() -> None:
    exchange = Exchange(form(b"picture"))
    exchange._said = [{"type": "http.disconnect"}]

    assert (await answer(exchange))[0] == 400


async def test_all_uploads_together_take_a_bounded_part_of_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that stalls holds its room; the next one gets none, until the first is gone."""
    large, room = form(b"x" * 300_000), DiskRoom(1_000_000)
    monkeypatch.setattr(bodies, "process_disk_room", lambda: room)
    stalled = Exchange(large)
    stalled._said[0]["more_body"] = True
    first = asyncio.create_task(answer(stalled))
    await until(lambda: room.free < 500_000)

    status, headers, said = await Exchange(large).with_handler(HeadersFirst())
    assert (status, dict(headers)[b"Retry-After"]) == (503, b"30")
    assert b"no room for an upload" in said
    assert (await answer(Exchange(form(b"small"))))[0] == 415

    stalled._said.append({"type": "http.disconnect"})
    stalled.wake.set()
    assert (await first)[0] == 400
    assert room.free == 1_000_000
    assert (await answer(Exchange(large)))[0] == 415


async def test_a_request_is_counted_by_its_route() -> None:
    def count() -> float:
        labels = {"method": "POST", "route": "/", "status": "400"}
        return metrics.registry.get_sample_value("faceweb_request_seconds_count", labels) or 0.0

    before = count()
    await answer(Exchange(form()))

    assert count() == before + 1


async def test_a_large_form_goes_through_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []

    async def look(request: HttpRequest) -> HttpResponse:
        (file,) = request.FILES.getlist("inputFile")
        seen.append((type(file).__name__, len(file.read())))
        return HttpResponse()

    (home,) = [one for one in urls.urlpatterns if getattr(one, "name", "") == "home"]
    monkeypatch.setattr(home, "callback", csrf_exempt(look))

    for size in (1000, settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1):
        await answer(Exchange(form(b"x" * size)))

    assert seen == [
        ("InMemoryUploadedFile", 1000),
        ("TemporaryUploadedFile", settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1),
    ]


async def test_a_client_that_leaves_while_it_waits_is_let_go(
    monkeypatch: pytest.MonkeyPatch, waiters: Waiters
) -> None:
    monkeypatch.setattr(views, "store_picture", lambda *_: Job(filename="a.jpg"))
    monkeypatch.setattr(answering, "written", _at_once)
    exchange = Exchange(form(b"picture"))
    waiting = asyncio.create_task(answer(exchange))
    await until(lambda: waiters.count() == 1)

    exchange._said.append({"type": "http.disconnect"})
    exchange.wake.set()

    assert (await waiting)[0] == 504
    assert waiters.count() == 0
