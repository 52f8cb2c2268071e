"""WhiteNoise as an async middleware.

WhiteNoise's own is synchronous. One synchronous middleware makes Django hold a thread for every
request, also while an async view only waits for its answer.
"""

import gzip
from functools import lru_cache

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
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
        return _packed(whole, request) if whole.status_code == 200 else whole


TEXTS = ("text/", "image/svg", "application/manifest")


def _packed(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Texts by gzip, for who takes it: a third of the bytes. They are the same for everybody, so
    nothing can be guessed from their length."""
    if not response.headers["Content-Type"].startswith(TEXTS):
        return response
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = _gzipped(response.content)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
        response.headers.pop("ETag", None)  # of the file as it is; its date stays
    return response


@lru_cache(maxsize=256)
def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
