"""Adding people: one picture a request, so that each has its row, its state and its reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from faceweb.access.identity import collection_of
from faceweb.access.permissions import CHANGE_PERSON
from faceweb.jobs.answering import submit_and_wait
from faceweb.jobs.erasing import forget_enrolment
from faceweb.jobs.submission import enqueue, send_task, store_privately
from faceweb.jobs.uploads import UploadRefused, checked_uploads
from faceweb.models import Job, JobKind, Subject
from faceweb.pages.access import page, visitor
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.people.subjects import Learned, subjects
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.aws.storage import gallery_bucket
from foundation.config import get_settings
from recognition.errors import GalleryError

FIELD = "pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one picture: whose example it is, or why it is none."""

    filename: str
    person: Learned | None = None
    reason: str = ""
    warnings: Sequence[str] = ()


@require_safe
@page(CHANGE_PERSON)
def adding(request: HttpRequest) -> HttpResponse:
    """The page: a name or a known person, and pictures."""
    person = Subject.objects.filter(
        pk=request.GET.get("person", ""), collection=collection_of(request), erased_at=None
    ).first()
    return render(request, "faceweb/adding.html", {"person": person})


@require_POST
@page(CHANGE_PERSON)
async def add(request: HttpRequest) -> HttpResponse:
    """Pictures of one person become examples. A script sends them one by one; a form, together."""
    name = request.POST.get("name", "").strip()
    uploads = await run_in_thread(
        lambda: list(
            zip(
                [one.name or "" for one in request.FILES.getlist(FIELD)],
                checked_uploads(request, request.FILES.getlist(FIELD), get_settings()),
                strict=True,
            )
        )
    )
    rows = [await _added(request, name, filename, upload) for filename, upload in uploads]
    template = "rows" if request.headers.get("HX-Request") == "true" else "done"
    return await run_in_thread(render, request, f"faceweb/adding_{template}.html", {"rows": rows})


async def _added(request: HttpRequest, name: str, filename: str, upload: object) -> Row:
    settings = get_settings()
    if isinstance(upload, UploadRefused):
        return Row(filename=filename, reason=upload.sentence)

    def accept(ids: Sequence[uuid.UUID]) -> list[Job]:
        bucket = gallery_bucket(settings)
        job = store_privately(
            JobKind.EMBED, ids[0], bucket, upload,  # type: ignore[arg-type]
            collection=collection_of(request),
        )  # fmt: skip
        enqueue(job, send_task)
        return [job]

    [job] = await submit_and_wait(request, accept, 1, settings.result_timeout_seconds)
    return await run_in_thread(_learnt, request, job, name, filename)


def _learnt(request: HttpRequest, job: Job, name: str, filename: str) -> Row:
    settings = get_settings()
    try:
        if not job.is_final:
            return Row(filename=filename, reason="No worker answered in time: send it again later.")
        people = subjects(settings, visitor(request), collection_of(request))
        learned = people.learn(job, 0, name)
        return Row(filename=filename, person=learned, warnings=learned.warnings)
    except (NoUsableFace, GalleryError, LeaseTaken) as refusal:
        return Row(filename=filename, reason=str(refusal))
    finally:
        forget_enrolment(job, settings)
