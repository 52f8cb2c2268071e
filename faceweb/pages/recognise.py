"""The recognise page's own requests: a picture in, a job out; a name for a face."""

from __future__ import annotations

import uuid

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from faceweb.access.permissions import ADD_JOB, CHANGE_PERSON
from faceweb.jobs.answering import accept_picture, submit_and_wait
from faceweb.jobs.uploads import UploadRefused
from faceweb.models import Job
from faceweb.pages.access import may, page, visitor
from faceweb.people.faces.shown_faces import job_json
from faceweb.people.subjects import NoUsableFace, subjects
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from foundation.errors import NameTaken
from recognition.errors import GalleryError


@require_POST
async def recognise(request: HttpRequest) -> JsonResponse:
    """The same as POST /, with the whole job as the answer, for the page's script."""
    settings = get_settings()
    if not await run_in_thread(may, request, ADD_JOB):
        sentence = "Log in first, as a user who may send pictures."
        return JsonResponse({"message": sentence}, status=403)
    try:
        jobs = await submit_and_wait(
            request,
            lambda ids: [accept_picture(request, ids[0])],
            1,
            settings.result_timeout_seconds,
        )
    except UploadRefused as refusal:
        return JsonResponse({"message": refusal.sentence}, status=refusal.status)
    except NameTaken as error:
        return JsonResponse({"message": str(error)}, status=409)
    except (BotoCoreError, ClientError):
        return JsonResponse({"message": "Storage does not answer. Try again."}, status=503)
    return JsonResponse(job_json(jobs[0]))


@require_POST
@page(CHANGE_PERSON)
def name_face(request: HttpRequest, job_id: uuid.UUID) -> HttpResponseBase:
    """Name one face, or with several `face` values (`job:number`) a whole group."""
    refused: dict[str, None] = {}
    name, named = request.POST.get("name", ""), 0
    people = subjects(get_settings(), visitor(request))
    for value in request.POST.getlist("face"):
        try:
            learned = people.learn(*_chosen(value, job_id), name)
        except (NoUsableFace, GalleryError, LeaseTaken) as error:
            refused[str(error)] = None  # the same for each face of a group is told once
            continue
        name, named = learned.name, named + 1
        for warning in learned.warnings:
            notes.warning(request, warning)
    if named:
        notes.success(request, f"{name} is known now ({named} example{'s'[: named != 1]}).")
    for reason in refused:
        notes.error(request, reason)
    back = request.POST.get("back", "")
    return redirect(reverse(back) if back in ("unknown", "home") else reverse("job", args=[job_id]))


def _chosen(value: str, job_id: uuid.UUID) -> tuple[Job, int]:
    """The job and the number of a face that was chosen. Raises NoUsableFace."""
    one, _, number = value.rpartition(":")
    try:
        return get_object_or_404(Job, pk=uuid.UUID(one) if one else job_id), int(number)
    except ValueError:
        raise NoUsableFace(f"{value!r} is no face.") from None
