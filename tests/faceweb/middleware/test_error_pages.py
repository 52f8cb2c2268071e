"""Every error is a page of ours where a browser shows it, and a sentence for all others."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory

from faceweb.middleware.error_pages import PAGES, error_pages

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def passed(response: HttpResponse, **headers: str) -> HttpResponse:
    async def view(_: HttpRequest) -> HttpResponse:
        return response

    request = RequestFactory().get("/people?q=<b>", headers=headers)
    return await error_pages(view)(request)


@pytest.mark.parametrize("status", PAGES)
async def test_a_browser_gets_a_page_with_the_sentence(status: int) -> None:
    plain = HttpResponse("<i>Why.\n", status=status, content_type="text/plain")

    answer = await passed(plain, **BROWSER)

    page = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{PAGES[status].title}</h1>" in page.replace("&#x27;", "'")
    assert "&lt;i&gt;Why." in page and "<i>" not in page and "q=<b>" not in page


async def test_an_error_without_words_gets_some() -> None:
    answer = await passed(HttpResponse(status=405), **BROWSER)

    assert PAGES[405].sentence in answer.content.decode()


async def test_a_page_says_when_to_try_again() -> None:
    busy = HttpResponse(
        "Busy.", status=503, content_type="text/plain", headers={"Retry-After": "5"}
    )

    answer = await passed(busy, **BROWSER)

    assert "Try again in 5 seconds" in answer.content.decode()
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize(
    "headers",
    [{"accept": "*/*"}, {}, {**BROWSER, "hx-request": "true"}, {"accept": "application/json"}],
    ids=["any", "none", "htmx", "json"],
)
async def test_programs_and_scripts_get_the_sentence(headers: dict[str, str]) -> None:
    plain = HttpResponse("Why.\n", status=413, content_type="text/plain")

    assert (await passed(plain, **headers)).content == b"Why.\n"


async def test_an_error_that_is_more_than_a_sentence_stays() -> None:
    problem = JsonResponse({"detail": "Why."}, status=404)

    assert (await passed(problem, **BROWSER)).content == problem.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("get", "/nothing", 404, "There is nothing here"),
        ("get", "/jobs/00000000-0000-0000-0000-000000000000", 404, "There is nothing here"),
        ("get", "/faces/say", 405, "This address is not for that"),
        ("put", "/", 405, "This address is not for that"),
        ("post", "/faces/say", 403, "Not allowed"),
        ("get", "/people?q=%00", 400, "This request can&#x27;t be read"),
    ],
)
def test_errors_of_views_and_middleware_are_pages(
    method: str, path: str, status: int, title: str
) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)(path, headers=BROWSER)

    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.content.decode()
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True)
def test_a_page_that_fails_is_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceweb.pages.unknown.render", lambda *_: 1 / 0)

    answer = Client(raise_request_exception=False).get("/unknown", headers=BROWSER)

    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()


@pytest.mark.parametrize("accept", [BROWSER, {}])
def test_the_api_says_which_methods_an_address_takes(accept: dict[str, str]) -> None:
    answer = Client().get("/api/v1/recognise", headers=accept)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "This address takes POST alone."
