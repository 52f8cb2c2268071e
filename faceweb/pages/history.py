"""The job history as a page, one job, and its pictures."""

import uuid
from collections.abc import Sequence
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import VIEW_JOB, VIEW_VIDEO
from faceweb.jobs.history import JobFilter, page_of
from faceweb.jobs.paging import rows_after
from faceweb.jobs.pictures import bucket_of, face_cutout, thumbnail as small_picture
from faceweb.models import Job, JobState, Video, VideoState
from faceweb.pages.access import demand, drawn, else_first, job_here, page, visitor
from faceweb.people.faces.shown_faces import answers_now, shown_faces
from faceweb.videos.answers import videos_now
from faceweb.videos.lists import VideoFilter
from foundation.config import get_settings
from foundation.errors import ObjectMissing

PAGE = 24
FILTERS = ("state", "result", "filename", "person")


@page(VIEW_JOB)
def history(request: HttpRequest) -> HttpResponse:
    """Jobs with thumbnails; filters stay in the address."""
    filters = {name: request.GET.get(name) or None for name in FILTERS}
    of_videos = request.GET.get("of") == "videos"
    if of_videos:
        demand(request, VIEW_VIDEO)
    rows, next_cursor = else_first(
        partial(_rows, request, of_videos, filters), request.GET.get("cursor")
    )
    audit.record(visitor(request), f"{'videos' if of_videos else 'jobs'} listed", count=len(rows))
    query = request.GET.copy()
    query["cursor"] = next_cursor or ""
    context = {
        "videos" if of_videos else "jobs": rows,
        "of_videos": of_videos,
        "more": query.urlencode() if next_cursor else "",
        "asked": filters,
        "states": VideoState if of_videos else JobState,
        "filtered": any(filters.values()),
    }
    return render(request, "faceweb/history.html", context)


def _rows(
    request: HttpRequest, of_videos: bool, filters: dict[str, str | None], cursor: str | None
) -> tuple[Sequence[Job | Video], str | None]:
    """Raises CursorRefused."""
    if of_videos:
        videos, next_cursor = rows_after(
            VideoFilter(collection=collection_of(request), **filters).found(), cursor, PAGE
        )
        return videos_now(videos), next_cursor
    wanted = JobFilter(kind="recognise", collection=collection_of(request), **filters)  # type: ignore[arg-type]
    found = page_of(wanted, cursor, PAGE)
    return answers_now(found.jobs), found.next_cursor


@page(VIEW_JOB)
def thumbnail(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The picture as lists show it."""
    return drawn(_content(request, job_here(request, job_id)), small_picture)


@page(VIEW_JOB)
def picture(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The picture as the page shows it: turned upright and made no larger than a screen."""
    content = _content(request, job_here(request, job_id))
    return drawn(content, partial(small_picture, pixels=1600))


@page(VIEW_JOB)
def face(request: HttpRequest, job_id: uuid.UUID, number: int) -> HttpResponse:
    """One face of the picture, cut out."""
    job = job_here(request, job_id)
    box = next((face.box for face in shown_faces(job) if face.number == number), None)
    if box is None:
        raise Http404
    return drawn(_content(request, job), partial(face_cutout, box=box))


def _content(request: HttpRequest, job: Job) -> bytes:
    audit.record_look(visitor(request), "picture seen", job.pk)
    try:
        return bucket_of(job, get_settings()).get(job.input_key)
    except ObjectMissing:
        raise Http404("The picture was deleted.") from None
