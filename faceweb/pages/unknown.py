"""Unknown faces by group, to be named."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.pages.access import page, visitor
from faceweb.people.subjects import subjects
from faceweb.people.unknown_faces import grouped, unknown_faces
from workers.config import get_settings


@page
def unknown(request: HttpRequest) -> HttpResponse:
    people = subjects(get_settings(), visitor(request)).all()
    groups = grouped(unknown_faces())
    return render(request, "faceweb/unknown.html", {"groups": groups, "people": people})
