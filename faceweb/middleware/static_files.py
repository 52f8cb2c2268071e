"""WhiteNoise as an async middleware.

WhiteNoise's own is synchronous, and one synchronous middleware makes Django hold a thread for
every request, also while an async view only waits for its answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class AsyncWhiteNoise(WhiteNoiseMiddleware):
    """Serves static files from memory of where they are; passes everything else on."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any = None) -> None:
        super().__init__(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._call_async(request, self.get_response)
        return super().__call__(request)

    async def _call_async(
        self, request: HttpRequest, get_response: Callable[[HttpRequest], Awaitable[Any]]
    ) -> HttpResponseBase:
        static_file = self.files.get(request.path_info)
        if static_file is not None:
            return await sync_to_async(self._whole)(static_file, request)
        return await get_response(request)

    def _whole(self, static_file: Any, request: HttpRequest) -> HttpResponseBase:
        """The file's response with its content in it: an async server can't stream from a
        synchronous iterator, and our static files are small."""
        response = self.serve(static_file, request)
        if not response.streaming:
            return response
        whole = HttpResponse(b"".join(response), status=response.status_code)
        whole.headers = response.headers
        response.close()
        return whole
