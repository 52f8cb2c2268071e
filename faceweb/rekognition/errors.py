"""Amazon Rekognition's exceptions, as its clients know them."""

import json
import uuid
from collections.abc import Mapping

from django.http import HttpResponse

JSON = "application/x-amz-json-1.1"


class Refusal(Exception):
    """An exception of Rekognition's: its name, a sentence, and the HTTP status."""

    def __init__(self, name: str, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.name = name
        self.sentence = sentence
        self.status = status


def invalid(sentence: str) -> Refusal:
    """A parameter has a value that is not taken."""
    return Refusal("InvalidParameterException", sentence)


def not_found(sentence: str) -> Refusal:
    """The thing that a parameter names does not exist."""
    return Refusal("ResourceNotFoundException", sentence)


def no_access(sentence: str) -> Refusal:
    """The key may not do this."""
    return Refusal("AccessDeniedException", sentence)


def busy() -> Refusal:
    """The SDKs send a request with this answer again by themselves."""
    sentence = "No worker answered in time. Send the request again."
    return Refusal("ProvisionedThroughputExceededException", sentence)


def broken() -> Refusal:
    """An error of ours, which tells nothing of itself."""
    sentence = "Something went wrong here; it was written to the log."
    return Refusal("InternalServerError", sentence, 500)


def answer_of(refusal: Refusal) -> HttpResponse:
    """The response that a client's SDK makes this exception of."""
    body = {"__type": refusal.name, "Message": refusal.sentence}
    return answer(body, refusal.status, {"x-amzn-ErrorType": refusal.name})


def answer(
    body: Mapping[str, object], status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A response as AWS's SDKs read it."""
    stated = {"x-amzn-RequestId": str(uuid.uuid4()), **(headers or {})}
    return HttpResponse(json.dumps(body), status=status, content_type=JSON, headers=stated)
