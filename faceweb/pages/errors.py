"""Addresses that there are not, for people and for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.api.problems import problem


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A problem for the API's clients, a page for all others."""
    if request.path.startswith("/api/"):
        return problem(404, "There is nothing at this address: /api/docs lists what there is.")
    return render(request, "faceweb/not_found.html", status=404)
