"""Webhooks: whether a message is the system's own, and what it says (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from faces_client import models

MARK = "whsec_"
TOLERANCE_SECONDS = 300.0


class WebhookRefused(Exception):
    """A message that is not the system's, or an old one; the text says why."""


def verified_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    now: float | None = None,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> models.Job:
    """The job that a webhook tells of. Raises WebhookRefused.

    Parameters:
        body: the request's body, as it came.
        headers: the request's headers, in whatever case.
        secret: WEBHOOK_SECRET of the system.
        now: seconds since the epoch; the clock's by default.
        tolerance_seconds: an older or newer message is refused, so that none is played again.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, sent_at = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
        age = abs((time.time() if now is None else now) - int(sent_at))
    except (KeyError, ValueError):
        raise WebhookRefused("It has no signature.") from None
    if age > tolerance_seconds:
        raise WebhookRefused("It is too old, or the clocks differ.")
    signed = f"{message_id}.{sent_at}.".encode() + body
    wanted = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    if not any(hmac.compare_digest(wanted, _digest(one)) for one in signatures):
        raise WebhookRefused("Its signature is another's.")
    try:
        return models.job(json.loads(body)["data"])
    except (ValueError, KeyError, TypeError):
        raise WebhookRefused("It tells of no job.") from None


def _digest(signature: str) -> bytes:
    version, _, text = signature.partition(",")
    try:
        return base64.b64decode(text, validate=True) if version == "v1" else b""
    except ValueError:
        return b""


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(MARK), validate=True)
    except ValueError:  # binascii.Error is one; so are letters beyond ASCII
        return secret.encode()
