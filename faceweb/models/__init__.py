"""What the web tier remembers."""

from faceweb.models.access import ApiKey, ApiKeyUsage, IdempotentAnswer
from faceweb.models.jobs import (
    FINAL_STATES,
    OPEN_STATES,
    DeadLetter,
    Job,
    JobKind,
    JobState,
    PictureName,
)
from faceweb.models.people import ExamplePicture, Lease
from faceweb.models.privacy import AuditEntry

__all__ = [
    "FINAL_STATES",
    "OPEN_STATES",
    "ApiKey",
    "ApiKeyUsage",
    "AuditEntry",
    "DeadLetter",
    "ExamplePicture",
    "IdempotentAnswer",
    "Job",
    "JobKind",
    "JobState",
    "Lease",
    "PictureName",
]
