"""API keys: hashed, scoped, limited, revoked."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.test import Client

from faceweb.access import permissions
from faceweb.access.callers import (
    KeyRefused,
    Scope,
    TooManyRequests,
    caller_of_key,
    issue_key,
    scopes_of_user,
)
from faceweb.access.sealing import opened
from faceweb.models import ApiKey, ApiKeyUsage, Collection, Team
from foundation.collections import DEFAULT

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ADDRESS = "192.0.2.7"
NOW = datetime(2026, 11, 25, 12, 0, 50, tzinfo=UTC)


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


def test_an_issued_key_has_a_prefix_to_know_it_by_and_nothing_for_signing() -> None:
    key = ApiKey(name="camera")

    secret = issue_key(key)

    assert secret.startswith("efr_") and len(secret) == len("efr_") + 43, "256 bits in base64"
    assert key.prefix == secret[:10]
    assert key.hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(ApiKey.objects.values().get())
    assert (key.access_key, key.sealed_secret) == (None, "")


def test_a_key_that_signs_is_kept_sealed_under_an_access_key() -> None:
    key = ApiKey(name="sdk", may_sign=True)

    secret = issue_key(key)

    assert re.fullmatch(r"EFR[A-Z2-7]{17}", key.access_key or "")
    assert opened(key.sealed_secret) == secret not in key.sealed_secret


def test_a_key_s_caller_has_its_team_and_is_bound_to_its_collection() -> None:
    team = Team.objects.create(name="doors")
    collection = Collection.objects.create(name="north", team=team)
    secret = issue_key(
        ApiKey(
            name="lock", team=team, collection=collection, may_recognise=False,
            may_manage_subjects=True, may_read_embeddings=True, may_manage_collections=True,
        )
    )  # fmt: skip

    caller = caller_of_key(secret, ADDRESS, NOW)

    assert (caller.team, caller.bound) == (team.pk, collection.pk)
    assert caller.scopes == {Scope.SUBJECTS, Scope.EMBEDDINGS, Scope.COLLECTIONS}


def test_a_key_is_refused_whose_collection_was_given_to_another_team() -> None:
    team, other = Team.objects.create(name="doors"), Team.objects.create(name="gates")
    collection = Collection.objects.create(name="north", team=team)
    secret = issue_key(ApiKey(name="lock", team=team, collection=collection))
    caller_of_key(secret, ADDRESS, NOW)

    Collection.objects.update(team=other)

    with pytest.raises(KeyRefused, match="another team"):
        caller_of_key(secret, ADDRESS, NOW)


@pytest.mark.parametrize(
    ("limits", "is_valid"),
    [
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + timedelta(seconds=1)}, True),
        ({"addresses": "192.0.2.0/24"}, True),
        ({"addresses": "198.51.100.1"}, False),
    ],
)
def test_a_key_is_valid_until_it_expires_and_at_its_addresses(
    limits: dict[str, Any], is_valid: bool
) -> None:
    secret = issue_key(ApiKey(name="camera", **limits))

    if is_valid:
        assert caller_of_key(secret, ADDRESS, NOW).name == "key camera"
        return
    with pytest.raises(KeyRefused, match=r"^The API key is not valid here: unknown, revoked"):
        caller_of_key(secret, ADDRESS, NOW)
    assert not ApiKeyUsage.objects.exists(), "what is refused counts for nothing"


def test_requests_are_counted_by_whole_minutes_and_the_last_use_by_more_than_one() -> None:
    secret = issue_key(ApiKey(name="camera"))
    for seconds in (0, 9, 10, 60, 61):
        caller_of_key(secret, ADDRESS, NOW + timedelta(seconds=seconds, microseconds=5))

    noon = NOW.replace(second=0)
    usage = dict(ApiKeyUsage.objects.values_list("minute", "requests"))
    assert usage == {noon: 2, noon + timedelta(minutes=1): 3}
    used_at = ApiKey.objects.get().last_used_at
    assert used_at == NOW + timedelta(seconds=61, microseconds=5)


def test_a_user_has_the_scopes_of_their_permissions() -> None:
    user = User.objects.create_user("ann")
    assert scopes_of_user(user, DEFAULT) == frozenset()
    for permission, scopes in (
        (permissions.ADD_JOB, {Scope.RECOGNISE}),
        (permissions.CHANGE_PERSON, {Scope.SUBJECTS, Scope.EMBEDDINGS}),
        (permissions.VIEW_FLEET, {Scope.FLEET}),
    ):
        app, _, codename = permission.partition(".")
        found = Permission.objects.get(content_type__app_label=app, codename=codename)
        user.user_permissions.set([found])
        assert scopes_of_user(User.objects.get(pk=user.pk), DEFAULT) == scopes
    user.is_superuser = True
    user.save()
    assert scopes_of_user(User.objects.get(pk=user.pk), DEFAULT) == frozenset(Scope)
    assert scopes_of_user(AnonymousUser(), DEFAULT) == frozenset()
