"""Django's upload handlers without the request.

Nothing asks them for it, and request and handlers that know each other are a cycle: with the form's
bytes and its headers they would wait for a full collection of garbage, a few thousand pictures
later.
"""

from __future__ import annotations

from django.core.files import uploadhandler
from django.http import HttpRequest


class InMemory(uploadhandler.MemoryFileUploadHandler):
    """Of files that are small enough."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(None)


class OnDisk(uploadhandler.TemporaryFileUploadHandler):
    """Of those that are not."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(None)
