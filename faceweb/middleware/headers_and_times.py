"""Middleware of our own: async, so that no client that waits holds a thread."""

import time

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware

from faceweb.middleware import GetResponse
from faceweb.watch import metrics

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' blob: data:; "
    "media-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
DOCS = "/api/v1/docs"
"""Swagger UI styles its own elements; no other page needs that."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@async_only_middleware
def safe_headers(get_response: GetResponse) -> GetResponse:
    """No inline script, nothing from elsewhere, and nothing of ours on other sites. No cache keeps
    what does not say for itself how long: it may speak of people."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        response = await get_response(request)
        style = " 'unsafe-inline'" if request.path == DOCS else ""
        response.headers.setdefault("Content-Security-Policy", POLICY.format(style=style))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


@async_only_middleware
def measure_requests(get_response: GetResponse) -> GetResponse:
    """Time every request by its route, not by its address: ids would make endless series. So would
    methods that a client makes up."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = await get_response(request)
        match = getattr(request, "resolver_match", None)
        route = f"/{match.route}" if match else "unmatched"
        method = request.method if request.method in METHODS else "other"
        labels = (str(method), route, str(response.status_code))
        metrics.requests.labels(*labels).observe(time.monotonic() - began)
        return response

    return middleware
