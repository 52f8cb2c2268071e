"""One call to AWS as it should go: signed, sent, answered by 200. And botocore's way otherwise."""

from __future__ import annotations

import hashlib
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult
from urllib.request import getproxies, proxy_bypass

import structlog
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path

from foundation.lean.connections import Answer, Connections, Server, Unclear
from foundation.lean.signing import Keys, Scope, signed

log = structlog.get_logger()

ORDINARY_REFUSALS = (404, 412)
"""Statuses that callers expect: no object of this name, or one already."""

AGENT = "elastic-face-recognition"


class NotTaken(Exception):
    """The call did not succeed on the short way; botocore's is left."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Waits:
    """How many seconds to wait for a connection, and for the next part of an answer."""

    connect_seconds: float
    read_seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """A request without a query; the names of its headers are in lower case."""

    method: str
    url: SplitResult
    headers: Mapping[str, str]
    body: bytes = b""


class Direct:
    """Makes calls of one service by one set of credentials. `clock` is seconds since the epoch."""

    def __init__(
        self,
        credentials: Any,
        scope: Scope,
        waits: Waits,
        ca_bundle: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._scope = scope
        self._waits = waits
        self._ca_bundle = ca_bundle
        self._clock = clock
        self._servers: dict[tuple[str, str], Connections] = {}

    def call(self, request: Request) -> Answer:
        """The answer, whose status is 200. Raises NotTaken."""
        sent = self.signed(request)
        try:
            answer = self._connections(sent.url).exchange(
                sent.method, sent.url.path, sent.headers, sent.body
            )
        except (OSError, Unclear) as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from None
        if answer.status != 200:
            raise NotTaken(f"status {answer.status}", answer.status)
        return answer

    def signed(self, request: Request) -> Request:
        """The request with all its headers, as it may be sent by anybody. Raises NotTaken."""
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            raise NotTaken("a header of other than printable letters")
        sha256 = hashlib.sha256(request.body).hexdigest()
        headers = {"host": request.url.netloc, **request.headers}
        if self._scope.service == "s3":
            headers["x-amz-content-sha256"] = sha256
        complete = signed(
            request.method, request.url.path, headers, sha256,
            self._keys(), self._scope, self._clock(),
        )  # fmt: skip
        complete |= {"user-agent": AGENT, "content-length": str(len(request.body))}
        return replace(request, headers=complete)

    def _keys(self) -> Keys:
        if self._credentials is None:
            raise NotTaken("no credentials")
        try:
            frozen = self._credentials.get_frozen_credentials()
        except BotoCoreError as error:  # botocore will say so again, in its own words
            raise NotTaken(f"no credentials: {error}") from None
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    def _connections(self, url: SplitResult) -> Connections:
        key = (url.scheme, url.netloc)
        if key not in self._servers:
            self._servers[key] = Connections(self._server(url))
        return self._servers[key]

    def _server(self, url: SplitResult) -> Server:
        is_https = url.scheme == "https"
        tls = ssl.create_default_context(cafile=self._ca_file()) if is_https else None
        return Server(
            url.hostname or "",
            url.port or (443 if is_https else 80),
            tls,
            self._waits.connect_seconds,
            self._waits.read_seconds,
        )

    def _ca_file(self) -> str:
        return self._ca_bundle or str(get_cert_path(True))


def is_behind_proxy(url: SplitResult) -> bool:
    """Whether the environment has a proxy for this address; botocore knows how to speak to it."""
    return url.scheme in getproxies() and not proxy_bypass(url.hostname or "")


class LeanClient:
    """boto3's client of a service, some of whose calls take the short way.

    Never shared across a fork, as boto3's is not.
    """

    def __init__(self, botocore_client: Any, direct: Direct) -> None:
        self._botocore = botocore_client
        self._direct = direct
        self._pid = os.getpid()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._botocore, name)

    def _tried(self, operation: str, short: Callable[[], Any], whole: Callable[[], Any]) -> Any:
        """What the short way gives, or else botocore's."""
        try:
            if os.getpid() != self._pid:
                raise NotTaken("made in another process")
            return short()
        except NotTaken as reason:
            if reason.status not in ORDINARY_REFUSALS:
                log.info("aws_call_repeated", operation=operation, reason=str(reason))
        return whole()
