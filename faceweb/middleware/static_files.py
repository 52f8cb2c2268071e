"""WhiteNoise as an async middleware.

WhiteNoise's own is synchronous, and one synchronous middleware makes Django hold a thread for
every request, also while an async view only waits for its answer.
"""

from __future__ import annotations

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class AsyncWhiteNoise(WhiteNoiseMiddleware):
    """Serves static files from memory of where they are; passes everything else on."""

    sync_capable, async_capable = False, True

    def __init__(self, get_response: object = None) -> None:
        super().__init__(get_response)
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        static_file = self.files.get(request.path_info)
        if static_file is not None:
            return await sync_to_async(self._whole)(static_file, request)
        response: HttpResponseBase = await self.get_response(request)
        return response

    def _whole(self, static_file: object, request: HttpRequest) -> HttpResponseBase:
        """The file's response with its content in it: an async server can't stream from a
        synchronous iterator, and our static files are small."""
        response = self.serve(static_file, request)
        if not response.streaming:
            return response
        whole = HttpResponse(b"".join(response), status=response.status_code)
        whole.headers = response.headers
        response.close()
        return whole
