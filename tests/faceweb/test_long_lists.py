"""Lists in front of a long history: bounded, and still whole by month, by id and by cursor."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from faceweb.jobs import history
from faceweb.jobs.history import JobFilter, page_of
from faceweb.models import Job, Subject
from faceweb.people.people_pages import people_after
from scaler.administration import long_lists
from scaler.administration.long_lists import first_of_month, month_after, months_between
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]

JOBS = "/admin/faceweb/job/"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def long_history(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Ten jobs, newest first, of which a list looks at the newest four."""
    monkeypatch.setattr(long_lists, "NEWEST", 4)
    monkeypatch.setattr(history, "LOOKED_AT", 4)
    return [
        make_job(filename=f"p{n}.jpg", input_key=f"p{n}.jpg", created_at=NOON - timedelta(days=n))
        for n in range(10)
    ]


def shown(client: Client, query: str) -> list[str]:
    page = client.get(f"{JOBS}?{query}").content.decode()
    return [f"p{n}.jpg" for n in range(10) if f">p{n}.jpg<" in page]


@pytest.mark.parametrize(
    "query", ["created_at__year=0", "created_at__gte=9999-12-31T23:59:59-23:59", "state__in="]
)
def test_a_filter_that_makes_no_sense_is_no_fault_of_ours(query: str, admin_client: Client) -> None:
    assert admin_client.get(f"{JOBS}?{query}").status_code in (200, 302)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [f"p{n}.jpg" for n in range(10)]),
        ("q=.jpg", [f"p{n}.jpg" for n in range(5)]),  # what lies at the fourth's moment, too
        ("q=p8", []),
        ("q=p8.jpg", ["p8.jpg"]),  # by the index of keys, in the whole history
        ("q=nothing", []),
        ("state__exact=queued", [f"p{n}.jpg" for n in range(5)]),
        ("month=2026-11", [f"p{n}.jpg" for n in range(10)]),
        ("month=2026-10", []),
    ],
)
def test_the_admin_looks_at_the_newest(
    query: str, expected: list[str], admin_client: Client, long_history: list[Job]
) -> None:
    assert shown(admin_client, query) == expected


def test_a_job_is_found_by_its_id_and_says_so(
    admin_client: Client, long_history: list[Job]
) -> None:
    assert shown(admin_client, f"q={long_history[9].pk}") == ["p9.jpg"]
    page = admin_client.get(f"{JOBS}?q=.jpg").content.decode()
    assert "Only the newest 4 are searched" in page


def test_a_list_counts_no_further_than_it_shows(
    admin_client: Client, long_history: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_lists, "COUNTED", 3)
    monkeypatch.setattr(long_lists.BoundedPaginator, "most", 3)

    page = admin_client.get(JOBS).content.decode()

    assert "the newest 3 jobs, of more" in page


@pytest.mark.parametrize("path", [JOBS, "/admin/faceweb/auditentry/", "/admin/faceweb/video/"])
def test_no_list_asks_for_all_values_of_a_column_or_truncates_all_moments(
    path: str, admin_client: Client
) -> None:
    make_job()
    with CaptureQueriesContext(connection) as asked:
        assert admin_client.get(path).status_code == 200

    for query in asked.captured_queries:
        assert "DISTINCT" not in query["sql"]
        assert "django_datetime" not in query["sql"] and "DATE_TRUNC" not in query["sql"]


def test_pages_by_cursor_reach_everything_though_each_looks_at_little(
    long_history: list[Job],
) -> None:
    """Also where one page holds nothing of what is looked for."""
    Job.objects.filter(pk=long_history[9].pk).update(state="failed")
    wanted, found, cursor, pages = JobFilter(state="failed"), [], None, 0
    while cursor is not None or pages == 0:
        page = page_of(wanted, cursor, 2)
        found, cursor, pages = [*found, *page.jobs], page.next_cursor, pages + 1

    assert [job.pk for job in found] == [long_history[9].pk]
    assert pages == 3


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_nothing_is_missed_or_told_twice_at_a_page_s_end(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOOKED_AT", 4)
    jobs = [make_job(created_at=NOON) for _ in range(9)]  # ids alone tell them apart
    found: list[uuid.UUID] = []
    cursor = None
    for _ in range(20):
        page = page_of(JobFilter(kind="recognise"), cursor, limit)
        found += [job.pk for job in page.jobs]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(found) == sorted(job.pk for job in jobs)


def test_months() -> None:
    first, last = datetime(2025, 11, 30, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)

    assert [f"{one:%Y-%m}" for one in months_between(first, last)] == [
        "2026-01", "2025-12", "2025-11",
    ]  # fmt: skip
    assert month_after(datetime(2025, 12, 1, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)
    assert first_of_month("2026-13") is None and first_of_month(None) is None
    assert timezone.is_aware(first_of_month("2026-11") or NOON)


def test_people_are_paged_and_searched_by_name() -> None:
    for name in ("zoe", "Ann", "anna", "Bob", "ANN"):
        Subject.objects.create(pk=f"id {name}", name=name, name_key=name.lower(), examples=1)
    Subject.objects.create(pk="left", name="Left", name_key="left", examples=0)
    seen: list[str] = []
    after, pages = None, 0
    while after is not None or pages == 0:
        people, after = people_after(after, 2)
        seen, pages = [*seen, *(one.name for one in people)], pages + 1

    assert (seen, pages) == (["ANN", "Ann", "anna", "Bob", "zoe"], 3)
    assert [one.name for one in people_after(None, 2, "ANN")[0]] == ["ANN", "Ann"]
