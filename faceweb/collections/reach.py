"""Which collections somebody reaches, and which one a request works in.

A request works in one collection, and whatever it asks for is looked for in that one alone.
"""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from faceweb.access import permissions
from faceweb.models import Collection, Member
from foundation.collections import DEFAULT


class NoSuchCollection(Exception):
    """There is none of that name within reach, or it must be said which; the text says so."""


def living() -> QuerySet[Collection]:
    """All collections but those that are being deleted."""
    return Collection.objects.filter(deleted_at=None)


def reached_by_key(team_id: int | None, bound: str | None) -> QuerySet[Collection]:
    """The collections of a key: the one that it is bound to, else all of its team, else the
    system's own."""
    reached = living().filter(team=team_id)
    return reached.filter(pk=bound) if bound else reached


def chosen_by_key(team_id: int | None, bound: str | None, name: str) -> str:
    """The id of the collection that a key's request works in. Raises NoSuchCollection.

    Without a `name` it is the bound one, the default one, or the team's only one.
    """
    if name:
        return _named(reached_by_key(team_id, bound), name).pk
    if bound:
        return bound
    if team_id is None:
        return DEFAULT
    ids = list(reached_by_key(team_id, bound).values_list("pk", flat=True)[:2])
    if len(ids) == 1:
        return ids[0]
    raise NoSuchCollection(
        "Say which collection is meant: add ?collection=NAME."
        if ids
        else "Your team has no collection yet: make one at /api/v1/collections."
    )


def _named(reached: QuerySet[Collection], name: str) -> Collection:
    found = reached.filter(name=name).first()
    if found is None:
        raise NoSuchCollection(f"There is no collection {name!r}.")
    return found


def collection_named(team_id: int | None, bound: str | None, name: str) -> Collection:
    """A key's collection by its name. Raises NoSuchCollection."""
    return _named(reached_by_key(team_id, bound), name)


def named_by_operator(written: str | None) -> str:
    """The id of the collection that a command's user means: NAME, or TEAM/NAME where several teams
    have that name. None is the default one. Raises NoSuchCollection."""
    if not written:
        return DEFAULT
    team, _, name = written.rpartition("/")
    found = living().filter(name=name, **({"team__name": team} if team else {}))
    several = sorted(str(one.team or "the system") for one in found.select_related("team"))
    if len(several) > 1:
        raise NoSuchCollection(
            f"Several teams have a collection {name!r} ({', '.join(several)}): write TEAM/{name}."
        )
    if not several:
        raise NoSuchCollection(f"There is no collection {written!r}: `faces teams list` shows all.")
    return found.get().pk


def reached_by_user(user: User | AnonymousUser) -> QuerySet[Collection]:
    """All collections for users who may see jobs by Django's permissions, else their teams'."""
    if user.has_perm(permissions.VIEW_JOB):
        return living()
    if not user.is_authenticated:
        return Collection.objects.none()
    return living().filter(team__members__user=user)


def chosen_by_user(reached: QuerySet[Collection], wanted: str) -> str:
    """The id of the collection that a page shows: the one that was chosen, else the default one,
    else the first. Somebody who reaches none gets the default one, and no permission in it."""
    ids = list(reached.values_list("pk", flat=True))
    for one in (wanted, DEFAULT, *ids):
        if one in ids:
            return one
    return DEFAULT


def permits(user: User | AnonymousUser, collection: str, permission: str) -> bool:
    """Whether a user may do something in a collection: by Django's permissions, or by their role
    in its team."""
    if user.has_perm(permission):
        return True
    if not user.is_authenticated or not user.is_active:
        return False
    role = Member.objects.filter(user=user, team__collections=collection)
    return any(
        permission in permissions.OF_ROLE[one] for one in role.values_list("role", flat=True)
    )
