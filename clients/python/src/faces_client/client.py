"""The two clients: `Client` waits, `AsyncClient` is awaited. Both send the same calls."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from faces_client import calls, models
from faces_client.calls import Asked, Call, Picture
from faces_client.errors import NotAnswered, Unreachable, error_of
from faces_client.retries import Retries

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT_SECONDS = 90.0
"""Longer than the system waits for its own workers."""
POLL_SECONDS = 1.0
PAGE = 100


class _Settings:
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

    def recognise(
        self,
        picture: Picture,
        asked: Asked = Asked(),
        *,
        wait: bool = True,
        webhook: str | None = None,
    ) -> models.Job:
        """Who is in a picture. With `wait=False` the job is returned at once: see `wait`."""
        return self._do(calls.recognise(picture, asked, wait=wait, webhook=webhook))

    def recognise_batch(
        self, pictures: Sequence[Picture], asked: Asked = Asked(), *, wait: bool = True
    ) -> models.Batch:
        """Who is in each of up to 20 pictures."""
        return self._do(calls.recognise_batch(pictures, asked, wait=wait))

    def detect(self, picture: Picture, asked: Asked = Asked(), *, wait: bool = True) -> models.Job:
        """Where faces are, compared with nobody."""
        return self._do(calls.detect(picture, asked, wait=wait))

    def verify(self, picture: Picture, other: Picture, *, wait: bool = True) -> models.Comparison:
        """Whether two pictures show one person."""
        return self._do(calls.verify(picture, other, wait=wait))

    def wait(self, job: models.Job | str, seconds: float = 300.0) -> models.Job:
        """The job once it has ended. Raises NotAnswered."""
        job_id = job if isinstance(job, str) else job.id
        until = time.monotonic() + seconds
        while not (found := self.job(job_id)).is_final:
            if time.monotonic() >= until:
                raise NotAnswered(f"Job {job_id} had no answer within {seconds:g} s.")
            time.sleep(POLL_SECONDS)
        return found

    def job(self, job_id: str) -> models.Job:
        """One job."""
        return self._do(calls.get_job(job_id))

    def jobs(self, **filters: calls.Param | None) -> Iterator[models.Job]:
        """All jobs, newest first, page by page. Filters are those of the REST API."""
        cursor: str | None = None
        while True:
            found, cursor = self._do(calls.list_jobs(cursor, PAGE, **filters))
            yield from found
            if cursor is None:
                return

    def cancel_job(self, job_id: str) -> models.Job:
        """Cancel a job that has no answer yet."""
        return self._do(calls.cancel_job(job_id))

    def delete_job(self, job_id: str) -> None:
        """Delete a job, its picture and its answer."""
        self._do(calls.delete_job(job_id))

    def name_face(self, job_id: str, number: int, name: str) -> models.Learned:
        """Say who an unknown face is: it becomes an example of that person."""
        return self._do(calls.name_face(job_id, number, name))

    def add_person(self, name: str, picture: Picture) -> models.Learned:
        """Enrol a person with a picture."""
        return self._do(calls.add_person(name, picture))

    def people(self) -> Iterator[models.Person]:
        """Everybody who is enrolled, by name, page by page."""
        after: str | None = None
        while True:
            found, after = self._do(calls.list_people(after))
            yield from found
            if after is None:
                return

    def person(self, person_id: str) -> models.Person:
        """One person."""
        return self._do(calls.get_person(person_id))

    def rename_person(self, person_id: str, name: str) -> models.Person:
        """Give a person another name."""
        return self._do(calls.rename_person(person_id, name))

    def merge_person(self, person_id: str, into: str) -> models.Person:
        """Merge a person into another one, who is returned."""
        return self._do(calls.merge_person(person_id, into))

    def erase_person(self, person_id: str, *, pictures: bool = False) -> models.Erased:
        """Erase a person everywhere; with `pictures` also pictures and videos of them."""
        return self._do(calls.erase_person(person_id, pictures))

    def erasure(self, person_id: str) -> models.Erased:
        """The receipt of an erasing."""
        return self._do(calls.get_erasure(person_id))

    def examples(self, person_id: str) -> list[models.Example]:
        """A person's examples."""
        return self._do(calls.list_examples(person_id))

    def add_example(self, person_id: str, picture: Picture) -> models.Learned:
        """Add an example to a person."""
        return self._do(calls.add_example(person_id, picture))

    def add_examples(self, person_id: str, pictures: Sequence[Picture]) -> models.Learned:
        """Add up to 20 examples to a person. `problems` tell of pictures that gave none."""
        return self._do(calls.add_examples(person_id, pictures))

    def example_picture(self, person_id: str, example_id: str) -> bytes:
        """The cut-out face of an example, a JPEG."""
        return self._do(calls.get_example(person_id, example_id))

    def delete_example(self, person_id: str, example_id: str) -> None:
        """Delete an example. A person's last one takes the person along."""
        self._do(calls.delete_example(person_id, example_id))

    def _do(self, call: Call[T]) -> T:
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

    async def recognise(
        self,
        picture: Picture,
        asked: Asked = Asked(),
        *,
        wait: bool = True,
        webhook: str | None = None,
    ) -> models.Job:
        """Who is in a picture. With `wait=False` the job is returned at once: see `wait`."""
        return await self._do(calls.recognise(picture, asked, wait=wait, webhook=webhook))

    async def recognise_batch(
        self, pictures: Sequence[Picture], asked: Asked = Asked(), *, wait: bool = True
    ) -> models.Batch:
        """Who is in each of up to 20 pictures."""
        return await self._do(calls.recognise_batch(pictures, asked, wait=wait))

    async def detect(
        self, picture: Picture, asked: Asked = Asked(), *, wait: bool = True
    ) -> models.Job:
        """Where faces are, compared with nobody."""
        return await self._do(calls.detect(picture, asked, wait=wait))

    async def verify(
        self, picture: Picture, other: Picture, *, wait: bool = True
    ) -> models.Comparison:
        """Whether two pictures show one person."""
        return await self._do(calls.verify(picture, other, wait=wait))

    async def wait(self, job: models.Job | str, seconds: float = 300.0) -> models.Job:
        """The job once it has ended. Raises NotAnswered."""
        job_id = job if isinstance(job, str) else job.id
        until = time.monotonic() + seconds
        while not (found := await self.job(job_id)).is_final:
            if time.monotonic() >= until:
                raise NotAnswered(f"Job {job_id} had no answer within {seconds:g} s.")
            await asyncio.sleep(POLL_SECONDS)
        return found

    async def job(self, job_id: str) -> models.Job:
        """One job."""
        return await self._do(calls.get_job(job_id))

    async def jobs(self, **filters: calls.Param | None) -> AsyncIterator[models.Job]:
        """All jobs, newest first, page by page. Filters are those of the REST API."""
        cursor: str | None = None
        while True:
            found, cursor = await self._do(calls.list_jobs(cursor, PAGE, **filters))
            for one in found:
                yield one
            if cursor is None:
                return

    async def cancel_job(self, job_id: str) -> models.Job:
        """Cancel a job that has no answer yet."""
        return await self._do(calls.cancel_job(job_id))

    async def delete_job(self, job_id: str) -> None:
        """Delete a job, its picture and its answer."""
        await self._do(calls.delete_job(job_id))

    async def name_face(self, job_id: str, number: int, name: str) -> models.Learned:
        """Say who an unknown face is: it becomes an example of that person."""
        return await self._do(calls.name_face(job_id, number, name))

    async def add_person(self, name: str, picture: Picture) -> models.Learned:
        """Enrol a person with a picture."""
        return await self._do(calls.add_person(name, picture))

    async def people(self) -> AsyncIterator[models.Person]:
        """Everybody who is enrolled, by name, page by page."""
        after: str | None = None
        while True:
            found, after = await self._do(calls.list_people(after))
            for one in found:
                yield one
            if after is None:
                return

    async def person(self, person_id: str) -> models.Person:
        """One person."""
        return await self._do(calls.get_person(person_id))

    async def rename_person(self, person_id: str, name: str) -> models.Person:
        """Give a person another name."""
        return await self._do(calls.rename_person(person_id, name))

    async def merge_person(self, person_id: str, into: str) -> models.Person:
        """Merge a person into another one, who is returned."""
        return await self._do(calls.merge_person(person_id, into))

    async def erase_person(self, person_id: str, *, pictures: bool = False) -> models.Erased:
        """Erase a person everywhere; with `pictures` also pictures and videos of them."""
        return await self._do(calls.erase_person(person_id, pictures))

    async def erasure(self, person_id: str) -> models.Erased:
        """The receipt of an erasing."""
        return await self._do(calls.get_erasure(person_id))

    async def examples(self, person_id: str) -> list[models.Example]:
        """A person's examples."""
        return await self._do(calls.list_examples(person_id))

    async def add_example(self, person_id: str, picture: Picture) -> models.Learned:
        """Add an example to a person."""
        return await self._do(calls.add_example(person_id, picture))

    async def add_examples(self, person_id: str, pictures: Sequence[Picture]) -> models.Learned:
        """Add up to 20 examples to a person. `problems` tell of pictures that gave none."""
        return await self._do(calls.add_examples(person_id, pictures))

    async def example_picture(self, person_id: str, example_id: str) -> bytes:
        """The cut-out face of an example, a JPEG."""
        return await self._do(calls.get_example(person_id, example_id))

    async def delete_example(self, person_id: str, example_id: str) -> None:
        """Delete an example. A person's last one takes the person along."""
        await self._do(calls.delete_example(person_id, example_id))

    async def _do(self, call: Call[T]) -> T:
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
