"""The job history: filters, pages by cursor, cancelling, running again."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from faceweb.models import OPEN_STATES, Face, Job, JobState, Video
from faceweb.people.subject_list import ids_called, ids_of

CANCELLED = "cancelled"
LOOKED_AT = 20_000
"""Jobs that one page looks through for a state or a part of a name: some tenths of a second."""


class CursorRefused(Exception):
    """A cursor that is not from us."""


class NotOpen(Exception):
    """A job that has ended already can't be cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs; None does not restrict."""

    state: str | None = None
    kind: str | None = None
    result: str | None = None
    person: str | None = None
    filename: str | None = None
    instance: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def found(self) -> list[QuerySet[Job]]:
        """The jobs, as queries that have an index each: a job may be in several of them.

        A result that is somebody's name finds all pictures with that person in them.
        """
        jobs = Job.objects.filter(self._query())
        if self.person is not None:
            return [jobs.filter(pk__in=_seen(ids_of(self.person)))]
        if self.result is None:
            return [jobs]
        called = ids_called(self.result)
        with_person = [jobs.filter(pk__in=_seen(called))] if called else []
        return [jobs.filter(result=self.result), *with_person]

    def _query(self) -> Q:
        wanted = {
            "state": self.state,
            "kind": self.kind,
            "filename__icontains": self.filename,
            "instance_id": self.instance,
            "model": self.model,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
        }
        return Q(**{name: value for name, value in wanted.items() if value is not None})

    @property
    def scans(self) -> bool:
        """True where no index finds the jobs: they are looked for one by one."""
        without_index = (self.state, self.kind, self.filename, self.instance, self.model)
        return any(value is not None for value in without_index)

    def within_time(self) -> QuerySet[Job]:
        """All jobs of the time that is asked for."""
        times = {"created_at__gte": self.since, "created_at__lt": self.until}
        return Job.objects.filter(**{name: one for name, one in times.items() if one is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs, newest first, and the cursor of the next ones."""

    jobs: list[Job]
    next_cursor: str | None


def page_of(jobs: JobFilter, cursor: str | None, limit: int) -> Page:
    """The next `limit` jobs after the cursor. Raises CursorRefused.

    A cursor names the last job seen, so that jobs that arrive in between shift nothing. Of a long
    history one page looks at LOOKED_AT jobs: it may hold few or none, and has a cursor all the
    same.
    """
    last = _last_looked_at(jobs, cursor) if jobs.scans else None
    within = _down_to(last) if last else Q()
    rows, next_cursor = rows_after([found.filter(within) for found in jobs.found()], cursor, limit)
    return Page(jobs=rows, next_cursor=next_cursor or (_cursor(last) if last else None))


def _last_looked_at(jobs: JobFilter, cursor: str | None) -> Job | None:
    """The job that a page ends at where no index helps; None where that is the oldest."""
    after = _after(_read_cursor(cursor)) if cursor else Q()
    all_jobs = jobs.within_time().filter(after).order_by("-created_at", "-pk")
    return next(iter(all_jobs.only("created_at")[LOOKED_AT : LOOKED_AT + 1]), None)


def _down_to(last: Job) -> Q:
    same = Q(created_at=last.created_at, pk__gte=last.pk)
    return Q(created_at__gte=last.created_at) & (Q(created_at__gt=last.created_at) | same)


def _seen(person_ids: Sequence[str]) -> QuerySet[Face, Any]:
    faces = Face.objects.filter(person__in=person_ids, job__isnull=False)
    return faces.values("job_id").order_by()


Row = TypeVar("Row", Job, Video)


def rows_after(
    found: Sequence[QuerySet[Row]], cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """The next `limit` rows of all queries, newest first, and the cursor of those after.

    Raises CursorRefused.
    """
    after = _after(_read_cursor(cursor)) if cursor else Q()
    unordered = {
        row.pk: row
        for rows in found
        for row in rows.filter(after).order_by("-created_at", "-pk")[: limit + 1]
    }
    rows = sorted(unordered.values(), key=lambda row: (row.created_at, row.pk.hex), reverse=True)
    more = len(rows) > limit
    return rows[:limit], _cursor(rows[limit - 1]) if more else None


def _after(place: tuple[datetime, uuid.UUID]) -> Q:
    moment, row_id = place
    return Q(created_at__lte=moment) & (
        Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=row_id)
    )


def _cursor(row: Job | Video) -> str:
    text = f"{row.created_at.isoformat()}|{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, _, job_id = base64.urlsafe_b64decode(padded).decode().partition("|")
        read = datetime.fromisoformat(moment)
        if read.tzinfo is None:
            raise ValueError("no time zone")
        return read, uuid.UUID(job_id)
    except (ValueError, binascii.Error):
        raise CursorRefused("The cursor is not one of ours: use `next` of a page.") from None


def cancel(job: Job) -> None:
    """End a job that has no answer yet; a reply that comes later changes nothing.

    Raises NotOpen.
    """
    cancelled = Job.objects.filter(pk=job.pk, state__in=OPEN_STATES).update(
        state=JobState.CANCELLED,
        error_kind=CANCELLED,
        error="The job was cancelled.",
        answered_at=timezone.now(),
    )
    job.refresh_from_db()
    if not cancelled:
        raise NotOpen(f"The job has {job.state} already: only one without an answer is cancelled.")
