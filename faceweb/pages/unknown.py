"""Unknown faces by group, to be named."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.access import audit
from faceweb.access.identity import collection_of
from faceweb.access.permissions import VIEW_JOB
from faceweb.pages.access import page, visitor
from faceweb.pages.faces.picture import offers
from faceweb.people.faces.unknown_faces import grouped, unknown_faces


@page(VIEW_JOB)
def unknown(request: HttpRequest) -> HttpResponse:
    audit.record(visitor(request), "unknown faces listed")
    groups = grouped(unknown_faces(collection_of(request)))
    context = {"groups": groups, **offers(request, request.GET.get("also"))}
    return render(request, "faceweb/unknown.html", context)
