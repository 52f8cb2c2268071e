"""`faces keys`: API keys of programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

import click

from faces.django_side import database_ready
from faces.errors import Problem
from faces.group import Group
from faces.output import as_json, show

if TYPE_CHECKING:
    from faceweb.models import ApiKey, Collection, Team

SCOPES = {
    "recognise": "may_recognise",
    "subjects": "may_manage_subjects",
    "fleet": "may_read_fleet",
    "embeddings": "may_read_embeddings",
    "collections": "may_manage_collections",
}
ACTOR = "command"


@click.group(cls=Group)
def keys() -> None:
    """Make, list and revoke the API keys of programs."""


@keys.command("list", example="faces keys list")
@as_json
def list_keys(as_json: bool) -> None:
    """List the API keys."""
    with database_ready():
        from faceweb.models import ApiKey

        rows = [_row(key) for key in ApiKey.objects.all()]
    lines = [f"{row['name']:<24} {row['prefix']:<12} {_state(row)}" for row in rows]
    show("\n".join(lines) or "There are no keys: `faces keys make NAME` makes one.", rows, as_json)


@keys.command("make", example="faces keys make my-program")
@click.argument("name")
@click.option("--may", multiple=True, type=click.Choice(list(SCOPES)), default=["recognise"],
              help="What it may do (recognise); may be given several times.")  # fmt: skip
@click.option("--team", help="The team whose collections it may use (the system's own).")
@click.option("--collection", help="The only collection that it may use (all of the team's).")
@click.option("--for-aws", is_flag=True, help="For AWS's SDKs: with an access key id.")
@click.option("--days", type=click.IntRange(1), help="How long it is valid (for ever).")
@as_json
def make_key(
    name: str,
    may: tuple[str, ...],
    team: str | None,
    collection: str | None,
    for_aws: bool,
    days: int | None,
    as_json: bool,
) -> None:
    """Make a key, which is shown only once."""
    with database_ready():
        from django.utils import timezone

        from faceweb.access import keys
        from faceweb.models import ApiKey

        granted = {field: scope in may for scope, field in SCOPES.items()}
        expires = timezone.now() + timedelta(days=days) if days else None
        owner, bound = _reach(team, collection)
        key = ApiKey(
            name=name, expires_at=expires, may_sign=for_aws, team=owner, collection=bound, **granted
        )
        secret = keys.make(key, ACTOR)
    shown, lines = {"name": name, "key": secret}, [secret]
    if key.access_key:
        shown["access_key_id"] = key.access_key
        lines.append(f"Its access key id is {key.access_key}.")
    show("\n".join(lines), shown, as_json)


@keys.command("revoke", example="faces keys revoke my-program")
@click.argument("name")
@as_json
def revoke_key(name: str, as_json: bool) -> None:
    """End a key at once."""
    with database_ready():
        from faceweb.access import keys
        from faceweb.models import ApiKey

        if not (key := ApiKey.objects.filter(name=name, revoked_at=None).first()):
            raise Problem(f"There is no valid key {name!r}: `faces keys list` shows all.")
        keys.revoke(key, ACTOR)
    show(f"The key {name} is revoked.", {"name": name, "revoked": True}, as_json)


def _reach(team: str | None, collection: str | None) -> tuple[Team | None, Collection | None]:
    """The team and the collection of these names. Raises Problem."""
    from faceweb.collections.reach import collection_named
    from faceweb.models import Team

    found = Team.objects.filter(name=team).first() if team else None
    if team and found is None:
        raise Problem(f"There is no team {team!r}: `faces teams list` shows all.")
    pk = found.pk if found else None
    bound = collection_named(pk, None, collection) if collection else None
    return found, bound


class KeyRow(TypedDict):
    """A key, as the list shows it."""

    name: str
    prefix: str
    team: str | None
    may: list[str]
    expires: datetime | None
    last_used: datetime | None
    revoked: datetime | None


def _row(key: ApiKey) -> KeyRow:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "team": key.team.name if key.team else None,
        "may": [scope for scope, field in SCOPES.items() if getattr(key, field)],
        "expires": key.expires_at,
        "last_used": key.last_used_at,
        "revoked": key.revoked_at,
    }


def _state(row: KeyRow) -> str:
    if row["revoked"]:
        return f"revoked {row['revoked']:%Y-%m-%d}"
    until = f", until {row['expires']:%Y-%m-%d}" if row["expires"] else ""
    return ", ".join(row["may"]) + until


COMMANDS = (keys,)
