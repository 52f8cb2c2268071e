"""What a visitor is told when a request fails, in words of ours: never Django's, no setting's name.

The API's clients get a problem, all others a page or a sentence.
"""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.api.problems import problem
from faceweb.pages.access import LoginTooOld, visitor

log = structlog.get_logger()

NOT_FOUND = "There is nothing at this address: /api/docs lists what there is."
NOT_ALLOWED = "You may not see or do this. An administrator can give you the role for it."
LOGIN_TOO_OLD = (
    "This can't be undone, so it needs a login of the last 15 minutes: log out and in again."
)
STALE_FORM = "This form is too old, or your browser keeps no cookies: load the page again."
UNREADABLE = "This request can't be read: its address, headers or form are not as they should be."
OUR_FAULT = "Something went wrong here; it was written to the log."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if _is_program(request):
        return problem(404, NOT_FOUND)
    return render(request, "faceweb/not_found.html", status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, for a user without the permission."""
    if isinstance(exception, LoginTooOld):
        return _refusal(request, 403, "Log in again", LOGIN_TOO_OLD)
    log.warning("not_allowed", path=request.path, permission=str(exception), by=visitor(request))
    return _refusal(request, 403, "Not allowed", NOT_ALLOWED)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, for a form without its token."""
    return _refusal(request, 403, "Send it again", STALE_FORM)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400. No page: what is wrong may be the host's name, which a page's links need."""
    return _sentence(request, 400, UNREADABLE)


def our_fault(request: HttpRequest) -> HttpResponse:
    """500. No page: what is wrong may be the database, which a page needs."""
    return _sentence(request, 500, OUR_FAULT)


def _refusal(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    if _is_program(request):
        return problem(status, sentence)
    context = {"title": title, "sentence": sentence}
    return render(request, "faceweb/refused.html", context, status=status)


def _sentence(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if _is_program(request):
        return problem(status, sentence)
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
