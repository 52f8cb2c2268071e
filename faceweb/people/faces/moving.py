"""Moves faces of old answers from JSON into rows, a few at a time, while the system serves.

The newest answers come first. Each batch is one short transaction that also notes how far it came,
so the work goes on after a stop, and doing a batch twice changes nothing. Until a job is moved,
`faceweb.people.faces.shown_faces` reads its JSON.

Old answers say words. A word becomes the person who is called so now; of somebody who was renamed
or removed since, the word stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from faceweb.models import Bookmark, Face, Job, Video
from faceweb.people.faces.old_faces import rows_of_old_job
from faceweb.people.subject_list import ids_by_name
from faceweb.videos import answers

BATCH = 200


def move_jobs(jobs: Iterable[Job]) -> None:
    """Make rows of these jobs' old faces. Call it in a transaction."""
    old = [job for job in jobs if job.old_faces]
    faces = [face for job in old for face in job.old_faces]
    ids = ids_by_name({face.get("named") or face.get("identity") for face in faces} - {None})
    _add([row for job in old for row in rows_of_old_job(job, ids)])
    Job.objects.filter(pk__in=[job.pk for job in old]).update(old_faces=[], has_unknown=False)


def move_videos(videos: Iterable[Video]) -> None:
    """Make rows of the faces in these videos' frames. Call it in a transaction."""
    for video in videos:
        if any(frame.get("faces") for frame in video.frames):
            ids = ids_by_name(answers.names_in(video.people, video.frames))
            named_at = video.answered_at or video.created_at
            _add(answers.rows_of_frames(video, video.frames, ids, named_at))
            Video.objects.filter(pk=video.pk).update(
                frames=answers.without_faces(video.frames),
                people=answers.with_ids(video.people, ids),
            )


def _add(rows: list[Face]) -> None:
    Face.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedUpTo:
    """How far a move has come: the last row that was looked at, newest first."""

    began: str
    before: str | None = None
    before_id: str | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One kind of old rows, and what moves some of them."""

    name: str
    rows: Callable[[], QuerySet]
    move: Callable[..., None]

    def place(self) -> MovedUpTo:
        row = Bookmark.objects.filter(name=self.name).first()
        return MovedUpTo(**row.place) if row else MovedUpTo(began=timezone.now().isoformat())

    def some(self, batch: int) -> int:
        """Move the next rows, and return how many were looked at; none when all are moved."""
        place = self.place()
        if place.is_done:
            return 0
        rows = list(_after(self.rows(), place)[:batch])
        with transaction.atomic():
            self.move(rows or self._late(place))
            Bookmark.objects.update_or_create(
                name=self.name, defaults={"place": asdict(_next(place, rows))}
            )
        return len(rows)

    def _late(self, place: MovedUpTo) -> QuerySet:
        """What an old web process answered while the move was under way."""
        return self.rows().filter(answered_at__gte=datetime.fromisoformat(place.began))


MOVES = (
    Move(
        name="faces of jobs moved",
        rows=lambda: Job.objects.exclude(old_faces=[]).only(
            "kind", "result", "created_at", "answered_at", "old_faces"
        ),
        move=move_jobs,
    ),
    Move(
        name="faces of videos moved",
        rows=lambda: Video.objects.only("people", "frames", "created_at", "answered_at"),
        move=move_videos,
    ),
)


def is_moved() -> bool:
    """Whether all faces are rows."""
    return all(move.place().is_done for move in MOVES)


def move_some(batch: int = BATCH) -> int:
    """Move the next old answers, and return how many were looked at; none when all is done."""
    return next((looked for move in MOVES if (looked := move.some(batch))), 0)


def _after(rows: QuerySet, place: MovedUpTo) -> QuerySet:
    ordered = rows.order_by("-created_at", "-pk")
    if place.before is None:
        return ordered
    before = datetime.fromisoformat(place.before)
    earlier = Q(created_at__lt=before) | Q(created_at=before, pk__lt=place.before_id)
    return ordered.filter(earlier, created_at__lte=before)


def _next(place: MovedUpTo, rows: Sequence[Job] | Sequence[Video]) -> MovedUpTo:
    if not rows:
        return MovedUpTo(began=place.began, is_done=True)
    last = rows[-1]
    return MovedUpTo(began=place.began, before=last.created_at.isoformat(), before_id=str(last.pk))
