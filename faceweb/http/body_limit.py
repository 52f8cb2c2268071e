"""Stops reading a request body that is larger than any picture (or video) we take.

Django reads a whole body (to disk) before a view sees it, so this must come first.
"""

from __future__ import annotations

from typing import Any

from faceweb import uploads
from faceweb.videos import uploads as videos
from workers.config import Settings

FORM_OVERHEAD_BYTES = 64 * 1024
SEVERAL_PICTURES = ("/api/v1/recognise/batch", "/api/v1/verify")
VIDEO = ("/videos", "/api/v1/videos")


class BodyTooLarge(Exception):
    """The client sent more than the limit."""


class BodyLimit:
    """ASGI middleware that answers 413 to a body over MAX_UPLOAD_MB, or over MAX_VIDEO_MB."""

    def __init__(self, application: Any, settings: Settings) -> None:
        self._application = application
        self._limit = settings.max_upload_bytes + FORM_OVERHEAD_BYTES
        self._batch_limit = settings.max_batch_bytes + FORM_OVERHEAD_BYTES
        self._video_limit = settings.max_video_bytes + FORM_OVERHEAD_BYTES
        self._sentence = uploads.too_large_sentence(settings)
        self._video_sentence = videos.too_large_sentence(settings)

    def _limit_of(self, scope: Any) -> int:
        """Some of the API's addresses take several pictures at once, and some a video."""
        path = scope.get("path")
        if path in VIDEO:
            return self._video_limit
        return self._batch_limit if path in SEVERAL_PICTURES else self._limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif _declared_length(scope) > self._limit_of(scope):
            await self._refuse(scope, send)
        else:
            await self._within_limit(scope, receive, send)

    async def _within_limit(self, scope: Any, receive: Any, send: Any) -> None:
        received, limit = 0, self._limit_of(scope)
        answering = False

        async def counted_receive() -> Any:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge
            return message

        async def noted_send(message: Any) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._application(scope, counted_receive, noted_send)
        except BodyTooLarge:
            if not answering:
                await self._refuse(scope, send)

    async def _refuse(self, scope: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        sentence = self._video_sentence if scope.get("path") in VIDEO else self._sentence
        await send({"type": "http.response.body", "body": f"{sentence}\n".encode()})


def _declared_length(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
