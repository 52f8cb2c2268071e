"""People and their pictures."""

from __future__ import annotations

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from faceweb.leases import LeaseTaken
from faceweb.models import ExamplePicture
from faceweb.pages.access import page, picture_response, visitor
from faceweb.people.subjects import NoSuchSubject, Subjects, receipt_in_words, subjects
from faceweb.people.threshold import threshold_in_force
from recognition.errors import GalleryError
from workers.config import get_settings


@require_GET
@page
def people(request: HttpRequest) -> HttpResponse:
    gallery = subjects(get_settings(), visitor(request))
    pictured = set(ExamplePicture.objects.values_list("person_id", flat=True))
    shown = [{"person": one, "pictured": one.id in pictured} for one in gallery.all()]
    threshold = threshold_in_force(gallery.gallery(), get_settings())
    return render(request, "faceweb/people.html", {"people": shown, "threshold": threshold})


@page
def person(request: HttpRequest, person_id: str) -> HttpResponse:
    """One person: examples; rename, merge, remove an example, erase."""
    gallery = subjects(get_settings(), visitor(request))
    try:
        if request.method == "POST":
            return _change(request, gallery, person_id)
        one = gallery.get(person_id)
        context = {
            "person": one,
            "examples": gallery.examples(person_id),
            "others": [other for other in gallery.all() if other.id != person_id],
        }
        return render(request, "faceweb/person.html", context)
    except NoSuchSubject as error:
        raise Http404(str(error)) from None


def _change(request: HttpRequest, gallery: Subjects, person_id: str) -> HttpResponse:
    try:
        match request.POST.get("do"):
            case "rename":
                gallery.rename(person_id, request.POST.get("name", ""))
                notes.success(request, "Renamed.")
            case "merge":
                person_id = gallery.merge(person_id, request.POST.get("into", "")).id
                notes.success(request, "Merged.")
            case "remove":
                gallery.remove_example(person_id, request.POST.get("example", ""))
                notes.success(request, "Example removed.")
            case "erase":
                notes.success(request, receipt_in_words(gallery.erase(person_id)))
                return redirect("people")
    except (GalleryError, LeaseTaken) as error:
        notes.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    known = any(one.id == person_id for one in gallery.all())
    return redirect("person", person_id) if known else redirect("people")


@page
def picture(request: HttpRequest, person_id: str, example_id: str | None = None) -> HttpResponse:
    try:
        found = subjects(get_settings(), visitor(request)).picture(person_id, example_id)
    except NoSuchSubject as error:
        raise Http404(str(error)) from None
    return picture_response(found)
