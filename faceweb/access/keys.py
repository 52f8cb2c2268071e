"""API keys are made, shown once, and revoked: one way for commands, pages and admin."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from faceweb.access import audit
from faceweb.access.callers import issue_key
from faceweb.models import ApiKey


class KeyNameTaken(Exception):
    """There is a key of that name."""


def make(key: ApiKey, actor: str) -> str:
    """Save a new key, and return its secret, which is shown only now. Raises KeyNameTaken."""
    try:
        with transaction.atomic():
            secret = issue_key(key)
    except IntegrityError:
        raise KeyNameTaken(f"There is a key {key.name!r} already: choose another name.") from None
    audit.record(actor, "API key made", key.pk)
    return secret


def revoke(key: ApiKey, actor: str) -> None:
    """End a key at once."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(actor, "API key revoked", key.pk)
