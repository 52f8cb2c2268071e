"""Writes the audit log."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils import timezone

from faceweb.models import AuditEntry

log = structlog.get_logger()


def record(actor: str, action: str, subject: object = "", **detail: Any) -> AuditEntry:
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
