"""Passwords can't be guessed one after the other."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import AsyncClient, Client
from django.urls import reverse

from faceweb.access import login_throttle
from faceweb.access.login_throttle import FAILURES, TRIES, TRIES_SECONDS, Tries
from faceweb.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PASSWORD = "a right good password"


@pytest.fixture(autouse=True)
def nobody_tried_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "tries", Tries())


@pytest.fixture
def administrator(django_user_model: Any, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    django_user_model.objects.create_superuser("admin", password=PASSWORD)


def attempt(
    client: Client, password: str, address: str = "192.0.2.1", username: str = "admin"
) -> int:
    form = {"username": username, "password": password}
    return client.post(reverse("admin:login"), form, REMOTE_ADDR=address).status_code


def test_after_too_many_wrong_passwords_the_right_one_must_wait(
    client: Client, administrator: None
) -> None:
    wrong = [attempt(client, "wrong") for _ in range(FAILURES)]

    assert set(wrong[:-1]) == {200}
    assert attempt(client, PASSWORD) == 429
    assert attempt(client, PASSWORD, address="192.0.2.2") == 302


def test_wrong_passwords_of_others_lock_nobody_out(client: Client, administrator: None) -> None:
    """Neither another user's at the same address, nor from elsewhere with the administrator's
    name."""
    for _ in range(FAILURES + 1):
        attempt(client, "wrong", username="somebody")
        attempt(client, "wrong", address="192.0.2.66")

    assert attempt(client, PASSWORD) == 302


def test_an_administrator_unlocks_as_the_page_says(client: Client, administrator: None) -> None:
    for _ in range(FAILURES):
        attempt(client, "wrong")

    call_command("axes_reset_ip_username", "192.0.2.1", "admin", stdout=StringIO())

    assert attempt(client, PASSWORD) == 302


def test_a_login_forgets_the_wrong_ones_before_it(client: Client, administrator: None) -> None:
    for _ in range(FAILURES - 1):
        attempt(client, "wrong")

    assert attempt(client, PASSWORD) == 302
    assert attempt(Client(), "wrong") == 200


def test_an_address_tries_no_names_without_end(client: Client, administrator: None) -> None:
    """Each password that is looked at costs the processor, and rows."""
    for number in range(TRIES):
        assert attempt(client, "wrong", username=f"somebody {number}") == 200

    refused = attempt(client, "wrong", username="somebody else")

    assert refused == attempt(client, PASSWORD) == 429
    assert AuditEntry.objects.filter(action="login failed").count() == TRIES
    assert attempt(client, PASSWORD, address="192.0.2.2") == 302


def test_people_behind_one_address_log_in_as_often_as_they_like(
    client: Client, administrator: None
) -> None:
    assert {attempt(client, PASSWORD) for _ in range(TRIES + 1)} == {302}


def test_right_passwords_do_not_count_and_old_ones_are_forgotten() -> None:
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    for _ in range(TRIES * 2):
        assert tries.take("192.0.2.1")
        tries.give_back("192.0.2.1")
    taken = [tries.take(f"2001:db8::{number}") for number in range(TRIES + 1)]
    now[0] = TRIES_SECONDS

    assert taken == [True] * TRIES + [False]
    assert tries.take("2001:db8::1")


def test_no_more_addresses_are_remembered_than_came_of_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(login_throttle, "MOST_ADDRESSES", 3)
    now = [0.0]
    tries = Tries(clock=lambda: now[0])
    for number in range(9):
        tries.take(f"192.0.2.{number}")
        tries.give_back(f"192.0.2.{number // 2 * 2}")
        now[0] += TRIES_SECONDS

    assert len(tries._times) <= 3


@pytest.mark.django_db(transaction=True)
async def test_whoever_is_locked_out_is_told_how_long(
    async_client: AsyncClient, administrator: None
) -> None:
    form = {"username": "admin", "password": "wrong"}
    for _ in range(FAILURES + 1):
        answer = await async_client.post(reverse("admin:login"), form)

    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Try again in 15 minutes" in answer.content.decode()
    assert "axes_reset_ip_username 127.0.0.1 USERNAME" in answer.content.decode()
