"""Errors as CompreFace answers them: a message and CompreFace's code."""

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja.errors import AuthenticationError, ValidationError

from faceweb.access.callers import KeyRefused
from faceweb.access.identity import KEY_HEADER
from faceweb.api.problems import AWAY_ERRORS, SENTENCES, status_and_sentence
from faceweb.intake.uploads import UploadRefused
from faceweb.people.subjects import NoSuchSubject, NoUsableFace
from faceweb.replies.leases import LeaseTaken
from recognition.errors import GalleryError

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


CODES: dict[type[Exception], tuple[int, int, str]] = {
    NoUsableFace: (NO_FACES, 400, ""),
    GalleryError: (NOT_VALID, 400, ""),
    NoSuchSubject: (NO_SUBJECT, 404, ""),
    KeyRefused: (MODEL_NOT_FOUND, 404, "A service with this API Key is not found"),
    AuthenticationError: (MISSING_HEADER, 400, f"Missing header: {KEY_HEADER.lower()}"),
    DataError: (UNDEFINED, 400, SENTENCES[DataError][1]),
    **dict.fromkeys((*AWAY_ERRORS, LeaseTaken), (UNDEFINED, 503, TRY_AGAIN)),
}
"""Code, status and sentence where CompreFace does not answer as our own API; without a sentence it
is the error's own."""


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """An error in the shape that CompreFace's clients know."""
    match error:
        case Refusal():
            return _error(error.code, error.message, error.status)
        case UploadRefused():
            return _error(FILE_REFUSED, error.sentence, 413 if error.status == 413 else 400)
        case ValidationError():
            return _not_valid(error)
    for kind in type(error).__mro__:
        if kind in CODES:
            code, status, sentence = CODES[kind]
            return _error(code, sentence or str(error), status)
    status, sentence = status_and_sentence(error)
    return _error(UNDEFINED, TRY_AGAIN if status == 500 else sentence, status)


def _not_valid(error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    name = str(first["loc"][-1])
    if first["type"] != "missing":
        return _error(WRONG_ARGUMENT, f"{name}: {first['msg']}")
    if name in FILES:
        return _error(MISSING_PART, f"Required part '{name}' is not present")
    return _error(MISSING_PARAMETER, f"Required parameter '{name}' is not present")


def _error(code: int, message: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"message": message, "code": code}, status=status)
