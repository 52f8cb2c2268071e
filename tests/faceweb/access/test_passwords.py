"""`faces reset-password`: a new password, and the login is open again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from faceweb.access.login_throttle import FAILURES
from faceweb.access.passwords import PasswordRefused, set_password, who_is_meant
from faceweb.models import AuditEntry

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LOGIN = "/admin/login/"


def test_a_forgotten_password_and_a_locked_login() -> None:
    user = User.objects.create_superuser("admin", password="forgotten-long-ago")
    for _ in range(FAILURES):
        locked = Client().post(LOGIN, {"username": "admin", "password": "a guess"})
    assert locked.status_code == 429

    password = set_password(who_is_meant(None), None)

    assert Client().post(LOGIN, {"username": "admin", "password": password}).status_code == 302
    assert AuditEntry.objects.get(action="password reset").subject == str(user.pk)


def test_sessions_of_the_old_password_end() -> None:
    user = User.objects.create_superuser("admin", password="forgotten-long-ago")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/").status_code == 200

    set_password(user, None)

    assert client.get("/admin/").status_code == 302


def test_a_typed_password_must_be_good() -> None:
    user = User.objects.create_superuser("admin", password="forgotten-long-ago")

    with pytest.raises(PasswordRefused, match="too short"):
        set_password(user, "hello")

    assert User.objects.get().check_password("forgotten-long-ago")
    assert set_password(user, "correct horse battery") == "correct horse battery"


def test_who_is_meant() -> None:
    with pytest.raises(PasswordRefused, match="make run"):
        who_is_meant(None)
    User.objects.create_superuser("ann", password="x")
    User.objects.create_superuser("ben", password="x")
    User.objects.create_user("carl", password="x")

    with pytest.raises(PasswordRefused, match="there are ann, ben"):
        who_is_meant(None)
    with pytest.raises(PasswordRefused, match=r"Nobody is called 'dora'; there are ann, ben, carl"):
        who_is_meant("dora")
    assert who_is_meant("carl").get_username() == "carl"
