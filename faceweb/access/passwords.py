"""A new password for somebody who forgot theirs, or was locked out."""

import secrets

from axes.utils import reset
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from faceweb.access import audit


class PasswordRefused(Exception):
    """There is no such user, or the password is too weak; the text says what to do."""


def who_is_meant(name: str | None) -> AbstractBaseUser:
    """The user of that name; without one the only administrator. Raises PasswordRefused."""
    users = get_user_model().objects
    if name is None:
        found = list(users.filter(is_superuser=True, is_active=True))
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(user.get_username() for user in found))
        raise PasswordRefused(
            f"Say whose: there are {names}." if found
            else "There is no administrator yet: the first `make run` makes one."
        )  # fmt: skip
    user = users.filter(**{get_user_model().USERNAME_FIELD: name}).first()
    if user is None:
        names = ", ".join(sorted(user.get_username() for user in users.all()[:20]))
        raise PasswordRefused(f"Nobody is called {name!r}; there are {names or 'no users yet'}.")
    return user


def set_password(user: AbstractBaseUser, typed: str | None) -> str:
    """Set what was typed, or a new random password; the user may log in at once, from anywhere.

    Sessions of the old password end. Returns the password. Raises PasswordRefused.
    """
    if typed is not None:
        try:
            validate_password(typed, user)  # type: ignore[arg-type]
        except ValidationError as error:
            raise PasswordRefused(" ".join(error.messages)) from None
    password = typed or secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    reset(username=user.get_username())
    audit.record("command", "password reset", user.pk)
    return password
