"""Errors as CompreFace answers them: a message and CompreFace's code."""

from __future__ import annotations

from functools import partial

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from faceweb.access.callers import KeyRefused, TooManyRequests
from faceweb.access.identity import KEY_HEADER
from faceweb.api.problems import OF_DJANGO, Handler, Problem, told_by, told_by_tables
from faceweb.jobs.uploads import UploadRefused
from faceweb.people.subjects import NoSuchSubject, NoUsableFace
from faceweb.replies.leases import LeaseTaken
from recognition.errors import GalleryError, NameRefused

log = structlog.get_logger()

MODEL_NOT_FOUND = 10
MISSING_HEADER = 20
FILE_REFUSED = 21
NOT_VALID = 26
NO_FACES = 28
TOO_MANY_FACES = 31
MISSING_PARAMETER = 33
MISSING_PART = 34
WRONG_ARGUMENT = 36
NO_SUBJECT = 42
SUBJECT_EXISTS = 43
NO_IMAGE = 44
UNDEFINED = 0

NO_FACE_SENTENCE = "No face is found in the given image"
TRY_AGAIN = "Something went wrong, please try again"
AWAY = (BotoCoreError, ClientError, OperationalError, InterfaceError, LeaseTaken, TimeoutError)
FILES = ("file", "source_image", "target_image")


class Refusal(Exception):
    """A refusal by CompreFace's code: its HTTP status and its sentence."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def no_face() -> Refusal:
    """CompreFace's refusal of a picture without a face."""
    return Refusal(NO_FACES, NO_FACE_SENTENCE)


def no_subject(name: str) -> Refusal:
    """CompreFace's refusal of a name that nobody has."""
    return Refusal(NO_SUBJECT, f"Subject {name} not found", 404)


def no_image(image_id: str) -> Refusal:
    """CompreFace's refusal of an id that no example has."""
    return Refusal(NO_IMAGE, f"Image {image_id} not found", 404)


def answer(code: int, message: str, status: int = 400) -> HttpResponse:
    """An error in the shape of CompreFace's own."""
    return JsonResponse({"message": message, "code": code}, status=status)


def register(api: NinjaAPI) -> None:
    """Give every error that an endpoint may raise the shape that CompreFace's clients know."""
    told_by_tables(api, partial(_with_code, UNDEFINED), _with_sentence)
    told_by(api, DataError, _with_sentence(400, OF_DJANGO[DataError][1]))
    for kind, (code, status) in OF_COMPREFACE.items():
        told_by(api, kind, _with_code(code, status))
    for kind in AWAY:
        told_by(api, kind, _unavailable)
    told_by(api, Refusal, _refused)
    told_by(api, UploadRefused, _file_refused)
    told_by(api, Problem, _problem)
    told_by(api, AuthenticationError, _no_key)
    told_by(api, KeyRefused, _wrong_key)
    told_by(api, HttpError, _http_error)
    told_by(api, ValidationError, _not_valid)
    told_by(api, Exception, _our_fault)


OF_COMPREFACE: dict[type[Exception], tuple[int, int]] = {
    NoUsableFace: (NO_FACES, 400),
    NameRefused: (NOT_VALID, 400),
    GalleryError: (NOT_VALID, 400),
    NoSuchSubject: (NO_SUBJECT, 404),
    TooManyRequests: (UNDEFINED, 429),
}
"""What CompreFace tells by another code or status than our own API."""


def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return answer(error.code, error.message, error.status)


def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return answer(UNDEFINED, error.detail, error.status)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return answer(UNDEFINED, str(error), error.status_code)


def _with_code(code: int, status: int) -> Handler:
    return lambda request, error: answer(code, str(error) or TRY_AGAIN, status)


def _with_sentence(status: int, sentence: str) -> Handler:
    return lambda request, error: answer(UNDEFINED, sentence, status)


def _file_refused(request: HttpRequest, error: UploadRefused) -> HttpResponse:
    return answer(FILE_REFUSED, error.sentence, 413 if error.status == 413 else 400)


def _no_key(request: HttpRequest, error: object) -> HttpResponse:
    return answer(MISSING_HEADER, f"Missing header: {KEY_HEADER.lower()}")


def _wrong_key(request: HttpRequest, error: object) -> HttpResponse:
    return answer(MODEL_NOT_FOUND, "A service with this API Key is not found", 404)


def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    name = str(first["loc"][-1])
    if first["type"] != "missing":
        return answer(WRONG_ARGUMENT, f"{name}: {first['msg']}")
    if name in FILES:
        return answer(MISSING_PART, f"Required part '{name}' is not present")
    return answer(MISSING_PARAMETER, f"Required parameter '{name}' is not present")


def _unavailable(request: HttpRequest, error: object) -> HttpResponse:
    log.error("api_unavailable", path=request.path, error=str(error))
    return answer(UNDEFINED, TRY_AGAIN, 503)


def _our_fault(request: HttpRequest, error: object) -> HttpResponse:
    log.error("api_failed", path=request.path, exc_info=error)
    return answer(UNDEFINED, TRY_AGAIN, 500)
