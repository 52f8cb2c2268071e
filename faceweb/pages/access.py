"""Who may see the pages: anybody on a machine of their own, else who logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from faceweb.threads import run_in_thread
from workers.config import get_settings

SAFE_PICTURE = {
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=300",
}
"""A picture is shown by <img> all the same, but never opened as a page of ours."""


def visitor(request: HttpRequest) -> str:
    """How the audit log calls whoever looks at a page."""
    user = getattr(request, "user", None)
    return f"user {user.get_username()}" if user and user.is_authenticated else "local"


def may_enter(request: HttpRequest) -> bool:
    return not get_settings().api_key_required or request.user.is_staff  # type: ignore[union-attr]


def page(view: Callable[..., HttpResponseBase]) -> Callable[..., Awaitable[HttpResponseBase]]:
    """A page: its blocking work runs in a thread, for whoever may see it."""

    @wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        def work() -> HttpResponseBase:
            if not may_enter(request):
                return redirect_to_login(request.get_full_path(), "admin:login")
            return view(request, *args, **kwargs)

        return await run_in_thread(work)

    return guarded


def picture_response(content: bytes, content_type: str = "image/jpeg") -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers=SAFE_PICTURE)
