"""The two clients: `Client` waits, `AsyncClient` is awaited. The operations are those of
`faces_client.operations`; here is only how a call is sent, and sent again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import Any, Generic, Self, TypedDict, TypeVar, cast

import httpx

from faces_client import calls, models
from faces_client.calls import Call
from faces_client.errors import NotAnswered, NotFound, Unreachable, error_of
from faces_client.events import EventReader
from faces_client.operations import Operations, PageOf
from faces_client.retries import Retries

T = TypeVar("T")
Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)
DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_SECONDS = 90.0
"""Longer than the system waits for its own workers."""
POLL_SECONDS = 1.0

Steps = Generator[httpx.Request | float, Any, T]
"""What both clients do in turn: send a request, whose answer comes back, or pause for seconds."""


class _Options(TypedDict):
    """The options of every request to httpx."""

    base_url: str
    headers: dict[str, str]
    params: dict[str, str]
    timeout: float


class _Settings(Operations, Generic[Transport]):
    """Where the system is, and how it is asked. The steps are those of both clients.

    Parameters:
        url: its address; FACES_URL or this machine by default.
        key: an API key; FACES_API_KEY by default.
        collection: the name of the collection to work in; the key's own by default.
        timeout: seconds for one attempt.
        retries: when a request is sent again.
    """

    _http: httpx.Client | httpx.AsyncClient

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        collection: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retries: Retries | None = None,
        transport: Transport | None = None,
    ) -> None:
        address = url or os.environ.get("FACES_URL") or DEFAULT_URL
        secret = key or os.environ.get("FACES_API_KEY")
        self._retries = retries or Retries()
        self._options: _Options = {
            "base_url": f"{address.rstrip('/')}/api/v1/",
            "headers": {"X-API-Key": secret} if secret else {},
            "params": {"collection": collection} if collection else {},
            "timeout": timeout,
        }
        self._http = self._connected(transport)

    def _connected(self, transport: Transport | None) -> httpx.Client | httpx.AsyncClient:
        raise NotImplementedError

    def _asking(self, call: Call[T]) -> Steps[T]:
        """Send a call, again while what stops it passes, and read its answer."""
        attempt = 0
        while True:
            attempt += 1
            answer = yield self._request(call)
            status, headers = _status_and_headers(answer)
            pause = self._retries.pause(attempt, status, headers)
            if pause is None:
                return _value(call, _reached(answer))
            yield pause

    def _request(self, call: Call[T]) -> httpx.Request:
        return self._http.build_request(
            call.method,
            call.path,
            params=dict(call.params),
            json=call.json,
            data=dict(call.form) or None,
            files=list(call.files) or None,
            headers=dict(call.headers),
        )

    def _waiting(self, job: models.Job | models.Upload | str, seconds: float) -> Steps[models.Job]:
        job_id = job if isinstance(job, str) else job.id
        until = time.monotonic() + seconds
        while True:
            try:
                found = yield from self._asking(calls.get_job(job_id))
                if found.is_final:
                    return found
            except NotFound:
                if not isinstance(job, models.Upload):
                    raise
            if time.monotonic() >= until:
                raise NotAnswered(f"Job {job_id} had no answer within {seconds:g} s.")
            yield POLL_SECONDS

    def _sending(self, allowed: models.Upload, picture: bytes) -> Steps[None]:
        """Without the client's own headers: S3 gets no key of the system."""
        timeout = {"timeout": httpx.Timeout(self._options["timeout"]).as_dict()}
        answer = yield httpx.Request(
            "POST", allowed.url, data=allowed.fields, files={"file": picture}, extensions=timeout
        )
        if _reached(answer).is_error:
            raise error_of(answer.status_code, None)


def _value(call: Call[T], answer: httpx.Response) -> T:
    """What an answer means. Raises ApiError."""
    is_json = "json" in answer.headers.get("content-type", "")
    if answer.is_error:
        raise error_of(answer.status_code, answer.json() if is_json else None)
    return call.read(answer.json() if is_json else answer.content)


class Client(_Settings[httpx.BaseTransport]):
    """Asks the system, and waits. Use it as a context manager, or call `close`."""

    _http: httpx.Client

    def _connected(self, transport: httpx.BaseTransport | None) -> httpx.Client:
        return httpx.Client(**self._options, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wait(self, job: models.Job | models.Upload | str, seconds: float = 300.0) -> models.Job:
        """The job once it has ended; that of an upload once its picture has arrived, too. Raises
        NotAnswered."""
        return self._done(self._waiting(job, seconds))

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
        self._done(self._sending(allowed, picture))

    def do(self, call: Call[T]) -> T:
        """Send a call, again while what stops it passes, and read its answer."""
        return self._done(self._asking(call))

    def _done(self, steps: Steps[T]) -> T:
        answer: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return cast("T", end.value)
            if isinstance(step, float):
                time.sleep(step)
            else:
                answer = self._sent(step)

    def _sent(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(request)
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


class AsyncClient(_Settings[httpx.AsyncBaseTransport]):
    """The same for asyncio. Use it as an asynchronous context manager, or await `close`."""

    _http: httpx.AsyncClient

    def _connected(self, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(**self._options, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def wait(
        self, job: models.Job | models.Upload | str, seconds: float = 300.0
    ) -> models.Job:
        """The job once it has ended; that of an upload once its picture has arrived, too. Raises
        NotAnswered."""
        return await self._done(self._waiting(job, seconds))

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
        await self._done(self._sending(allowed, picture))

    async def do(self, call: Call[T]) -> T:
        """Send a call, again while what stops it passes, and read its answer."""
        return await self._done(self._asking(call))

    async def _done(self, steps: Steps[T]) -> T:
        answer: httpx.Response | httpx.TransportError | None = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return cast("T", end.value)
            if isinstance(step, float):
                await asyncio.sleep(step)
            else:
                answer = await self._sent(step)

    async def _sent(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(request)
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


def _status_and_headers(
    answer: httpx.Response | httpx.TransportError,
) -> tuple[int | None, Mapping[str, str]]:
    """Status and headers; None where no answer came."""
    if isinstance(answer, httpx.TransportError):
        return None, {}
    return answer.status_code, answer.headers


def _reached(answer: httpx.Response | httpx.TransportError) -> httpx.Response:
    """Raises Unreachable where no answer came."""
    if isinstance(answer, httpx.TransportError):
        raise Unreachable(f"The system could not be reached: {answer}") from answer
    return answer
