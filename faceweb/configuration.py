"""The configuration as `manage.py showconfig` prints it."""

import os
import re
from dataclasses import dataclass

from pydantic import SecretStr

from foundation.config import Settings

MASK = "********"
AWS_VARIABLES = (
    "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
)  # fmt: skip
UNEXPORTED = ("SECRET_KEY", "WEBHOOK_SECRET", "DATABASE_URL")
"""A terminal that talks to queues and buckets has no use for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting for people."""

    name: str
    value: str
    meaning: str
    is_default: bool


def shown_settings(settings: Settings) -> list[ShownSetting]:
    """Every setting in the order of `foundation.config`, secrets masked."""
    return [
        ShownSetting(
            name=name.upper(),
            value=_shown(getattr(settings, name)),
            meaning=field.description or "",
            is_default=name not in settings.model_fields_set,
        )
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if value is None:
        return ""
    return masked_password(str(value))


def masked_password(text: str) -> str:
    """A URL without the password in it; any other text unchanged."""
    return re.sub(r"(?<=://)([^/:@\s]*):[^@/\s]*@", rf"\1:{MASK}@", text)


def exported_variables(settings: Settings) -> dict[str, str]:
    """What makes boto3, or another `manage.py`, reach the same queues and buckets."""
    ours = {k: v for k, v in settings.environment().items() if k not in UNEXPORTED}
    aws = {name: os.environ[name] for name in AWS_VARIABLES if os.environ.get(name)}
    return {**ours, **aws, **names(settings)}


def names(settings: Settings) -> dict[str, str]:
    """The names that follow from FACEWEB_ID."""
    return {
        "REQUEST_QUEUE": settings.request_queue,
        "RESPONSE_QUEUE": settings.response_queue,
        "DEAD_LETTER_QUEUE": settings.dead_letter_queue,
        "IN_BUCKET": settings.in_bucket,
        "OUT_BUCKET": settings.out_bucket,
        "GALLERY_BUCKET": settings.gallery_bucket,
    }
