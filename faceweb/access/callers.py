"""Who calls: a program with an API key, a person who logged in, or anybody on this machine."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F
from django.utils import timezone

from faceweb.access import permissions
from faceweb.access.sealing import sealed
from faceweb.collections.reach import permits
from faceweb.models import ApiKey, ApiKeyUsage
from foundation.collections import DEFAULT

KEY_MARK = "efr_"
ACCESS_KEY_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LAST_USE_RESOLUTION = timedelta(minutes=1)


class Scope(StrEnum):
    """What a key may do."""

    RECOGNISE = "recognise"
    SUBJECTS = "subjects"
    FLEET = "fleet"
    EMBEDDINGS = "embeddings"
    COLLECTIONS = "collections"


ALL_SCOPES = frozenset(Scope)

FIELD_OF = {
    Scope.RECOGNISE: "may_recognise",
    Scope.SUBJECTS: "may_manage_subjects",
    Scope.FLEET: "may_read_fleet",
    Scope.EMBEDDINGS: "may_read_embeddings",
    Scope.COLLECTIONS: "may_manage_collections",
}
"""The field of a key that grants each scope."""
PERMISSION_OF = {
    Scope.RECOGNISE: permissions.ADD_JOB,
    Scope.SUBJECTS: permissions.CHANGE_PERSON,
    Scope.FLEET: permissions.VIEW_FLEET,
    Scope.EMBEDDINGS: permissions.CHANGE_PERSON,
    Scope.COLLECTIONS: permissions.MANAGE_COLLECTIONS,
}
"""The permission of a user that grants each scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The maker of a request. `name` is what the audit log says.

    `collection` is the id of the one that the request works in, or empty where that is `unclear`
    for the reason given. `team` and `bound` say which it may
    work in (`faceweb.collections.reach`); without a team those of the system.
    """

    name: str
    scopes: frozenset[Scope]
    collection: str = DEFAULT
    unclear: str = ""
    team: int | None = None
    bound: str | None = None


LOCAL = Caller(name="local", scopes=ALL_SCOPES)


class KeyRefused(Exception):
    """A key that is unknown, revoked, expired, or not for the caller's address."""


class TooManyRequests(Exception):
    """A key is over its rate; `retry_seconds` says when to come back."""

    def __init__(self, limit: int, retry_seconds: int) -> None:
        super().__init__(f"This key may make {limit} requests a minute.")
        self.retry_seconds = retry_seconds


def issue_key(key: ApiKey) -> str:
    """Give an unsaved ApiKey its secret, save it, and return the secret: it is shown only now."""
    secret = KEY_MARK + secrets.token_urlsafe(32)
    key.prefix, key.hash = secret[: len(KEY_MARK) + 6], hash_of(secret)
    if key.may_sign:
        key.access_key, key.sealed_secret = new_access_key(), sealed(secret)
    key.save()
    return secret


def new_access_key() -> str:
    """An id in the form of AWS's: 20 capital letters and digits."""
    return "EFR" + "".join(secrets.choice(ACCESS_KEY_SIGNS) for _ in range(17))


def hash_of(secret: str) -> str:
    """A fast hash is enough: the secret has 256 random bits, nothing that could be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def caller_of_key(secret: str, address: str, now: datetime | None = None) -> Caller:
    """The key's caller, counted against its rate. Raises KeyRefused, TooManyRequests.

    `address` is the client's, as the request has it: a key may be bound to some.
    """
    key = ApiKey.objects.filter(hash=hash_of(secret), revoked_at=None).first()
    return caller_with(key, address, now or timezone.now())


def caller_with(key: ApiKey | None, address: str, now: datetime) -> Caller:
    """The caller who uses a key. Raises KeyRefused, TooManyRequests."""
    if key is None or key.has_expired(now) or not key.is_for(address) or key.is_of_another_team():
        raise KeyRefused(
            "The API key is not valid here: unknown, revoked, expired, for another address, or for "
            "a collection of another team."
        )
    _count(key, now)
    if key.last_used_at is None or now - key.last_used_at > LAST_USE_RESOLUTION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return Caller(
        name=f"key {key.name}", scopes=scopes_of(key), team=key.team_id, bound=key.collection_id
    )


def scopes_of(key: ApiKey) -> frozenset[Scope]:
    """What a key may do, by its fields in the database."""
    return frozenset(scope for scope, field in FIELD_OF.items() if getattr(key, field))


def scopes_of_user(user: User | AnonymousUser, collection: str) -> frozenset[Scope]:
    """What a user who logged in may do in a collection without a key."""
    return frozenset(
        scope
        for scope, permission in PERMISSION_OF.items()
        if permits(user, collection, permission)
    )


def _count(key: ApiKey, now: datetime) -> None:
    """Count this request, in windows of a minute that all web processes share."""
    minute = now.replace(second=0, microsecond=0)
    row, is_new = ApiKeyUsage.objects.get_or_create(
        key=key, minute=minute, defaults={"requests": 1}
    )
    if is_new:
        return
    if row.requests >= key.requests_per_minute:
        raise TooManyRequests(key.requests_per_minute, 60 - now.second)
    ApiKeyUsage.objects.filter(pk=row.pk).update(requests=F("requests") + 1)
