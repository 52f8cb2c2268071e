"""The pages of failed requests, in our own words: never Django's, no setting's name.

The API's clients get a problem, all others a sentence; a browser shows it as a page
(`faceweb.middleware.error_pages`).
"""

import structlog
from django.http import HttpRequest, HttpResponse

from faceweb.api.problems import problem
from faceweb.pages.access import LoginTooOld, visitor

log = structlog.get_logger()

NOT_FOUND = "There is nothing at this address: /api/docs lists what there is."
GONE = "It may have been deleted, or erased: look into the history."
NOT_ALLOWED = "You may not see or do this. An administrator can give you the role for it."
LOGIN_TOO_OLD = (
    "This can't be undone, so it needs a login of the last 15 minutes: log out and in again."
)
STALE_FORM = "This form is too old, or your browser keeps no cookies: load the page again."
UNREADABLE = "This request can't be read: its address, headers or form are not as they should be."
OUR_FAULT = "Something went wrong here; it was written to the log."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _error(request, 404, NOT_FOUND if _is_program(request) else GONE)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, for a user without the permission."""
    if isinstance(exception, LoginTooOld):
        return _error(request, 403, LOGIN_TOO_OLD)
    log.warning("not_allowed", path=request.path, permission=str(exception), by=visitor(request))
    return _error(request, 403, NOT_ALLOWED)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, for a form without its token."""
    return _error(request, 403, STALE_FORM)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _error(request, 400, UNREADABLE)


def our_fault(request: HttpRequest) -> HttpResponse:
    """500."""
    return _error(request, 500, OUR_FAULT)


def _error(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if _is_program(request):
        return problem(status, sentence)
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
