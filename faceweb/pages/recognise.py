"""The recognise page's own request: a picture in, its faces out."""

import uuid
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import ADD_JOB
from faceweb.intake.answering import store_picture, submit_and_wait
from faceweb.intake.uploads import UploadRefused
from faceweb.jobs.history import NotOpen, cancel
from faceweb.pages.access import job_here, page, visitor, wants_part
from faceweb.pages.faces.picture import picture_part
from faceweb.replies.threads import run_in_thread
from foundation.errors import NameTaken

WAIT_SECONDS = 5.0
"""The part that is answered then asks again by itself, and says what is waited for."""


@require_POST
@page(ADD_JOB)
async def recognise(request: HttpRequest) -> HttpResponse:
    """The same as POST /, with the picture's part of a page as the answer."""
    try:
        jobs = await submit_and_wait(
            request,
            lambda ids: [store_picture(request, ids[0], collection_of(request))],
            1,
            WAIT_SECONDS,
        )
    except UploadRefused as refusal:
        return HttpResponse(refusal.sentence, status=refusal.status, content_type="text/plain")
    except NameTaken as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    return await run_in_thread(picture_part, request, jobs[0])


@require_POST
@page(ADD_JOB)
def cancel_waiting(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """End a picture's waiting; the picture stays in the history, without an answer."""
    job = job_here(request, job_id)
    with suppress(NotOpen):
        cancel(job)
        audit.record(visitor(request), "job cancelled", job.pk)
    if not wants_part(request):
        return redirect(job)
    return picture_part(request, job)
