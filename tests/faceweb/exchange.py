"""Requests as an ASGI server tells them to a handler, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from django.core.handlers.asgi import ASGIHandler

BOUNDARY = "limit"


def form(*contents: bytes, fields: Sequence[str] = ()) -> bytes:
    """A multipart body with these files, as the field `inputFile` or as those that are named."""
    names = fields or ["inputFile"] * len(contents)
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n'
        f"Content-Type: image/jpeg\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, content in zip(names, contents, strict=True)
    ]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


class Exchange:
    """One POST, to `/` where no other path is given."""

    def __init__(self, body: bytes, host: str = "localhost", **scope: Any) -> None:
        headers = [
            (b"host", host.encode()),
            (b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        self.scope = {
            "type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers,
            "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5), "scheme": "http", **scope,
        }  # fmt: skip
        self._said = [{"type": "http.request", "body": body, "more_body": False}]
        self.wake = asyncio.Event()
        self._sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self._said:
            await self.wake.wait()
        return self._said.pop(0)

    async def send(self, message: dict[str, Any]) -> None:
        self._sent.append(message)

    async def with_handler(self, handler: ASGIHandler) -> tuple[int, list[Any], bytes]:
        await handler.handle(self.scope, self.receive, self.send)
        start, *bodies = self._sent
        return start["status"], sorted(start["headers"]), b"".join(one["body"] for one in bodies)
