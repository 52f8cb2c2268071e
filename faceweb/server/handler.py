"""Django's ASGI handler, headers first: middleware decides whether a body is read at all.

Three more things are left out that cost more than they give. A client that leaves is watched for
only while it waits for an answer (`ended_by_leaving`). Nothing is sent to another thread to end a
request (`faceweb.replies.threads` cares for connections). No signal tells of each request's start.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from faceweb.server.bodies import Receive, RequestBody, Scope, Send

T = TypeVar("T")

UNREAD = "_unread_body"
HTTP_VERSIONS = ("1.0", "1.1")
OTHER_VERSION = "HTTP/1.0 and HTTP/1.1 are spoken here.\n"


class HeadersFirst(ASGIHandler):
    """Makes a request from its headers, and gives it to the middleware with its body unread."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: make it, pass it through the middleware, and send the response."""
        set_script_prefix(get_script_prefix(scope))
        with closing(RequestBody(receive)) as body:
            request = self._made(scope, body)
            if not isinstance(request, HttpRequest):
                await self.send_response(request, send)
                return
            setattr(request, UNREAD, body)
            try:
                response = await self._middleware_chain(request)  # type: ignore[attr-defined]
                await self.send_response(response, send)
                response.close()
            finally:
                forget(request)

    def _made(self, scope: Scope, body: RequestBody) -> HttpRequest | HttpResponseBase:
        """A request, or the answer to what is none."""
        if scope.get("http_version", "1.1") not in HTTP_VERSIONS:
            return HttpResponse(OTHER_VERSION, status=505, headers={"Connection": "close"})
        request, refusal = self.create_request(scope, body)  # type: ignore[arg-type]
        return request or refusal or HttpResponse(status=400)


def forget(request: HttpRequest) -> None:
    """Close what a request holds, and untie it from itself. Messages, user and upload handlers know
    their request, and such a cycle waits for the garbage collector."""
    request.close()
    vars(request).clear()


def unread_body(request: HttpRequest) -> RequestBody | None:
    """The body that is to be read; None where something else made the request, as in tests."""
    return getattr(request, UNREAD, None)


@contextmanager
def ended_by_leaving(
    request: HttpRequest, answers: Collection[asyncio.Future[T]]
) -> Iterator[None]:
    """Within, answers that have not come are cancelled as soon as the client leaves."""
    body = unread_body(request)
    if body is None or not body.is_whole:
        yield
        return
    watch = asyncio.ensure_future(body.client_leaves())
    watch.add_done_callback(lambda _: [one.cancel() for one in answers])
    try:
        yield
    finally:
        watch.cancel()
