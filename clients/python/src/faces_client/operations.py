"""The operations of both clients: `Client` sends and waits, `AsyncClient` awaits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, overload

from faces_client import calls
from faces_client.calls import Call
from faces_client.models import Page

if TYPE_CHECKING:
    from faces_client.client import AsyncClient, Client

P = ParamSpec("P")
T = TypeVar("T")
PageOf = Callable[[str | None], Call[Page[T]]]
"""The call of a page, by the cursor that the page before gave."""


class Operation(Generic[P, T]):
    """A method of either client, made of the function that makes its call."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = make
        update_wrapper(self, make)  # type: ignore[arg-type]

    @overload
    def __get__(self, client: Client, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncClient, owner: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Client | AsyncClient | None, owner: type) -> object:
        return self if client is None else partial(self._sent, client)

    def _sent(
        self, client: Client | AsyncClient, *given: P.args, **named: P.kwargs
    ) -> T | Awaitable[T]:
        return client.do(self._make(*given, **named))


class Pages(Generic[P, T]):
    """The same of an operation with pages: all of them, one thing after the other."""

    def __init__(self, make: Callable[P, PageOf[T]]) -> None:
        self._make = make
        update_wrapper(self, make)  # type: ignore[arg-type]

    @overload
    def __get__(self, client: Client, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncClient, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Client | AsyncClient | None, owner: type) -> object:
        return self if client is None else partial(self._paged, client)

    def _paged(
        self, client: Client | AsyncClient, *given: P.args, **named: P.kwargs
    ) -> Iterator[T] | AsyncIterator[T]:
        return client.all_pages(self._make(*given, **named))


class Operations:
    """The requests to the system, by name."""

    recognise = Operation(calls.recognise)
    recognise_batch = Operation(calls.recognise_batch)
    detect = Operation(calls.detect)
    verify = Operation(calls.verify)
    search = Operation(calls.search)
    allow_upload = Operation(calls.allow_upload)
    allow_uploads = Operation(calls.allow_uploads)
    job = Operation(calls.get_job)
    jobs = Pages(calls.list_jobs)
    cancel_job = Operation(calls.cancel_job)
    delete_job = Operation(calls.delete_job)
    name_face = Operation(calls.name_face)
    send_video = Operation(calls.send_video)
    video = Operation(calls.get_video)
    videos = Pages(calls.list_videos)
    delete_video = Operation(calls.delete_video)
    add_person = Operation(calls.add_person)
    people = Pages(calls.list_people)
    person = Operation(calls.get_person)
    rename_person = Operation(calls.rename_person)
    merge_person = Operation(calls.merge_person)
    erase_person = Operation(calls.erase_person)
    erasure = Operation(calls.get_erasure)
    examples = Operation(calls.list_examples)
    add_example = Operation(calls.add_example)
    add_examples = Operation(calls.add_examples)
    example_picture = Operation(calls.get_example)
    delete_example = Operation(calls.delete_example)
