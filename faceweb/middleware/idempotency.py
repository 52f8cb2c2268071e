"""Idempotency-Key: a POST to the API that is sent twice is done once, and answered twice."""

import hashlib
from datetime import timedelta

import structlog
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.decorators import async_only_middleware

from faceweb.access.callers import Caller, KeyRefused, TooManyRequests
from faceweb.access.identity import ask_key, presented_key
from faceweb.api.problems import problem, unavailable
from faceweb.middleware import GetResponse
from faceweb.middleware.routes import is_routed
from faceweb.models import IdempotentAnswer
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

log = structlog.get_logger()

HEADER = "Idempotency-Key"
GIVEN_UP_AFTER_SECONDS = 30.0
"""A request without an answer this long after a 504 died with its process, or while the database
was away. Until then its client gets the answer to wait."""
NOT_KEPT = (401, 403, 404, 405, 409, 429)
KEPT_HEADERS = ("Content-Type", "Location")


@async_only_middleware
def answer_once(get_response: GetResponse) -> GetResponse:
    """Answer a POST to the API that is sent twice with what the first one got."""

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if not key or request.method != "POST" or not request.path.startswith("/api/"):
            return await get_response(request)
        caller = await _known_caller(request)
        if caller is None:
            return await get_response(request)
        return await _once(request, caller, key, get_response)

    return middleware


async def _known_caller(request: HttpRequest) -> Caller | None:
    """Whose request it is, if its key is good and its address exists. It counts against the key's
    rate before a kept answer is given. Nothing is kept for anybody else."""
    if not is_routed(request):
        return None
    try:
        return await ask_key(request)
    except (KeyRefused, TooManyRequests):
        return None


async def _once(
    request: HttpRequest, caller: Caller, key: str, get_response: GetResponse
) -> HttpResponseBase:
    """The first request runs; another with its key waits its turn or gets the kept answer. A key
    that may do less than it did finds no answer of then."""
    may = ",".join(sorted(caller.scopes))
    name = _digest(presented_key(request).encode(), may.encode(), key.encode())
    # The boundary of a multipart body differs at each sending, so a file is told by its parts.
    where = (request.get_full_path().encode(), caller.collection.encode())
    fingerprint = _digest(*where, await run_in_thread(_content, request))
    try:
        row, is_new = await run_in_thread(_claim, name, fingerprint)
        if not is_new:
            return _again(row, fingerprint)
        response = await get_response(request)
        await run_in_thread(_keep, name, response)
    except DatabaseError as error:
        log.error("idempotency_unavailable", error=str(error))
        return unavailable()
    return response


def _content(request: HttpRequest) -> bytes:
    if request.content_type != "multipart/form-data":
        return request.body
    parts = [f"{k}={v}".encode() for k in sorted(request.POST) for v in request.POST.getlist(k)]
    for field in sorted(request.FILES):
        for file in request.FILES.getlist(field):
            parts.append(f"{field}={file.name}".encode() + _digest_of(file))
    return b"\0".join(parts)


def _digest_of(file: UploadedFile) -> bytes:
    """Of its content, a piece at a time: a video is never in memory whole."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.digest()


def _claim(name: str, fingerprint: str) -> tuple[IdempotentAnswer, bool]:
    now = timezone.now()
    seconds = get_settings().result_timeout_seconds + GIVEN_UP_AFTER_SECONDS
    long_ago = now - timedelta(seconds=seconds)
    IdempotentAnswer.objects.filter(key=name, status=0, created_at__lt=long_ago).delete()
    return IdempotentAnswer.objects.get_or_create(
        key=name, defaults={"fingerprint": fingerprint, "created_at": now}
    )


def _again(row: IdempotentAnswer, fingerprint: str) -> HttpResponse:
    if row.fingerprint != fingerprint:
        return problem(422, f"This {HEADER} was used for another request: choose a new one.")
    if row.status == 0:
        return problem(
            409, "The first request with this key is still running.", {"Retry-After": "5"}
        )
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(bytes(row.body), status=row.status, headers=headers)


def _keep(name: str, response: HttpResponseBase) -> None:
    """Keep what a client may rely on; what it should try again is forgotten."""
    passes = response.status_code >= 500 or response.status_code in NOT_KEPT
    if passes or not isinstance(response, HttpResponse):
        IdempotentAnswer.objects.filter(key=name).delete()
        return
    IdempotentAnswer.objects.filter(key=name).update(
        status=response.status_code,
        headers={h: response.headers[h] for h in KEPT_HEADERS if h in response.headers},
        body=response.content,
    )


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
