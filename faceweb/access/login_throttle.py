"""What somebody gets who tried too many passwords; django-axes counts them."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FAILURES = 10
PAUSE = timedelta(minutes=15)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """A page that says how long to wait, and how to wait no longer. Called by django-axes."""
    context = {
        "minutes": int(PAUSE.total_seconds() // 60),
        "address": request.META.get("REMOTE_ADDR", ""),
    }
    answer = render(request, "faceweb/locked_out.html", context, status=429)
    answer["Retry-After"] = str(int(PAUSE.total_seconds()))
    return answer
