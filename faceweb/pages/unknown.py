"""Unknown faces by group, to be named."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb import audit
from faceweb.pages.access import page, visitor
from faceweb.people.people_pages import few_people
from faceweb.people.unknown_faces import grouped, unknown_faces
from faceweb.permissions import VIEW_JOB


@page(VIEW_JOB)
def unknown(request: HttpRequest) -> HttpResponse:
    people = few_people()
    audit.record(visitor(request), "unknown faces listed")
    groups = grouped(unknown_faces())
    return render(request, "faceweb/unknown.html", {"groups": groups, "people": people})
