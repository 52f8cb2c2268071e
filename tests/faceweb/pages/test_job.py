"""A job's address: a page for browsers, JSON for programs, and a login before both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from foundation.config import get_settings
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

HTML = {"accept": "text/html"}


def test_a_job_is_a_page_for_browsers_and_json_for_programs() -> None:
    job = make_job()

    page = Client().get(f"/jobs/{job.pk}", headers=HTML)
    told = Client().get(f"/jobs/{job.pk}")

    assert (page.status_code, page.templates[0].name) == (200, "faceweb/job.html")
    assert (told.status_code, told.json()["id"]) == (200, str(job.pk))


@pytest.fixture
def keys_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REQUIRE_API_KEY", "true")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("keys_asked")
def test_a_visitor_logs_in_before_a_job_is_shown() -> None:
    answer = Client().get(f"/jobs/{make_job().pk}", headers=HTML)

    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]
