"""Middleware of our own: async where the rest is, so that no client that waits holds a thread."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from faceweb.watch import metrics

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
DOCS = "/api/v1/docs"
"""Swagger UI styles its own elements; no other page needs that."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Answer = Callable[[HttpRequest], Any]


def _around(get_response: Answer, after: Callable[[HttpRequest, Any, float], None]) -> Answer:
    """Middleware that looks at a request and its answer, in whichever world it runs."""
    if iscoroutinefunction(get_response):

        async def in_loop(request: HttpRequest) -> HttpResponseBase:
            began = time.monotonic()
            pending: Awaitable[HttpResponseBase] = get_response(request)
            response = await pending
            after(request, response, time.monotonic() - began)
            return response

        return in_loop

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response: HttpResponseBase = get_response(request)
        after(request, response, time.monotonic() - began)
        return response

    return in_thread


@sync_and_async_middleware
def content_security_policy(get_response: Answer) -> Answer:
    """No inline script, nothing from elsewhere, and nothing of ours on other sites."""

    def add(request: HttpRequest, response: Any, seconds: float) -> None:
        style = " 'unsafe-inline'" if request.path == DOCS else ""
        response.headers.setdefault("Content-Security-Policy", POLICY.format(style=style))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")

    return _around(get_response, add)


@sync_and_async_middleware
def measure_requests(get_response: Answer) -> Answer:
    """Time every request by its route, not by its address: ids would make endless series. So would
    methods that a client makes up."""

    def observe(request: HttpRequest, response: Any, seconds: float) -> None:
        match = getattr(request, "resolver_match", None)
        route = f"/{match.route}" if match else "unmatched"
        method = request.method if request.method in METHODS else "other"
        labels = (str(method), route, str(response.status_code))
        metrics.requests.labels(*labels).observe(seconds)

    return _around(get_response, observe)
