"""SQS: libcurl signs and sends the calls of each message; botocore makes those that fail again.

libcurl takes 0.25 ms of the processor for a call, botocore 1.7. All but a whole answer of status
200 is asked of botocore, whose retries and errors callers know. kombu polls by libcurl, too.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pycurl
import structlog
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path

from foundation.aws.typed import SQSClient

if TYPE_CHECKING:
    from botocore.credentials import Credentials

log = structlog.get_logger()

QUICK = {
    "send_message": "SendMessage",
    "send_message_batch": "SendMessageBatch",
    "receive_message": "ReceiveMessage",
    "delete_message": "DeleteMessage",
    "delete_message_batch": "DeleteMessageBatch",
    "change_message_visibility": "ChangeMessageVisibility",
}
"""boto3's verbs, and what SQS calls them."""

CONNECT_SECONDS, ANSWER_SECONDS = 5, 35
"""A poll waits for up to 20 s."""


class NotDone(Exception):
    """libcurl did not bring a whole answer of status 200."""


FAILURES = (pycurl.error, BotoCoreError, NotDone, TypeError, ValueError)


class SqsClient:
    """boto3's client of SQS, quicker. Never used after a fork, as boto3's is not."""

    def __init__(self, botocore_client: SQSClient, credentials: Credentials | None) -> None:
        self._botocore = botocore_client
        self._credentials = credentials
        self._idle: deque[pycurl.Curl] = deque()

    def __getattr__(self, verb: str) -> object:
        whole: object = getattr(self._botocore, verb)
        return partial(self._tried, verb, whole) if verb in QUICK and callable(whole) else whole

    def _tried(self, verb: str, whole: Callable[..., object], /, **request: object) -> object:
        try:
            return self._answer(QUICK[verb], json.dumps(request).encode())
        except FAILURES as error:
            log.info("aws_call_repeated", service="sqs", call=verb, reason=str(error))
        return whole(**request)

    def _answer(self, operation: str, body: bytes) -> dict[str, object]:
        """SQS's answer in JSON. Raises one of FAILURES.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
        """
        try:
            curl = self._idle.pop()
        except IndexError:
            curl = self._new_curl()
        headers = [
            "Content-Type: application/x-amz-json-1.0",
            f"X-Amz-Target: AmazonSQS.{operation}",
            "Expect:",
        ]
        curl.setopt(pycurl.HTTPHEADER, [*headers, *self._signed_by(curl)])
        curl.setopt(pycurl.POSTFIELDS, body)
        text = curl.perform_rb()
        self._idle.append(curl)
        if (status := curl.getinfo(pycurl.RESPONSE_CODE)) != 200:
            raise NotDone(f"status {status}")
        return parsed(text)

    def _signed_by(self, curl: pycurl.Curl) -> list[str]:
        """Has the call signed with the credentials of this moment. Returns a header of theirs."""
        if self._credentials is None:
            raise NotDone("no credentials")
        keys = self._credentials.get_frozen_credentials()
        curl.setopt(pycurl.USERNAME, keys.access_key)
        curl.setopt(pycurl.PASSWORD, keys.secret_key)
        return [f"X-Amz-Security-Token: {keys.token}"] if keys.token else []

    def _new_curl(self) -> pycurl.Curl:
        curl, about = pycurl.Curl(), self._botocore.meta
        curl.setopt(pycurl.URL, about.endpoint_url.rstrip("/") + "/")
        curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{about.region_name}:sqs")
        curl.setopt(pycurl.CAINFO, os.fsencode(_certificates()))
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.NOSIGNAL, 1)  # timeouts without signals: it runs in threads
        curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        curl.setopt(pycurl.TIMEOUT, ANSWER_SECONDS)
        return curl


def _certificates() -> str:
    return os.environ.get("AWS_CA_BUNDLE") or str(get_cert_path(True))


def parsed(body: bytes) -> dict[str, object]:
    """An answer's JSON object; no body is an empty one. Raises NotDone and ValueError."""
    answer = json.loads(body or b"{}")
    if not isinstance(answer, dict):
        raise NotDone("not a JSON object")
    return answer
