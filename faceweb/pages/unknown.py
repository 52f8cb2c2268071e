"""Unknown faces by group, to be named."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.access import audit
from faceweb.access.permissions import VIEW_JOB
from faceweb.pages.access import page, visitor
from faceweb.people.faces.unknown_faces import grouped, unknown_faces
from faceweb.people.people_pages import few_people


@page(VIEW_JOB)
def unknown(request: HttpRequest) -> HttpResponse:
    people = few_people()
    audit.record(visitor(request), "unknown faces listed")
    groups = grouped(unknown_faces())
    return render(request, "faceweb/unknown.html", {"groups": groups, "people": people})
