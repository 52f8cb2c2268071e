"""Django's own middleware, in the event loop where it waits for nothing.

Under ASGI Django hands both halves of each of these to a thread. Those fourteen hops for a request
cost more of the processor than all else that the web tier does for a picture. Most of them only
look at headers. What may wait (a session that is written, a form that is read) still goes to the
request's thread. Without an event loop (WSGI, Django's test client) Django's own middleware is
unchanged.
"""

from collections.abc import Callable

import structlog
from asgiref.sync import sync_to_async
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage import default_storage
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject, empty

from faceweb.middleware.health_paths import HEALTH_PATHS

View = Callable[..., HttpResponseBase]

log = structlog.get_logger()

UNKNOWN_HOST = "This host name is not served here. An operator adds it to ALLOWED_HOSTS.\n"


class _InEventLoop(MiddlewareMixin):
    """Runs a middleware's halves where it is called."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._early(request) or await self.get_response(request)  # type: ignore[misc]
        if not hasattr(self, "process_response"):
            return response
        if self.waits(request):
            return await sync_to_async(self.process_response)(request, response)
        return self.process_response(request, response)

    def _early(self, request: HttpRequest) -> HttpResponseBase | None:
        """Return an answer without the view, if there is one.

        An unknown host gets a sentence. Django would write a traceback to the log each time.
        """
        if not hasattr(self, "process_request"):
            return None
        try:
            early: HttpResponseBase | None = self.process_request(request)
            return early
        except DisallowedHost:
            log.info("host_refused", host=request.META.get("HTTP_HOST", "")[:100])
            return HttpResponse(UNKNOWN_HOST, status=400, content_type="text/plain; charset=utf-8")

    def waits(self, request: HttpRequest) -> bool:
        """Whether looking at this request's response needs the database."""
        return False


class Security(_InEventLoop, SecurityMiddleware):
    """Headers, and the redirect to HTTPS."""


class Common(_InEventLoop, CommonMiddleware):
    """The check of the host's name, and missing slashes. Any host may ask for health: load
    balancers use the machine's address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        """Django's checks, except for requests that ask whether the system is well."""
        return None if request.path in HEALTH_PATHS else super().process_request(request)


class FrameOptions(_InEventLoop, XFrameOptionsMiddleware):
    """A header."""


class Authentication(_InEventLoop, AuthenticationMiddleware):
    """Loads the user lazily; callers run in a thread."""


class Sessions(_InEventLoop, SessionMiddleware):
    """Loads the session lazily, and writes a changed one."""

    def waits(self, request: HttpRequest) -> bool:
        """True where the session is to be written."""
        return bool(request.session.modified)


class Messages(_InEventLoop, MessageMiddleware):
    """Keeps messages for the next page; they may be in the session. Few requests look at them, and
    only those get a store."""

    def process_request(self, request: HttpRequest) -> None:
        """Give the request its messages, which are read only where a page shows them."""
        request._messages = SimpleLazyObject(lambda: default_storage(request))  # type: ignore[attr-defined]  # noqa: SLF001

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Keep what was not shown; nothing is done where nobody asked for messages."""
        return (
            response
            if _messages_of(request) is None
            else super().process_response(request, response)
        )

    def waits(self, request: HttpRequest) -> bool:
        """True where messages were shown or added."""
        kept = _messages_of(request)
        return kept is not None and (kept.used or kept.added_new)


def _messages_of(request: HttpRequest) -> BaseStorage | None:
    """The messages of a request that looked at them or added one."""
    lazy = getattr(request, "_messages", None)
    return None if lazy is None or lazy._wrapped is empty else lazy  # noqa: SLF001


class Csrf(_InEventLoop, CsrfViewMiddleware):
    """Checks the form of every view that changes something, unless it is exempt."""

    async def process_view(  # type: ignore[override]
        self,
        request: HttpRequest,
        callback: View,
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponse | None:
        """Check the token of a change, in a thread: it reads the form, and that waits."""
        check = super().process_view
        if getattr(callback, "csrf_exempt", False) or request.method in ("GET", "HEAD"):
            return check(request, callback, args, kwargs)
        return await sync_to_async(check)(request, callback, args, kwargs)
