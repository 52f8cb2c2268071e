"""Which collection the pages show."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from faceweb.access.identity import reached_on_pages
from faceweb.pages.access import may_enter
from faceweb.replies.threads import run_in_thread


@require_POST
async def choose(request: HttpRequest) -> HttpResponse:
    """Show another collection from now on. 404 for one out of reach."""
    return await run_in_thread(_choose, request)


def _choose(request: HttpRequest) -> HttpResponse:
    if not may_enter(request):
        return redirect_to_login("/", "admin:login")
    wanted = request.POST.get("collection", "")
    request.session["collection"] = get_object_or_404(reached_on_pages(request), pk=wanted).pk
    return redirect("home")
