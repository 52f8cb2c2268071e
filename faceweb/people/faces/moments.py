"""Everything that shows a person, newest first: pictures, and the moments of videos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.urls import reverse

from faceweb.jobs.history import JobFilter
from faceweb.jobs.paging import Source, rows_after
from faceweb.models import Job, Video
from faceweb.models.videos import JsonObject
from faceweb.people.faces.shown_faces import answers_now
from faceweb.videos.answers import videos_now
from faceweb.videos.lists import VideoFilter
from faceweb.videos.timeline import clock
from foundation.collections import DEFAULT

PAGE = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One card: the picture, or a frame of the video where the person is seen."""

    row: Job | Video
    picture: str
    who: str
    time: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether the face was seen in a picture, and not in a video."""
        return isinstance(self.row, Job)


def moments_of(
    person_id: str, cursor: str | None, pictures: bool, videos: bool, collection: str = DEFAULT
) -> tuple[list[Moment], str | None]:
    """A page of moments, and the cursor of the next. Raises CursorRefused.

    `pictures` and `videos` are what the visitor may see. A video counts as one of the page.
    """
    sources: list[Any] = []
    if pictures:
        sources += JobFilter(kind="recognise", person=person_id, collection=collection).found()
    if videos:
        sources += VideoFilter(person=person_id, collection=collection).found()
    rows, more = rows_after(cast("Sequence[Source[Any]]", sources), cursor, PAGE)
    answers_now(row for row in rows if isinstance(row, Job))
    shown = {row.pk: row for row in videos_now(row for row in rows if isinstance(row, Video))}
    moments = [one for row in rows for one in _of_row(shown.get(row.pk, row), person_id)]
    return moments, more


def _of_row(row: Job | Video, person_id: str) -> Iterator[Moment]:
    if isinstance(row, Job):
        picture = "" if row.picture_deleted else reverse("thumbnail", args=[row.pk])
        yield Moment(row=row, picture=picture, who=getattr(row, "answer", ""))
        return
    who = ", ".join(one["name"] for one in row.people)
    seen = next((one for one in row.people if one.get("person_id") == person_id), None)
    for frame, time in _spans(seen) if seen else [(0, "")]:
        picture = "" if row.pictures_deleted else reverse("video-frame", args=[row.pk, frame])
        yield Moment(row=row, picture=picture, who=who, time=time)


def _spans(seen: JsonObject) -> list[tuple[int, str]]:
    """A frame for each time that the person is seen, and when that begins."""
    firsts = [
        number
        for place, number in enumerate(seen["frames"])
        if place == 0 or number != seen["frames"][place - 1] + 1
    ]
    spans = seen["spans"]
    if len(firsts) != len(spans):
        firsts = [seen["best_frame"]] * len(spans)
    starts = [clock(span["from_seconds"]) for span in spans]
    return list(zip(firsts, starts, strict=True))
