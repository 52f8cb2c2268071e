"""The job history: filters, pages by cursor, cancelling, running again."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from faceweb.jobs.paging import Source, newest, rows_after, showing
from faceweb.models import OPEN_STATES, Face, FaceSource, Job, JobState
from faceweb.people.subject_list import ids_called, ids_of
from foundation.collections import DEFAULT

CANCELLED = "cancelled"
LOOKED_AT = 20_000
"""Jobs that one page looks through for a state or a part of a name: some tenths of a second."""


class NotOpen(Exception):
    """A job that has ended already can't be cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs; None does not restrict."""

    collection: str = DEFAULT
    state: str | None = None
    kind: str | None = None
    result: str | None = None
    person: str | None = None
    filename: str | None = None
    instance: str | None = None
    model: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def found(self) -> list[Source[Job]]:
        """The jobs' sources. A result that is somebody's name finds all pictures of that person. A
        word is not found where somebody said that the picture's face is another's."""
        jobs = Job.objects.filter(self._query())
        if self.person is not None:
            return [showing(jobs, one, "job") for one in ids_of(self.person)]
        if self.result is None:
            return [newest(jobs)]
        called = [showing(jobs, one, "job") for one in ids_called(self.result, self.collection)]
        corrected = Face.objects.filter(job=OuterRef("pk"), is_answer=True, source=FaceSource.USER)
        return [newest(jobs.filter(~Exists(corrected), result=self.result)), *called]

    def _query(self) -> Q:
        wanted = {
            "collection": self.collection,
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
        """True where no index finds the jobs: they are looked for one by one. Answers and people
        have one."""
        if self.person is not None or self.result is not None:
            return False
        without_index = (self.state, self.kind, self.filename, self.instance, self.model)
        return any(value is not None for value in without_index)

    def within_time(self) -> QuerySet[Job]:
        """All jobs of the time that is asked for."""
        times = {"created_at__gte": self.since, "created_at__lt": self.until}
        jobs = Job.objects.filter(collection=self.collection)
        return jobs.filter(**{name: one for name, one in times.items() if one is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some jobs, newest first, and the cursor of the next ones."""

    jobs: list[Job]
    next_cursor: str | None


def page_of(jobs: JobFilter, cursor: str | None, limit: int) -> Page:
    """The next `limit` jobs after the cursor. Raises CursorRefused.

    A cursor names the last job seen, so that jobs that arrive in between shift nothing. One page of
    a long history looks at LOOKED_AT jobs: it may hold few or none, and has a cursor all the same.
    """
    looked_at = LOOKED_AT if jobs.scans else None
    rows, next_cursor = rows_after(jobs.found(), cursor, limit, jobs.within_time(), looked_at)
    return Page(jobs=rows, next_cursor=next_cursor)


def cancel(job: Job, why: str = "The job was cancelled.") -> None:
    """End a job that has no answer yet; a reply that comes later changes nothing.

    Raises NotOpen.
    """
    cancelled = Job.objects.filter(pk=job.pk, state__in=OPEN_STATES).update(
        state=JobState.CANCELLED,
        error_kind=CANCELLED,
        error=why,
        answered_at=timezone.now(),
    )
    job.refresh_from_db()
    if not cancelled:
        raise NotOpen(f"The job has {job.state} already: only one without an answer is cancelled.")
