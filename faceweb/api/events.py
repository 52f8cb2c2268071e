"""Server-sent events: a client hears over one connection when a job ends, without polling."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable

from django.http import HttpRequest, StreamingHttpResponse

from faceweb.replies import response_path
from faceweb.replies.threads import run_in_thread
from faceweb.server.handler import unread_body

QUIET_SECONDS = 15.0
"""A comment after so long keeps proxies from closing the connection."""
LONGEST_SECONDS = 900.0
"""Then the connection ends, and the client asks again, as EventSource does by itself."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No proxy may hold events back."""

Look = Callable[[], dict[str, object]]
"""Gives the job as the API shows it. Runs in a thread."""

OPEN = ("stored", "queued")


def event_stream(request: HttpRequest, job_id: uuid.UUID, look: Look) -> StreamingHttpResponse:
    """The job as it is now as the event `job`, and once it has ended as the event `ended`."""
    return StreamingHttpResponse(
        _events(request, job_id, look), content_type="text/event-stream", headers=HEADERS
    )


async def _events(request: HttpRequest, job_id: uuid.UUID, look: Look) -> AsyncIterator[bytes]:
    left = _leaving(request)
    ends = time.monotonic() + LONGEST_SECONDS
    try:
        with response_path.running().waiters.waiting_for(job_id) as outcome:
            job = await run_in_thread(look)
            yield event_of(job)
            while job["state"] in OPEN and not left.done() and time.monotonic() < ends:
                await asyncio.wait(
                    (outcome, left), timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if outcome.done() and outcome.result() is None:
                    return  # this process stops: the client asks the next one
                if outcome.done():
                    job = await run_in_thread(look)
                    yield event_of(job)
                elif not left.done():
                    yield b":\n\n"
    finally:
        left.cancel()


def event_of(job: dict[str, object]) -> bytes:
    """One event. Its data is a line of JSON."""
    name = "job" if job["state"] in OPEN else "ended"
    return f"event: {name}\ndata: {json.dumps(job)}\n\n".encode()


def _leaving(request: HttpRequest) -> asyncio.Future[None]:
    """Done when the client has left. A request without a body has nothing else to read."""
    body = unread_body(request)
    if body is None:
        return asyncio.get_running_loop().create_future()
    return asyncio.ensure_future(body.client_leaves())
