"""Writes the audit log."""

from datetime import timedelta

import structlog
from django.utils import timezone

from faceweb.models import AuditEntry

log = structlog.get_logger()

SAME_LOOK = timedelta(minutes=5)
"""As long as a browser keeps a picture: loading a page again is no new look."""


def record_look(actor: str, action: str, subject: object) -> None:
    """Write down that `actor` saw a picture or person (an id), once in a while."""
    now = timezone.now()
    same = AuditEntry.objects.filter(action=action, subject=str(subject)[:150], actor=actor[:150])
    if not same.filter(at__gt=now - SAME_LOOK).exists():
        record(actor, action, subject)


def record(actor: str, action: str, subject: object = "", **detail: object) -> AuditEntry:
    """Write down that `actor` did `action` to `subject` (an id)."""
    entry = AuditEntry.objects.create(
        at=timezone.now(),
        actor=actor[:150],
        action=action,
        subject=str(subject)[:150],
        detail=detail,
    )
    log.info("audit", actor=actor, action=action, subject=str(subject))
    return entry
