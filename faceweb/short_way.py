"""`POST /` past most of Django's handler: the way of every picture.

The handler watches for the client's leaving with a task of its own, looks the address up, asks
twelve middlewares (sessions, users, forms, static files) and ends the request in another thread:
a third of what the web tier takes for a picture, and none of it says anything about this request.
Here the same view is called, within those middlewares that give headers or refuse a host. All else
takes Django's own way.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.exception import convert_exception_to_response
from django.urls import resolve
from django.utils.module_loading import import_string

PATH = "/"
NOT_NEEDED = frozenset(
    {
        "faceweb.http.static_files.AsyncWhiteNoise",  # of GET only
        "faceweb.http.in_loop.Sessions",  # the caller is not asked who it is,
        "faceweb.http.in_loop.Authentication",
        "axes.middleware.AxesMiddleware",
        "faceweb.http.in_loop.Messages",  # is shown no page,
        "faceweb.http.in_loop.Csrf",  # and needs no form
        "faceweb.http.idempotency.answer_once",  # of the API only
    }
)


def is_short(scope: Any) -> bool:
    """Whether a request is one that this handler knows: at the address where Django would find the
    same, which one behind a prefix is not."""
    return scope["method"] == "POST" and scope["path"] == PATH and not scope.get("root_path")


class ShortWay(ASGIHandler):
    """Django's handler, for a single view that waits for nothing but in threads of its own."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._match = resolve(PATH)
        answer: Any = convert_exception_to_response(self._match.func)
        for name in reversed(settings.MIDDLEWARE):
            if name not in NOT_NEEDED:
                answer = convert_exception_to_response(import_string(name)(answer))
        self._middleware_chain = answer

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Read the request, answer it. A client that leaves is not missed: its answer comes, or its
        time is up."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                request.resolver_match = self._match
                response = await self._middleware_chain(request)
            await self.send_response(response, send)
            response.close()
