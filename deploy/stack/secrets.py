"""Secrets of the web tier that are made once, and kept in SSM: every web instance has the same."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from faceweb.webhooks.signing import new_secret
from foundation import aws
from foundation.config import Settings

BYTES = 32

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(BYTES * 2),
    "WEBHOOK_SECRET": new_secret,
    "DATABASE_PASSWORD": lambda: secrets.token_urlsafe(BYTES),
}


def make_missing(settings: Settings) -> list[str]:
    """Make those that are not there yet. Returns their names. Raises botocore's errors."""
    ssm = aws.client("ssm", settings)
    names = {f"/{settings.faceweb_id}/web/{name}": make for name, make in MAKERS.items()}
    missing = ssm.get_parameters(Names=list(names))["InvalidParameters"]
    for name in missing:
        ssm.put_parameter(Name=name, Type="SecureString", Value=names[name]())
    return sorted(missing)
