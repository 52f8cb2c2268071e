"""API keys: hashed, scoped, limited, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from faceweb.access.callers import KeyRefused, Scope, TooManyRequests, caller_of_key, issue_key
from faceweb.models import ApiKey, ApiKeyUsage

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESS = "192.0.2.7"
NOW = datetime(2026, 11, 25, 12, 0, 50, tzinfo=UTC)


def test_only_the_hash_of_a_key_is_kept() -> None:
    secret = issue_key(ApiKey(name="camera"))

    kept = ApiKey.objects.values_list("prefix", "hash", "name").get()

    assert secret not in kept
    assert secret.startswith(kept[0])


def test_a_key_gives_its_scopes_and_notes_its_use() -> None:
    secret = issue_key(ApiKey(name="camera", may_read_fleet=True))

    caller = caller_of_key(secret, ADDRESS, NOW)

    assert (caller.name, caller.scopes) == ("key camera", {Scope.RECOGNISE, Scope.FLEET})
    assert ApiKey.objects.get().last_used_at == NOW


@pytest.mark.parametrize("wrong", ["", "efr_nonsense", "revoked"])
def test_a_wrong_or_revoked_key_is_refused(wrong: str) -> None:
    secret = issue_key(ApiKey(name="old", revoked_at=NOW))

    with pytest.raises(KeyRefused):
        caller_of_key(secret if wrong == "revoked" else wrong, ADDRESS, NOW)


def test_a_key_over_its_rate_is_told_when_to_come_back() -> None:
    secret = issue_key(ApiKey(name="camera", requests_per_minute=2))
    for _ in range(2):
        caller_of_key(secret, ADDRESS, NOW)

    with pytest.raises(TooManyRequests) as refusal:
        caller_of_key(secret, ADDRESS, NOW)

    assert refusal.value.retry_seconds == 10
    assert caller_of_key(secret, ADDRESS, NOW + timedelta(seconds=10)).name == "key camera"
    assert sorted(ApiKeyUsage.objects.values_list("requests", flat=True)) == [1, 2]


def test_the_admin_shows_a_new_key_once(admin_client: Client) -> None:
    form = {"name": "camera", "may_recognise": "on", "requests_per_minute": 60}

    page = admin_client.post("/admin/faceweb/apikey/add/", form, follow=True).content.decode()
    again = admin_client.get("/admin/faceweb/apikey/").content.decode()

    assert "shown only now: <code>efr_" in page
    assert "shown only now" not in again
    assert ApiKey.objects.get().hash
