"""What tells a request from another one with its Idempotency-Key."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from faceweb.middleware import idempotency


class Film(io.BytesIO):
    """Larger than memory: read in pieces, or not at all."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None and size > 0
        return super().read(size)


def request_with(content: bytes) -> HttpRequest:
    request, film = HttpRequest(), Film(content)
    request.content_type = "multipart/form-data"
    request.FILES = MultiValueDict({"video": [UploadedFile(film, "film.mp4", size=len(content))]})
    return request


def test_a_film_is_told_by_all_of_it_and_is_never_in_memory_whole() -> None:
    one, same, other = (request_with(b"x" * 200_000 + end) for end in (b"a", b"a", b"b"))

    told = [idempotency._content(each) for each in (one, same, other)]

    assert told[0] == told[1] != told[2]
    assert one.FILES.getlist("video")[0].read(1) == b"x"
