"""Which request's body is read, and how much of it: decided by its headers alone.

What is above this in settings.MIDDLEWARE sees headers only; what is below finds the whole body. A
caller that is not known may send a small form (the login). Where a key or a login is asked for, its
body stays unread, and the view says what is missing. So does one for an address that is made up.
"""

import structlog
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import async_only_middleware

from faceweb.access.callers import KeyRefused, TooManyRequests
from faceweb.access.identity import caller_by_key, caller_of, presented_key
from faceweb.api.problems import problem
from faceweb.middleware import GetResponse, foreign_sites
from faceweb.middleware.routes import is_routed
from faceweb.rekognition.signed import announced
from faceweb.replies.threads import run_in_thread
from faceweb.server.bodies import BodyTooLarge, ClientLeft, RequestBody
from faceweb.server.handler import unread_body
from faceweb.server.limits import REKOGNITION, Room, room_of
from foundation.config import get_settings

log = structlog.get_logger()

API = "/api/"
JSON_TYPES = ("application/json", "application/x-amz-json-1.1")
FEW_BYTES, MOST_PARTS, BEGINS_PART = 64 * 1024, 10_000, b",[{"
"""A larger body of JSON has pictures, and few parts. 63 MB of empty lists would stop the process
for 9 s, and take 1.7 GB."""
NUL_SENTENCE = "The address holds a NUL character: leave it out."
ANSWERED_BY_THEIR_VIEWS = ("/", "/videos", "/recognise", *REKOGNITION)
"""Addresses whose views ask who is there before they look at what was sent."""


@async_only_middleware
def admit(get_response: GetResponse) -> GetResponse:
    """Refuse what comes from other sites, then read what its sender may send."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        if foreign_sites.is_foreign(request):
            return _ending(refusal(request, 403, foreign_sites.SENTENCE))
        if holds_nul(request):
            return _ending(refusal(request, 400, NUL_SENTENCE))
        body = unread_body(request)
        if body is None or not announces_body(request):
            return await get_response(request)
        refused = await _read(request, body)
        response = refused or await get_response(request)
        return response if body.is_whole else _ending(response)

    return middleware


def holds_nul(request: HttpRequest) -> bool:
    """Whether the address holds a NUL, which is in no text that PostgreSQL takes."""
    return "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def announces_body(request: HttpRequest) -> bool:
    """True where the headers say that a body follows."""
    return declared_bytes(request) > 0 or is_chunked(request)


def declared_bytes(request: HttpRequest) -> int:
    """The length of the body as the headers tell it; 0 where they don't."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def is_chunked(request: HttpRequest) -> bool:
    """True for a body whose length is not known before."""
    return "HTTP_TRANSFER_ENCODING" in request.META


async def _read(request: HttpRequest, body: RequestBody) -> HttpResponse | None:
    """Read a body that may be sent. Returns the refusal of one that may not."""
    if is_chunked(request) and "CONTENT_LENGTH" in request.META:
        return refusal(request, 400, "Say Content-Length or Transfer-Encoding, not both.")
    if not is_routed(request):
        return None
    is_json = request.content_type in JSON_TYPES
    room = room_of(request.path, get_settings(), is_json=is_json)
    if not await _is_known(request):
        if request.path in ANSWERED_BY_THEIR_VIEWS or request.path.startswith(API):
            return None
        room = Room.of_a_stranger()
    if declared_bytes(request) > room.most_bytes:
        return refusal(request, 413, room.sentence)
    refused = await _fill(request, body, room)
    may_be_json = is_json or request.path in REKOGNITION
    if refused is None and may_be_json and await _has_too_many_parts(body):
        return refusal(request, 413, "The JSON has too many parts.")
    return refused


async def _has_too_many_parts(body: RequestBody) -> bool:
    return body.size > FEW_BYTES and await run_in_thread(
        body.holds_more_than, MOST_PARTS, BEGINS_PART
    )


async def _is_known(request: HttpRequest) -> bool:
    """Whether a request may bring more than a small form."""
    if request.path in REKOGNITION:
        return await run_in_thread(announced, request)
    settings = get_settings()
    if not presented_key(request):
        if not settings.api_key_required:
            return True
        if request.path == "/" and settings.contract_is_open:
            return True
    ask = caller_by_key if request.path.startswith(API) else caller_of
    try:
        return await run_in_thread(ask, request) is not None
    except (KeyRefused, TooManyRequests):
        return False


async def _fill(request: HttpRequest, body: RequestBody, room: Room) -> HttpResponse | None:
    try:
        await body.fill(room.most_bytes)
    except BodyTooLarge:
        return refusal(request, 413, room.sentence)
    except ClientLeft:
        return refusal(request, 400, "The connection ended before the request did.")
    except OSError as error:
        log.error("upload_not_kept", error=str(error))
        again = {"Retry-After": "30"}
        return refusal(request, 503, "There is no room for an upload now. Try again later.", again)
    request.META["CONTENT_LENGTH"] = str(body.size)
    return await _parse_early(request) if body.is_on_disk else None


async def _parse_early(request: HttpRequest) -> HttpResponse | None:
    """Parse a large form in a thread: the event loop would do nothing else meanwhile."""
    try:
        await run_in_thread(getattr, request, "FILES")
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        return refusal(request, 413, "The form has too many files or fields.")
    except (MultiPartParserError, BadRequest):
        return refusal(request, 400, "The form could not be read: it is damaged.")
    return None


def refusal(
    request: HttpRequest, status: int, sentence: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A refusal in the form that the address's clients expect."""
    if request.path.startswith(API):
        return problem(status, sentence, headers)
    text = "text/plain; charset=utf-8"
    return HttpResponse(f"{sentence}\n", status=status, content_type=text, headers=headers)


def _ending(response: HttpResponseBase) -> HttpResponseBase:
    """Say that the connection ends: the rest of the request is never read."""
    response["Connection"] = "close"
    return response
