"""A picture with its faces as a part of a page: where they are, who they are, what to correct."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.access import audit
from faceweb.access.permissions import CHANGE_PERSON, VIEW_JOB
from faceweb.models import Face, Job
from faceweb.pages.access import job_here, may, page, people_here, visitor
from faceweb.pages.faces.seen_picture import picture_seen
from faceweb.people.faces.seen_faces import faces_like
from faceweb.people.faces.shown_faces import load_faces
from faceweb.watch.waiting import waiting_now
from foundation.config import get_settings


def picture_context(request: HttpRequest, job: Job, also: str | None = None) -> dict[str, object]:
    """What `picture.html` needs. `also` is the id of who was just named in it."""
    waiting = None if job.is_final else waiting_now(get_settings())
    return {"job": job, "seen": picture_seen(job), "waiting": waiting, **offers(request, also)}


def picture_part(request: HttpRequest, job: Job, also: str | None = None) -> HttpResponse:
    """The part alone, for a page that has another one already."""
    load_faces([job])
    return render(request, "faceweb/picture.html", picture_context(request, job, also))


@page(VIEW_JOB)
def faces(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The part, asked for until the job has an answer, or to be shown over another page."""
    job = job_here(request, job_id)
    audit.record_look(visitor(request), "job seen", job.pk)
    return picture_part(request, job)


def offers(request: HttpRequest, person_id: str | None) -> dict[str, object]:
    """Unknown faces that may be the person who was just named."""
    if not person_id or not may(request, CHANGE_PERSON):
        return {}
    people = people_here(request)
    gallery = people.gallery()
    alike: list[Face] = faces_like(person_id, gallery, get_settings(), people.collection)
    name = gallery.people[person_id].name if gallery and alike else ""
    return {"alike": alike, "alike_name": name}
