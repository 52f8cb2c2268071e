"""The short way of `POST /`: every answer is the one that Django's own handler gives."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.views.decorators.csrf import csrf_exempt

from faceweb import metrics, urls, views
from faceweb.models import Job
from faceweb.responses import Outcome
from faceweb.short_way import NOT_NEEDED, ShortWay, is_short
from faceweb.waiters import Waiters
from tests.faceweb.exchange import Exchange, form
from workers import messages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("waiters")]


async def answers(*arguments: Any, **scope: Any) -> tuple[int, bytes]:
    """Status and body, after the two handlers have given the same."""
    short = await Exchange(*arguments, **scope).with_handler(ShortWay())
    assert short == await Exchange(*arguments, **scope).with_handler(ASGIHandler())
    return short[0], short[2]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (form(), 400, b"Send a picture as the multipart field inputFile.\n"),
        (form(b"1", b"2"), 400, b"Send one inputFile at a time; 2 came.\n"),
        (form(b"no picture"), 415, None),
        (b"no form", 400, None),
    ],
)
async def test_a_refusal(body: bytes, status: int, sentence: bytes | None) -> None:
    answered, said = await answers(body)

    assert answered == status
    assert sentence is None or said == sentence


async def test_a_host_that_is_not_ours() -> None:
    with override_settings(ALLOWED_HOSTS=["faces.example"]):
        assert (await answers(form(), "elsewhere.example"))[0] == 400
        assert (await answers(form(), "faces.example"))[1].startswith(b"Send a picture")


async def test_plain_http_is_sent_to_https_where_that_is_asked_for() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=3600):
        assert (await answers(form()))[0] == 301
        assert (await answers(form(), scheme="https"))[0] == 400


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
    job = Job(filename="a.jpg")
    told = {"result": "", "error_kind": "", "error": "", **outcome}

    def accept(request: HttpRequest, job_id: Any) -> Job:
        waiters.wake_from_thread([Outcome(job_id=job_id, **told)])
        return job

    monkeypatch.setattr(views, "accept_picture", accept)

    answered, said = await answers(form(b"picture"))

    assert answered == status
    assert said.startswith(b"a.jpg:Ada\n" if status == 200 else told["error"].encode())


@pytest.fixture
def broken_view(monkeypatch: pytest.MonkeyPatch) -> None:
    @csrf_exempt
    async def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("broken")

    (home,) = [one for one in urls.urlpatterns if getattr(one, "name", "") == "home"]
    monkeypatch.setattr(views, "home", broken)
    monkeypatch.setattr(home, "callback", broken)


@pytest.mark.usefixtures("broken_view")
@pytest.mark.filterwarnings("ignore")
async def test_an_error_of_ours_is_500_without_a_traceback() -> None:
    status, said = await answers(form())

    assert status == 500
    assert b"Traceback" not in said


async def test_a_client_that_leaves_while_it_sends_is_let_go() -> None:
    exchange = Exchange(b"")
    exchange._said = [{"type": "http.disconnect"}]

    await ShortWay().handle(exchange.scope, exchange.receive, exchange.send)

    assert exchange._sent == []


async def test_it_is_counted_by_its_route() -> None:
    def count() -> float:
        labels = {"method": "POST", "route": "/", "status": "400"}
        return metrics.registry.get_sample_value("faceweb_request_seconds_count", labels) or 0.0

    before = count()
    await Exchange(form()).with_handler(ShortWay())

    assert count() == before + 1


def test_only_a_post_to_the_root_takes_it() -> None:
    assert is_short(Exchange(b"").scope)
    for other in ({"method": "GET"}, {"path": "/api/v1/recognise"}, {"root_path": "/faces"}):
        assert not is_short(Exchange(b"", **other).scope)


def test_every_middleware_that_is_left_out_is_one_of_ours() -> None:
    """One that was renamed would be asked again, unnoticed."""
    assert set(settings.MIDDLEWARE) > NOT_NEEDED
