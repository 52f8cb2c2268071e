"""Who may see and do what on the pages: anything on a machine of one's own, else by permission."""

import time
from collections.abc import Callable, Coroutine
from functools import cached_property, wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404

from faceweb.access.identity import (
    administers_teams,
    collection_of,
    reached_on_pages,
    teams_on_pages,
)
from faceweb.access.permissions import STEER_FLEET, VIEW_FLEET
from faceweb.api.problems import AWAY_ERRORS
from faceweb.collections.reach import permits
from faceweb.jobs.paging import CursorRefused
from faceweb.models import Collection, Job, Video
from faceweb.pages.forms import number_in, uuid_in
from faceweb.people.subjects import Subjects, subjects
from faceweb.replies.patience import in_time
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import PictureError

log = structlog.get_logger()

Found = TypeVar("Found")

SAFE_PICTURE = {
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=300",
}
"""A picture is shown by <img> all the same, but never opened as a page of ours."""

OF_FLEET = {"view_fleet": VIEW_FLEET, "steer_fleet": STEER_FLEET}
"""The scaler's permissions, for templates."""
NOT_ALLOWED = "You may not do this. Log in as a user who may."
AWAY = "Storage does not answer. Load the page again in a moment."
PERHAPS_DONE = (
    "Storage does not answer in time. What you asked for may still be done: "
    "load the page again, and look before you repeat it."
)

LOGGED_IN_AT = "logged_in_at"
"""Where a session says when its user gave their password."""
FRESH_SECONDS = 15 * 60

Page = Callable[..., Any]
"""Gives a response; one that waits for workers is a coroutine, and holds no thread."""


GuardedPage = Callable[..., Coroutine[object, None, HttpResponseBase]]


class LoginTooOld(PermissionDenied):
    """The user has to give their password once more: somebody else may sit at their browser."""


def visitor(request: HttpRequest) -> str:
    """Return the audit log's name for a page's visitor."""
    user = getattr(request, "user", None)
    return f"user {user.get_username()}" if user and user.is_authenticated else "local"


def may_enter(request: HttpRequest) -> bool:
    """True for anybody where no login is asked for, else for those who logged in."""
    return not get_settings().api_key_required or request.user.is_staff


def may(request: HttpRequest, permission: str) -> bool:
    """True for who may enter and holds the permission, which nobody needs without a login."""
    if not get_settings().api_key_required:
        return True
    return may_enter(request) and permits(request.user, collection_of(request), permission)


def demand(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied for who may not."""
    if not may(request, permission):
        raise PermissionDenied(permission)


def people_here(request: HttpRequest) -> Subjects:
    """The people of the collection that is shown, changed in the visitor's name."""
    return subjects(get_settings(), visitor(request), collection_of(request))


def wants_part(request: HttpRequest) -> bool:
    """True where a script puts the answer into a page that is open."""
    return request.headers.get("HX-Request") == "true"


def else_first(page_at: Callable[[str | None], Found], place: str | None) -> Found:
    """The page of a list at a place; the first one for a place that is none of ours."""
    try:
        return page_at(place)
    except CursorRefused:
        return page_at(None)


def job_here(request: HttpRequest, job_id: object) -> Job:
    """A job of the collection that is shown. Raises Http404."""
    return get_object_or_404(Job, pk=job_id, collection=collection_of(request))


def video_here(request: HttpRequest, video_id: object, **fields: object) -> Video:
    """A video of the collection that is shown. Raises Http404."""
    return get_object_or_404(Video, pk=video_id, collection=collection_of(request), **fields)


def frame_here(request: HttpRequest, text: str) -> tuple[Video, int]:
    """The video and the number of "<video>/<number>". Raises Http404."""
    video, _, number = text.partition("/")
    if not number.isdecimal():
        raise Http404
    return video_here(request, uuid_in(video)), number_in(number)


def demand_fresh_login(request: HttpRequest) -> None:
    """For what can't be undone. Raises LoginTooOld."""
    logged_in_at = request.session.get(LOGGED_IN_AT, 0.0)
    if get_settings().api_key_required and time.time() - logged_in_at > FRESH_SECONDS:
        raise LoginTooOld


def page(permission: str | None) -> Callable[[Page], GuardedPage]:
    """A page whose blocking work runs in a thread, for those who hold the permission; with None,
    for all who may enter. Where storage hangs, it is answered in time."""

    def decorate(view: Page) -> GuardedPage:
        waits = iscoroutinefunction(view)

        @wraps(view)
        async def guarded(
            request: HttpRequest, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            def work() -> HttpResponseBase | None:
                if not may_enter(request):
                    if waits:  # asked by scripts, which show no page to log in
                        raise PermissionDenied(permission)
                    return redirect_to_login(request.get_full_path(), "admin:login")
                if permission:
                    demand(request, permission)
                return None if waits else view(request, *args, **kwargs)

            try:
                with in_time():
                    answer = await run_in_thread(work)
                    return answer or await view(request, *args, **kwargs)
            except PermissionDenied:
                if not waits:
                    raise
                log.warning("not_allowed", path=request.path, permission=permission)
                return HttpResponse(NOT_ALLOWED, status=403, content_type="text/plain")
            except DataError:
                raise BadRequest("a value of the form can't be stored") from None
            except AWAY_ERRORS as error:
                return _not_now(request, error)

        return guarded

    return decorate


def _not_now(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("page_unavailable", path=request.path, error=type(error).__name__)
    late = isinstance(error, TimeoutError) and request.method == "POST"
    headers = {"Retry-After": "5", "Content-Type": "text/plain; charset=utf-8"}
    return HttpResponse(PERHAPS_DONE if late else AWAY, status=503, headers=headers)


class _Permissions:
    """What a template asks: `may.change_subject`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __getitem__(self, name: str) -> bool:
        return may(self._request, OF_FLEET.get(name, f"faceweb.{name}"))


class _Collections:
    """What a template asks: which collections the visitor reaches, and which one is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def several(self) -> list[Collection]:
        """Those to choose from; none where there is only one."""
        if not may_enter(self._request):
            return []
        found = list(reached_on_pages(self._request).select_related("team"))
        return found if len(found) > 1 else []

    @cached_property
    def has_teams(self) -> bool:
        """True for who looks after teams."""
        request = self._request
        return may_enter(request) and (
            administers_teams(request) or teams_on_pages(request).exists()
        )

    @property
    def current(self) -> str:
        return collection_of(self._request)


def permissions(request: HttpRequest) -> dict[str, object]:
    """A context processor: templates leave out what would be refused."""
    return {"may": _Permissions(request), "collections": _Collections(request)}


def picture_response(content: bytes) -> HttpResponse:
    """A JPEG that a browser shows on a page, and never opens as one."""
    return HttpResponse(content, content_type="image/jpeg", headers=SAFE_PICTURE)


def drawn(content: bytes, draw: Callable[[bytes], bytes]) -> HttpResponse:
    """What is drawn of a stored picture. Raises Http404 for one that can't be decoded."""
    try:
        return picture_response(draw(content))
    except PictureError as error:
        raise Http404(str(error)) from None
