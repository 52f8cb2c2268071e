"""The two clients: `Client` waits, `AsyncClient` is awaited. The operations are those of
`faces_client.operations`; here is only how a call is sent, and sent again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from faces_client import calls, models
from faces_client.calls import Call
from faces_client.errors import NotAnswered, NotFound, Unreachable, error_of
from faces_client.events import EventReader
from faces_client.operations import Operations, PageOf
from faces_client.retries import Retries

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_SECONDS = 90.0
"""Longer than the system waits for its own workers."""
POLL_SECONDS = 1.0


class _Settings(Operations):
    """Where the system is, and how it is asked.

    Parameters:
        url: its address; FACES_URL or this machine by default.
        key: an API key; FACES_API_KEY by default.
        collection: the name of the collection to work in; the key's own by default.
        timeout: seconds for one attempt.
        retries: when a request is sent again.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        collection: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None = None,
    ) -> None:
        address = url or os.environ.get("FACES_URL") or DEFAULT_URL
        secret = key or os.environ.get("FACES_API_KEY")
        self._retries = retries or Retries()
        self._options: dict[str, Any] = {
            "base_url": f"{address.rstrip('/')}/api/v1/",
            "headers": {"X-API-Key": secret} if secret else {},
            "params": {"collection": collection} if collection else {},
            "timeout": timeout,
            "transport": transport,
        }


def _request(http: httpx.Client | httpx.AsyncClient, call: Call[T]) -> httpx.Request:
    return http.build_request(
        call.method,
        call.path,
        params=dict(call.params),
        json=call.json,
        data=dict(call.form) or None,
        files=list(call.files) or None,
        headers=dict(call.headers),
    )


def _value(call: Call[T], answer: httpx.Response) -> T:
    """What an answer means. Raises ApiError."""
    is_json = "json" in answer.headers.get("content-type", "")
    if answer.is_error:
        raise error_of(answer.status_code, answer.json() if is_json else None)
    return call.read(answer.json() if is_json else answer.content)


class Client(_Settings):
    """Asks the system, and waits. Use it as a context manager, or call `close`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._http = httpx.Client(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wait(self, job: models.Job | models.Upload | str, seconds: float = 300.0) -> models.Job:
        """The job once it has ended; that of an upload once its picture has arrived, too. Raises
        NotAnswered."""
        job_id = job if isinstance(job, str) else job.id
        until = time.monotonic() + seconds
        may_come = isinstance(job, models.Upload)
        while (found := self._job(job_id, may_come)) is None or not found.is_final:
            if time.monotonic() >= until:
                raise NotAnswered(f"Job {job_id} had no answer within {seconds:g} s.")
            time.sleep(POLL_SECONDS)
        return found

    def _job(self, job_id: str, may_come: bool) -> models.Job | None:
        """None before the picture of an upload has arrived. Raises NotFound."""
        try:
            return self.job(job_id)
        except NotFound:
            if may_come:
                return None
            raise

    def events(self, job_id: str) -> Iterator[models.Job]:
        """The job as it is now, and once it has ended. Raises Unreachable, ApiError."""
        reader = EventReader()
        with self._http.stream("GET", f"jobs/{job_id}/events") as answer:
            if answer.is_error:
                answer.read()
                _value(calls.get_job(job_id), answer)
            for line in answer.iter_lines():
                yield from reader.read(line)

    def send(self, allowed: models.Upload, picture: bytes) -> None:
        """Send a picture to S3 by the form of `allow_upload`. Raises Unreachable, ApiError."""
        with httpx.Client(timeout=self._options["timeout"]) as http:
            answer = http.post(allowed.url, data=allowed.fields, files={"file": picture})
        if answer.is_error:
            raise error_of(answer.status_code, None)

    def do(self, call: Call[T]) -> T:
        """Send a call, again while what stops it passes, and read its answer."""
        attempt = 0
        while True:
            attempt += 1
            answer = self._sent(call)
            status, headers = _told(answer)
            pause = self._retries.pause(attempt, status, headers)
            if pause is None:
                return _value(call, _reached(answer))
            time.sleep(pause)

    def _sent(self, call: Call[T]) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(_request(self._http, call))
        except httpx.TransportError as error:
            return error

    def all_pages(self, page_of: PageOf[T]) -> Iterator[T]:
        """Everything of all pages."""
        cursor: str | None = None
        while True:
            found, cursor = self.do(page_of(cursor))
            yield from found
            if cursor is None:
                return


class AsyncClient(_Settings):
    """The same for asyncio. Use it as an asynchronous context manager, or await `close`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._http = httpx.AsyncClient(**self._options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def wait(
        self, job: models.Job | models.Upload | str, seconds: float = 300.0
    ) -> models.Job:
        """The job once it has ended; that of an upload once its picture has arrived, too. Raises
        NotAnswered."""
        job_id = job if isinstance(job, str) else job.id
        until = time.monotonic() + seconds
        may_come = isinstance(job, models.Upload)
        while (found := await self._job(job_id, may_come)) is None or not found.is_final:
            if time.monotonic() >= until:
                raise NotAnswered(f"Job {job_id} had no answer within {seconds:g} s.")
            await asyncio.sleep(POLL_SECONDS)
        return found

    async def _job(self, job_id: str, may_come: bool) -> models.Job | None:
        """None before the picture of an upload has arrived. Raises NotFound."""
        try:
            return await self.job(job_id)
        except NotFound:
            if may_come:
                return None
            raise

    async def events(self, job_id: str) -> AsyncIterator[models.Job]:
        """The job as it is now, and once it has ended. Raises Unreachable, ApiError."""
        reader = EventReader()
        async with self._http.stream("GET", f"jobs/{job_id}/events") as answer:
            if answer.is_error:
                await answer.aread()
                _value(calls.get_job(job_id), answer)
            async for line in answer.aiter_lines():
                for job in reader.read(line):
                    yield job

    async def send(self, allowed: models.Upload, picture: bytes) -> None:
        """Send a picture to S3 by the form of `allow_upload`. Raises Unreachable, ApiError."""
        async with httpx.AsyncClient(timeout=self._options["timeout"]) as http:
            answer = await http.post(allowed.url, data=allowed.fields, files={"file": picture})
        if answer.is_error:
            raise error_of(answer.status_code, None)

    async def do(self, call: Call[T]) -> T:
        """Send a call, again while what stops it passes, and read its answer."""
        attempt = 0
        while True:
            attempt += 1
            answer = await self._sent(call)
            status, headers = _told(answer)
            pause = self._retries.pause(attempt, status, headers)
            if pause is None:
                return _value(call, _reached(answer))
            await asyncio.sleep(pause)

    async def _sent(self, call: Call[T]) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(_request(self._http, call))
        except httpx.TransportError as error:
            return error

    async def all_pages(self, page_of: PageOf[T]) -> AsyncIterator[T]:
        """Everything of all pages."""
        cursor: str | None = None
        while True:
            found, cursor = await self.do(page_of(cursor))
            for one in found:
                yield one
            if cursor is None:
                return


def _told(answer: httpx.Response | httpx.TransportError) -> tuple[int | None, Any]:
    """Status and headers; None where no answer came."""
    if isinstance(answer, httpx.TransportError):
        return None, {}
    return answer.status_code, answer.headers


def _reached(answer: httpx.Response | httpx.TransportError) -> httpx.Response:
    """Raises Unreachable where no answer came."""
    if isinstance(answer, httpx.TransportError):
        raise Unreachable(f"The system could not be reached: {answer}") from answer
    return answer
