"""Adding people: a script sends a picture a request, so that each has its state and its reason."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from faceweb.access.identity import collection_of
from faceweb.access.permissions import CHANGE_PERSON
from faceweb.intake.uploads import UploadRefused
from faceweb.models import Subject
from faceweb.pages.access import page, people_here, wants_part
from faceweb.people.examples.teaching import taught_each
from faceweb.replies.threads import run_in_thread


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
    people = await run_in_thread(people_here, request)
    try:
        found = await taught_each(request, people, name, pictures)
    except UploadRefused as refusal:
        found = [refusal] * len(pictures)
    rows = [(picture.name, one) for picture, one in zip(pictures, found, strict=True)]
    template = "rows" if wants_part(request) else "done"
    return await run_in_thread(render, request, f"faceweb/adding_{template}.html", {"rows": rows})
