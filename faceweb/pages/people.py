"""People and their pictures."""

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from faceweb.access import audit, permissions
from faceweb.access.identity import collection_of
from faceweb.pages.access import (
    demand,
    demand_fresh_login,
    else_first,
    may,
    page,
    people_here,
    picture_response,
    visitor,
)
from faceweb.pages.faces.picture import offers
from faceweb.people.erasure.running import ERASING_WAITS, STOPS_ERASING, receipt_in_words, soon
from faceweb.people.faces.duplicates import possible_duplicates
from faceweb.people.faces.moments import moments_of
from faceweb.people.people_pages import cover_of, people_after
from faceweb.people.subjects import NoSuchSubject, Subjects
from faceweb.people.threshold import threshold_in_force
from faceweb.replies.leases import LeaseTaken
from foundation.config import get_settings
from recognition.errors import GalleryError

PAGE = 60
OFFERED = 12
"""Names while somebody types."""


@require_safe
@page(permissions.VIEW_PERSON)
def people(request: HttpRequest) -> HttpResponse:
    """A page of people by name: all, or those whose names have a text in them."""
    gallery = people_here(request)
    audit.record(visitor(request), "people listed")
    gallery.refresh_rows()
    search = request.GET.get("q", "").strip()
    shown, more = else_first(
        lambda place: people_after(place, PAGE, search, gallery.collection),
        request.GET.get("after"),
    )
    context = {
        "people": shown,
        "more": more,
        "search": search,
        "threshold": threshold_in_force(gallery.gallery(), get_settings(), gallery.collection),
    }
    return render(request, "faceweb/people.html", context)


@require_safe
@page(permissions.VIEW_PERSON)
def names(request: HttpRequest) -> HttpResponse:
    """Names for what was typed so far, as the options of a list."""
    typed = next(iter(request.GET.values()), "")
    audit.record_look(visitor(request), "people searched", "names")
    found, _ = people_after(None, OFFERED, str(typed).strip(), collection_of(request))
    return render(request, "faceweb/names.html", {"people": found})


@page(permissions.VIEW_PERSON)
def person(request: HttpRequest, person_id: str) -> HttpResponse:
    """One person: examples; rename, merge, remove an example, erase."""
    gallery = people_here(request)
    try:
        if request.method == "POST":
            return _change(request, gallery, person_id)
        one = gallery.get(person_id)
        audit.record_look(visitor(request), "person seen", person_id)
        seen = may(request, permissions.VIEW_JOB), may(request, permissions.VIEW_VIDEO)
        moments, more = else_first(
            lambda place: moments_of(person_id, place, *seen, gallery.collection),
            request.GET.get("cursor"),
        )
        context = {
            "person": one,
            "moments": moments,
            "more": more,
            **offers(request, request.GET.get("also")),
            "examples": gallery.examples(person_id),
            "cover": cover_of(person_id),
            "duplicates": possible_duplicates(person_id),
        }
        return render(request, "faceweb/person.html", context)
    except NoSuchSubject as error:
        raise Http404(str(error)) from None


NEEDED = {"remove": permissions.DELETE_EXAMPLE, "erase": permissions.DELETE_PERSON}
"""What a change of a person needs in place of the permission to change people."""


def _change(request: HttpRequest, gallery: Subjects, person_id: str) -> HttpResponse:
    action = request.POST.get("do", "")
    demand(request, NEEDED.get(action, permissions.CHANGE_PERSON))
    try:
        match action:
            case "rename":
                gallery.rename(person_id, request.POST.get("name", ""))
                notes.success(request, "Renamed.")
            case "merge":
                merged = gallery.get(person_id).name
                into, change = gallery.merge(person_id, _into(request, gallery))
                person_id = into.id
                sentence = f"{merged} is merged into {into.name}."
                notes.success(request, sentence, extra_tags=str(change.pk))
            case "cover":
                gallery.set_cover(person_id, request.POST.get("example", ""))
                notes.success(request, "This is the cover now.")
            case "remove":
                removed = gallery.remove_example(person_id, request.POST.get("example", ""))
                notes.success(request, "Example removed.", extra_tags=str(removed.pk))
            case "erase":
                return _erase(request, gallery, person_id)
    except (GalleryError, LeaseTaken) as error:
        notes.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    known = gallery.gallery()
    is_known = known is not None and person_id in known.people
    return redirect("person", person_id) if is_known else redirect("people")


def _into(request: HttpRequest, gallery: Subjects) -> str:
    """Whom to merge into: by id, or by the name that was typed. Raises GalleryError."""
    name = request.POST.get("into_name", "")
    if not name:
        return request.POST.get("into", "")
    person = gallery.named(name)
    if person is None:
        raise GalleryError(f"nobody is called {name!r}")
    return person.id


def _erase(request: HttpRequest, gallery: Subjects, person_id: str) -> HttpResponse:
    demand_fresh_login(request)
    with_pictures = request.POST.get("pictures") == "yes"
    if with_pictures:
        demand(request, permissions.DELETE_JOB)
    try:
        receipt = gallery.erase_until(soon(), person_id, with_pictures)
        notes.success(request, receipt_in_words(receipt))
    except STOPS_ERASING:
        notes.error(request, ERASING_WAITS)
    return redirect("people")


@page(permissions.VIEW_PERSON)
def picture(request: HttpRequest, person_id: str, example_id: str | None = None) -> HttpResponse:
    """The cut-out face of an example, or of the cover."""
    try:
        found = people_here(request).picture(person_id, example_id)
    except NoSuchSubject as error:
        raise Http404(str(error)) from None
    audit.record_look(visitor(request), "person's picture seen", person_id)
    return picture_response(found)
