"""Requests that a browser sends because a page of another site told it to.

Where no key is asked for, such a page could enrol people or have webhooks sent. A browser on this
machine reaches what the page's server can't. The rules are those of Go's CrossOriginProtection.
"""

from collections.abc import Container
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from faceweb.access.identity import presented_key

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SENTENCE = (
    "A page of another site sent this, so it is refused. Name that site in CSRF_TRUSTED_ORIGINS "
    "if it may."
)


def is_foreign(request: HttpRequest) -> bool:
    """Whether another site's page had a browser send this, to change something. Nobody else's page
    knows a key, so a request that brings one is judged by it."""
    if request.method in SAFE_METHODS or presented_key(request):
        return False
    headers = request.META
    return comes_from_elsewhere(
        headers.get("HTTP_SEC_FETCH_SITE"),
        headers.get("HTTP_ORIGIN"),
        headers.get("HTTP_HOST", ""),
        settings.CSRF_TRUSTED_ORIGINS,
    )


def comes_from_elsewhere(
    fetch_site: str | None, origin: str | None, host: str, trusted: Container[str]
) -> bool:
    """Decide by what a browser always says: programs that are no browser say neither."""
    if origin in trusted:
        return False
    if fetch_site is not None:
        return fetch_site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()
