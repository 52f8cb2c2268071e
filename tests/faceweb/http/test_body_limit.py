"""Bodies that are too large are not read to their end."""

from __future__ import annotations

from typing import Any

import pytest

from faceweb.http.body_limit import FORM_OVERHEAD_BYTES, BodyLimit
from tests.factories import make_settings

LIMIT = 2**20 + FORM_OVERHEAD_BYTES


class Exchange:
    """One request to an application that reads its whole body."""

    def __init__(self, chunks: list[bytes], declared: int | None) -> None:
        self.chunks = chunks
        self.read = 0
        self.sent: list[dict[str, Any]] = []
        headers = [] if declared is None else [(b"content-length", str(declared).encode())]
        self.scope = {"type": "http", "headers": headers}

    async def receive(self) -> dict[str, Any]:
        chunk = self.chunks.pop(0)
        self.read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def run(self) -> int:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            while (await receive())["more_body"]:
                pass
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

        limit = BodyLimit(application, make_settings(max_upload_mb=1.0))
        await limit(self.scope, self.receive, self.send)
        return int(self.sent[0]["status"])


async def test_a_body_within_the_limit_passes() -> None:
    assert await Exchange([b"x" * LIMIT], declared=LIMIT).run() == 200


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    exchange = Exchange([b"x"], declared=LIMIT + 1)

    assert await exchange.run() == 413
    assert exchange.read == 0


@pytest.mark.parametrize("declared", [None, 10])
async def test_a_body_that_is_larger_than_it_said_is_cut_off(declared: int | None) -> None:
    exchange = Exchange([b"x" * 2**19] * 8, declared=declared)

    assert await exchange.run() == 413
    assert exchange.read <= LIMIT + 2**19
    assert b"1 MiB" in exchange.sent[1]["body"]
