"""Every page, list and search that a visitor, an administrator or a program may open."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from benchmarks.history.filling import Size, job_id, moment, person_id, person_name, video_id

LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One address: what it answered, its slowest and median time in seconds, and how much of the
    processor it took here (without PostgreSQL's)."""

    title: str
    address: str
    status: int
    slowest: float
    median: float
    processor: float


def addresses(size: Size) -> Iterator[tuple[str, str]]:
    """Titles and addresses."""
    yield from _pages(size)
    yield from _api(size)
    yield from _admin(size)


def _pages(size: Size) -> Iterator[tuple[str, str]]:
    middle = size.jobs // 2
    yield "first page", "/"
    yield "a job", f"/jobs/{UUID(job_id(middle))}"
    yield "history", "/history"
    yield "history: state", "/history?state=failed"
    yield "history: result", _with("/history", result=person_name(size.people // 2))
    yield "history: result nobody has", "/history?result=nobody+at+all"
    yield "history: person", _with("/history", person=person_id(size.people // 2))
    yield "history: file name", f"/history?filename=picture_{middle}"
    yield "history: file name nobody has", "/history?filename=no_such_picture"
    yield "history: videos", "/history?of=videos"
    yield "history: videos, file name", "/history?of=videos&filename=no_such_video"
    yield "people", "/people"
    yield "people: last page", f"/people?after={person_id(size.people - 30)}"
    yield "people: search", f"/people?q={person_name(size.people // 2)}"
    yield "a person", f"/people/{person_id(size.people // 2)}"
    yield "unknown faces", "/unknown"
    yield "videos", "/videos"
    yield "a video", f"/videos/{UUID(video_id(1))}"
    yield "fleet", "/fleet"


def _api(size: Size) -> Iterator[tuple[str, str]]:
    middle = size.jobs // 2
    yield "API: jobs", "/api/v1/jobs?limit=100"
    yield "API: jobs of a state", "/api/v1/jobs?state=failed&limit=100"
    yield "API: jobs of a person", _with("/api/v1/jobs", result=person_name(7), limit=100)
    yield "API: jobs of an instance", "/api/v1/jobs?instance=i-none"
    yield "API: jobs of a model", "/api/v1/jobs?model=none"
    yield "API: jobs by file name", "/api/v1/jobs?filename=no_such_picture"
    yield (
        "API: jobs since",
        _with("/api/v1/jobs", since=f"{moment(middle):%Y-%m-%d %H:%M:%S.%f}Z", state="queued"),
    )
    yield "API: jobs until", _with("/api/v1/jobs", until=f"{moment(middle):%Y-%m-%d %H:%M:%S.%f}Z")
    yield "API: a job", f"/api/v1/jobs/{UUID(job_id(middle))}"
    yield "API: videos", "/api/v1/videos?limit=100"
    yield "API: videos by file name", "/api/v1/videos?filename=no_such_video"
    yield "API: subjects", "/api/v1/subjects"
    yield "API: a subject", f"/api/v1/subjects/{person_id(size.people // 2)}"
    yield "API: gallery", "/api/v1/gallery"
    yield "API: fleet", "/api/v1/fleet"


def _admin(size: Size) -> Iterator[tuple[str, str]]:
    for model, its_admin in admin.site._registry.items():
        name = f"admin: {model._meta.verbose_name_plural}"
        where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield name, where
        yield f"{name}, page 2", f"{where}?p=2"
        if its_admin.search_fields:
            yield f"{name}, search", f"{where}?q=nothing-like-it"
            yield f"{name}, search 'a'", f"{where}?q=a"
        if its_admin.date_hierarchy:
            yield f"{name}, a year", f"{where}?{its_admin.date_hierarchy}__year=2026"
        if (one := model._default_manager.order_by("pk").first()) is not None:
            yield f"{name}, one", f"{where}{one.pk}/change/"
    jobs = "/admin/faceweb/job/"
    yield "admin: jobs, a name", _with(jobs, q=person_name(size.people // 2))
    yield "admin: jobs, an id", _with(jobs, q=str(UUID(job_id(7))))
    yield "admin: jobs, failed", f"{jobs}?state__exact=failed"
    yield "admin: jobs, no such instance", f"{jobs}?instance_id=none"
    yield "admin: jobs, far back", f"{jobs}?p=10000"
    yield "admin: retention", f"{jobs}retention/"


def _with(path: str, **query: object) -> str:
    return f"{path}?{urlencode(query)}"


def administrator() -> Client:
    """A client who may see everything."""
    user, _ = User.objects.get_or_create(
        username="benchmark", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(
        raise_request_exception=False, SERVER_NAME="localhost", headers={"accept": "text/html"}
    )
    client.force_login(user)
    return client


def timed(client: Client, wanted: Iterable[tuple[str, str]]) -> Iterator[Timed]:
    """Open each address some times; the first time, which loads code, does not count."""
    for title, address in wanted:
        took, status = [], client.get(address).status_code
        processor = time.process_time()
        for _ in range(LOOKS):
            begun = time.perf_counter()
            answer = client.get(address)
            b"".join(answer) if answer.streaming else answer.content
            took.append(time.perf_counter() - begun)
            status = answer.status_code
            connection.close_if_unusable_or_obsolete()
        yield Timed(
            title=title, address=address, status=status, slowest=max(took),
            median=statistics.median(took), processor=(time.process_time() - processor) / LOOKS,
        )  # fmt: skip
