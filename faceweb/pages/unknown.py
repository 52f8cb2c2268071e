"""Unknown faces by group, to be named."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb import audit
from faceweb.pages.access import page, visitor
from faceweb.people.subjects import subjects
from faceweb.people.unknown_faces import grouped, unknown_faces
from faceweb.permissions import VIEW_JOB
from workers.config import get_settings


@page(VIEW_JOB)
def unknown(request: HttpRequest) -> HttpResponse:
    people = subjects(get_settings(), visitor(request)).all()
    audit.record(visitor(request), "unknown faces listed")
    groups = grouped(unknown_faces())
    return render(request, "faceweb/unknown.html", {"groups": groups, "people": people})
