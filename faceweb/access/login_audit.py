"""Logins in the audit log: who came, who left, and whose password was wrong."""

import time

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from faceweb.access import audit
from faceweb.pages.access import LOGGED_IN_AT


@receiver(user_logged_in)
def note_login(sender: object, user: AbstractUser, request: HttpRequest, **_: object) -> None:
    """Record in the session and the audit log that a user logged in."""
    request.session[LOGGED_IN_AT] = time.time()
    audit.record(f"user {user.get_username()}", "logged in")


@receiver(user_logged_out)
def note_logout(sender: object, user: AbstractUser | None, **_: object) -> None:
    """Record in the audit log that a user logged out."""
    if user is not None:
        audit.record(f"user {user.get_username()}", "logged out")


@receiver(user_login_failed)
def note_failure(sender: object, request: HttpRequest | None = None, **_: object) -> None:
    """The name that was typed is left out: it may be a password in the wrong field."""
    address = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    audit.record("somebody", "login failed", address)
