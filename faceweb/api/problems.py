"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypedDict, TypeVar, cast

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from faceweb.access.callers import KeyRefused, TooManyRequests
from faceweb.collections.making import CollectionRefused, CollectionTaken
from faceweb.collections.reach import NoSuchCollection
from faceweb.jobs.history import NotOpen
from faceweb.jobs.names import safe_filename
from faceweb.jobs.paging import CursorRefused
from faceweb.jobs.uploads import UNREADABLE_FORM, UploadRefused
from faceweb.people.examples.teaching import NoAnswerInTime
from faceweb.people.subjects import NoSuchSubject, NoUsableFace
from faceweb.replies.leases import LeaseTaken
from faceweb.webhooks.addresses import AddressRefused
from foundation.errors import NameTaken, ObjectMissing
from recognition.errors import GalleryError

log = structlog.get_logger()

TITLES = {
    400: "Bad request", 401: "Who are you?", 403: "Not allowed", 404: "Not found",
    405: "Method not allowed", 409: "Conflict", 413: "Too large", 415: "Not a picture",
    422: "Not usable", 429: "Too many requests", 500: "Our fault", 502: "Recognition failed",
    503: "Not available now", 504: "No answer yet",
}  # fmt: skip


class PictureProblem(TypedDict):
    """Why one picture of several was not taken, with the status that it alone would have got."""

    picture: int
    filename: str
    status: int
    detail: str


class Problem(Exception):
    """An error with its HTTP status and one sentence for the client."""

    def __init__(self, status: int, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: object
) -> HttpResponse:
    """The response of media type application/problem+json."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    return JsonResponse(
        {**body, "detail": detail, **more}, status=status, headers=headers,
        content_type="application/problem+json",
    )  # fmt: skip


STATUS: dict[type[Exception], int] = {
    KeyRefused: 401,
    CursorRefused: 400,
    NotOpen: 409,
    NameTaken: 409,
    LeaseTaken: 503,
    NoSuchSubject: 404,
    NoSuchCollection: 404,
    CollectionRefused: 409,
    CollectionTaken: 409,
    NoUsableFace: 422,
    AddressRefused: 422,
    ObjectMissing: 404,
    GalleryError: 409,
    NoAnswerInTime: 504,
    Http404: 404,
}
OF_DJANGO: dict[type[Exception], tuple[int, str]] = {
    MultiPartParserError: (400, UNREADABLE_FORM),
    BadRequest: (400, "The request can't be read."),
    SuspiciousOperation: (400, "The request can't be read: it has too many or wrong fields."),
    TooManyFilesSent: (413, "The form has too many files."),
    RequestDataTooBig: (413, "The request is too large."),
    PermissionDenied: (403, "You may not do this."),
    DataError: (422, "The request has values that can't be stored, such as a NUL character."),
}
"""In place of Django's own sentences, which name its settings."""


LATE = (
    "Storage does not answer in time. What was sent may not have been taken: "
    "send it again in a moment."
)


Error = TypeVar("Error", bound=Exception)
Handler = Callable[[HttpRequest, Exception], HttpResponse]


def picture_problem(error: Exception, place: int, filename: str) -> PictureProblem:
    """Why one picture of several was not taken."""
    status = error.status if isinstance(error, UploadRefused) else STATUS[type(error)]
    return PictureProblem(
        picture=place, filename=safe_filename(filename), status=status, detail=str(error)
    )


def told_by(
    api: NinjaAPI, kind: type[Error], handler: Callable[[HttpRequest, Error], HttpResponse]
) -> None:
    """Have an API answer errors of a kind by a handler of that kind."""
    api.add_exception_handler(kind, cast("Callable[..., HttpResponse]", handler))


def told_by_tables(
    api: NinjaAPI,
    with_status: Callable[[int], Handler],
    with_sentence: Callable[[int, str], Handler],
) -> None:
    """Have an API answer what STATUS and OF_DJANGO name, in its own shape."""
    for kind, status in STATUS.items():
        told_by(api, kind, with_status(status))
    for kind, (status, sentence) in OF_DJANGO.items():
        told_by(api, kind, with_sentence(status, sentence))


def register(api: NinjaAPI) -> None:
    """Give every error that an endpoint may raise its problem."""
    told_by_tables(api, _with_status, _with_sentence)
    told_by(api, Problem, _as_it_says)
    told_by(api, UploadRefused, _refused)
    told_by(api, HttpError, _http_error)
    told_by(api, AuthenticationError, _who_are_you)
    told_by(api, TooManyRequests, _too_many)
    told_by(api, ValidationError, _invalid)
    for kind in (BotoCoreError, ClientError, OperationalError, InterfaceError):
        told_by(api, kind, _unavailable)
    told_by(api, TimeoutError, _late)
    told_by(api, Exception, _our_fault)


def _with_status(status: int) -> Handler:
    return lambda request, error: problem(status, str(error) or "There is nothing here.")


def _with_sentence(status: int, sentence: str) -> Handler:
    return lambda request, error: problem(status, sentence)


def _as_it_says(request: HttpRequest, error: Problem) -> HttpResponse:
    return problem(error.status, error.detail, None, **error.more)


def _refused(request: HttpRequest, error: UploadRefused) -> HttpResponse:
    return problem(error.status, error.sentence)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """django-ninja raises it, for a body that it can't parse."""
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(400, "The body is not JSON that can be read.")
    return problem(error.status_code, str(error))


def _who_are_you(request: HttpRequest, error: object) -> HttpResponse:
    return problem(
        401, "Send an API key as the header X-API-Key.", {"WWW-Authenticate": "X-API-Key"}
    )


def _too_many(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    return problem(429, str(error), {"Retry-After": str(error.retry_seconds)})


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = [
        {"where": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in error.errors
    ]
    return problem(422, "The request has values that can't be used.", errors=wrong)


def _unavailable(request: HttpRequest, error: object) -> HttpResponse:
    log.error("api_unavailable", path=request.path, error=str(error))
    return unavailable()


def _late(request: HttpRequest, error: TimeoutError) -> HttpResponse:
    log.error("api_late", path=request.path)
    return problem(503, LATE, {"Retry-After": "5"})


def unavailable() -> HttpResponse:
    """What a client is told while something that we need is away."""
    sentence = "Database, storage or queues do not answer. Try again in a moment."
    return problem(503, sentence, {"Retry-After": "5"})


def _our_fault(request: HttpRequest, error: object) -> HttpResponse:
    log.error("api_failed", path=request.path, exc_info=error)
    return problem(500, "Something went wrong here; it was written to the log.")
