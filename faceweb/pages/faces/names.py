"""Names that are offered while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import VIEW_PERSON
from faceweb.pages.access import page, visitor
from faceweb.people.people_pages import people_after

OFFERED = 12


@require_safe
@page(VIEW_PERSON)
def names(request: HttpRequest) -> HttpResponse:
    """Names for what was typed so far, as the options of a list."""
    typed = next(iter(request.GET.values()), "")
    audit.looked(visitor(request), "people searched", "names")
    people, _ = people_after(None, OFFERED, str(typed).strip(), collection_of(request))
    return render(request, "faceweb/names.html", {"people": people})
