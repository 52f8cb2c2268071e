"""Django's middleware in the event loop: it does the same, and holds no thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, override_settings
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_exempt

from faceweb.middleware import async_middleware
from faceweb.replies.threads import RequestThreads

factory = AsyncRequestFactory()


class Kept:
    """A session or a store of messages, as the middleware looks at it."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


@pytest.mark.parametrize("changed", [True, False])
def test_a_session_is_written_in_a_thread_and_one_that_was_not_changed_needs_none(
    changed: bool,
) -> None:
    request = factory.get("/")
    request.session = Kept(modified=changed)

    assert async_middleware.Sessions(lambda _: HttpResponse()).waits(request) is changed


@pytest.mark.parametrize(
    ("looked_at", "used", "added", "waits"),
    [
        (True, False, False, False),
        (True, True, False, True),
        (True, False, True, True),
        (False, True, True, False),
    ],
)
def test_messages_wait_only_when_somebody_looked_and_there_are_any(
    looked_at: bool, used: bool, added: bool, waits: bool
) -> None:
    request = factory.get("/")
    request._messages = SimpleLazyObject(lambda: Kept(used=used, added_new=added))
    assert not looked_at or request._messages.used is used

    assert async_middleware.Messages(lambda _: HttpResponse()).waits(request) is waits


def test_a_message_is_kept_for_the_next_page_and_no_store_is_made_for_others() -> None:
    first, other = factory.get("/"), factory.get("/")
    kept = async_middleware.Messages(lambda _: HttpResponse())
    for request in (first, other):
        request.session = Kept(modified=False)
        kept.process_request(request)
    messages.success(first, "Ada was added.")

    answers = [kept.process_response(one, HttpResponse()) for one in (first, other)]

    assert [list(answer.cookies) for answer in answers] == [["messages"], []]
    assert first.session.modified is False


async def test_both_halves_run_where_the_view_runs() -> None:
    seen: dict[str, str] = {}

    class Marked(async_middleware.Security):
        def process_request(self, request: HttpRequest) -> None:
            seen["request"] = threading.current_thread().name

        def process_response(self, request: HttpRequest, response: Any) -> Any:
            seen["response"] = threading.current_thread().name
            return super().process_response(request, response)

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("fine")

    response = await Marked(view)(factory.get("/"))

    assert set(seen.values()) == {threading.current_thread().name}
    assert response["X-Content-Type-Options"] == "nosniff"


async def test_a_host_that_is_not_ours_is_refused_before_the_view() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        raise AssertionError("the view was reached")

    answer = await async_middleware.Common(view)(
        factory.get("/", headers={"host": "elsewhere.example"})
    )

    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in answer.content.decode()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_is_told_to_any_host_and_never_redirected(path: str) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("fine")

    request = factory.get(path, headers={"host": "10.0.0.7"})
    with override_settings(SECURE_SSL_REDIRECT=True):
        answer = await async_middleware.Security(async_middleware.Common(view))(request)
        other = await async_middleware.Security(async_middleware.Common(view))(
            factory.get("/fleet")
        )

    assert (answer.content, other.status_code) == (b"fine", 301)


async def test_a_form_without_its_token_is_still_refused_and_an_exempt_view_is_not_asked() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    csrf = async_middleware.Csrf(view)
    request = factory.post("/")
    csrf.process_request(request)

    refused = await csrf.process_view(request, view, (), {})
    exempt = await csrf.process_view(request, csrf_exempt(view), (), {})

    assert refused.status_code == 403
    assert exempt is None


async def test_requests_share_lasting_threads_and_one_request_keeps_to_its_own() -> None:
    threads = RequestThreads(threads=2)

    async def request() -> set[int]:
        with threads.lent():
            thread = sync_to_async(threading.get_ident)
            return {await thread(), await thread()}

    seen = [await request() for _ in range(6)]

    assert all(len(its) == 1 for its in seen)
    assert len(set.union(*seen)) == 2


def test_a_store_that_was_only_touched_is_not_read_again_for_the_answer() -> None:
    """It may be in the session, and the event loop may not ask the database."""

    class Touched(Kept):
        def __len__(self) -> int:
            raise AssertionError("it was read")

        def update(self, response: HttpResponse) -> list[object]:
            return []

    request = factory.get("/")
    request._messages = SimpleLazyObject(lambda: Touched(used=False, added_new=False))
    assert request._messages.used is False
    kept = async_middleware.Messages(lambda _: HttpResponse())

    assert kept.waits(request) is False
    assert kept.process_response(request, HttpResponse()).status_code == 200
