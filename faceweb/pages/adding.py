"""Adding people: a script sends a picture a request, so that each has its state and its reason."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from faceweb.access.identity import collection_of
from faceweb.access.permissions import CHANGE_PERSON
from faceweb.jobs.uploads import UploadRefused
from faceweb.models import Subject
from faceweb.pages.access import page, visitor
from faceweb.people.examples.teaching import taught_each
from faceweb.people.subjects import Subjects, subjects
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import GalleryError

REFUSALS = (GalleryError, LeaseTaken)


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
    name, pictures = request.POST.get("name", "").strip(), request.FILES.getlist("pictures")
    people = await run_in_thread(_people, request)
    try:
        found = await taught_each(request, people, name, pictures, refusals=REFUSALS)
    except UploadRefused as refusal:
        found = [refusal] * len(pictures)
    rows = [(picture.name, one) for picture, one in zip(pictures, found, strict=True)]
    template = "rows" if request.headers.get("HX-Request") == "true" else "done"
    return await run_in_thread(render, request, f"faceweb/adding_{template}.html", {"rows": rows})


def _people(request: HttpRequest) -> Subjects:
    return subjects(get_settings(), visitor(request), collection_of(request))
