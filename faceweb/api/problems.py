"""Errors as RFC 9457 problem details."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypedDict

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
from faceweb.collections.making import CollectionRefused
from faceweb.collections.reach import NoSuchCollection
from faceweb.intake.names import safe_filename
from faceweb.intake.uploads import UNREADABLE_FORM, UploadRefused
from faceweb.jobs.history import NotOpen
from faceweb.jobs.paging import CursorRefused
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
HEADERS = {401: {"WWW-Authenticate": "X-API-Key"}, 503: {"Retry-After": "5"}}


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
    """The response of media type application/problem+json, with the status's own headers."""
    body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status}
    return JsonResponse(
        {**body, "detail": detail, **more}, status=status,
        headers=HEADERS.get(status) if headers is None else headers,
        content_type="application/problem+json",
    )  # fmt: skip


AWAY_ERRORS = (BotoCoreError, ClientError, OperationalError, InterfaceError, TimeoutError)
AWAY = "Database, storage or queues do not answer. Try again in a moment."
LATE = (
    "Storage does not answer in time. What was sent may not have been taken: "
    "send it again in a moment."
)
SENTENCES: dict[type[Exception], tuple[int, str]] = {
    KeyRefused: (401, ""),
    AuthenticationError: (401, "Send an API key as the header X-API-Key."),
    TooManyRequests: (429, ""),
    CursorRefused: (400, ""),
    NotOpen: (409, ""),
    NameTaken: (409, ""),
    LeaseTaken: (503, ""),
    NoSuchSubject: (404, ""),
    NoSuchCollection: (404, ""),
    CollectionRefused: (409, ""),
    NoUsableFace: (422, ""),
    AddressRefused: (422, ""),
    ObjectMissing: (404, ""),
    GalleryError: (409, ""),
    NoAnswerInTime: (504, ""),
    Http404: (404, ""),
    ValidationError: (422, "The request has values that can't be used."),
    MultiPartParserError: (400, UNREADABLE_FORM),
    BadRequest: (400, "The request can't be read."),
    SuspiciousOperation: (400, "The request can't be read: it has too many or wrong fields."),
    TooManyFilesSent: (413, "The form has too many files."),
    RequestDataTooBig: (413, "The request is too large."),
    PermissionDenied: (403, "You may not do this."),
    DataError: (422, "The request has values that can't be stored, such as a NUL character."),
    **dict.fromkeys(AWAY_ERRORS, (503, AWAY)),
    TimeoutError: (503, LATE),
    Exception: (500, "Something went wrong here; it was written to the log."),
}
"""Status and sentence by the nearest kind of an error; without a sentence it is the error's own.
Django's own sentences name its settings."""


def status_and_sentence(error: Exception) -> tuple[int, str]:
    """The HTTP status of an error, and one sentence for the client."""
    match error:
        case Problem() | UploadRefused():
            return error.status, str(error)
        case HttpError(status_code=HTTPStatus.BAD_REQUEST):
            return 400, "The body is not JSON that can be read."
        case HttpError() if not isinstance(error, AuthenticationError):
            return error.status_code, str(error)
    status, sentence = next(SENTENCES[kind] for kind in type(error).__mro__ if kind in SENTENCES)
    return status, sentence or str(error) or "There is nothing here."


def picture_problem(error: Exception, place: int, filename: str) -> PictureProblem:
    """Why one picture of several was not taken."""
    status, sentence = status_and_sentence(error)
    return PictureProblem(
        picture=place, filename=safe_filename(filename), status=status, detail=sentence
    )


MAX_BATCH = 20


def check_batch(pictures: Sequence[object]) -> None:
    """Raises Problem for more pictures than one request may have."""
    if len(pictures) > MAX_BATCH:
        raise Problem(413, f"{len(pictures)} pictures came; at most {MAX_BATCH} at a time.")


def none_taken(problems: list[PictureProblem]) -> Problem:
    """What is answered where no picture of several was taken: why the first one was not."""
    return Problem(problems[0]["status"], problems[0]["detail"], problems=problems)


def register(api: NinjaAPI, answer: Callable[[HttpRequest, Exception], HttpResponse]) -> None:
    """Have an API answer every error of its endpoints so, and log those that are ours."""

    def answered(request: HttpRequest, error: Exception) -> HttpResponse:
        response = answer(request, error)
        if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("api_failed", path=request.path, exc_info=error)
        elif isinstance(error, AWAY_ERRORS):
            log.error("api_unavailable", path=request.path, error=str(error))
        return response

    for kind in (Exception, Http404, HttpError, ValidationError):  # those that django-ninja answers
        api.add_exception_handler(kind, answered)  # type: ignore[arg-type]


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """An error as a problem."""
    status, sentence = status_and_sentence(error)
    match error:
        case Problem():
            return problem(status, sentence, None, **error.more)
        case TooManyRequests():
            return problem(status, sentence, {"Retry-After": str(error.retry_seconds)})
        case ValidationError():
            wrong = [
                {"where": ".".join(map(str, one["loc"])), "message": one["msg"]}
                for one in error.errors
            ]
            return problem(status, sentence, errors=wrong)
    return problem(status, sentence)


def unavailable() -> HttpResponse:
    """The answer to a client while S3, SQS or the database is away."""
    return problem(503, AWAY)
