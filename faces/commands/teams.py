"""`faces teams`: teams that share the system, and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from faces.django_side import database_ready
from faces.errors import Problem
from faces.group import Group
from faces.output import as_json, show

if TYPE_CHECKING:
    from faceweb.models import Team

ACTOR = "command"
ROLES = ("viewer", "operator", "owner")


@click.group(cls=Group)
def teams() -> None:
    """Make and list teams, and say who is in them."""


@teams.command("list", example="faces teams list")
@as_json
def list_teams(as_json: bool) -> None:
    """List the teams, and who is in them."""
    with database_ready():
        from faceweb.models import Team

        rows = [
            {
                "name": team.name,
                "collections": [one.name for one in team.collections.filter(deleted_at=None)],
                "members": {str(one.user): one.role for one in team.members.all()},
            }
            for team in Team.objects.all()
        ]
    lines = [f"{row['name']:<24} {', '.join(row['collections'])}" for row in rows]
    empty = "There are no teams: `faces teams make NAME` makes one."
    show("\n".join(lines) or empty, rows, as_json)


@teams.command("make", example="faces teams make doors")
@click.argument("name")
@click.option("--bucket", multiple=True, help="An S3 bucket whose pictures its keys may name.")
@as_json
def make_team(name: str, bucket: tuple[str, ...], as_json: bool) -> None:
    """Make a team. Its keys make its collections."""
    with database_ready():
        from faceweb.collections import teams

        teams.make_team(name, bucket, ACTOR)
    show(f"The team {name} is there.", {"name": name}, as_json)


@teams.command("add", example="faces teams add doors ann")
@click.argument("team")
@click.argument("user")
@click.option(
    "--role", type=click.Choice(ROLES), default="viewer", help="What they may do (viewer)."
)
@as_json
def add_member(team: str, user: str, role: str, as_json: bool) -> None:
    """Add a user, or change their role."""
    with database_ready():
        from faceweb.collections import teams

        teams.put_member(_team(team), user, role, ACTOR)
    show(f"{user} is {role} in {team}.", {"team": team, "user": user, "role": role}, as_json)


@teams.command("remove", example="faces teams remove doors ann")
@click.argument("team")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Ask for nothing.")
@as_json
def remove_member(team: str, user: str, yes: bool, as_json: bool) -> None:
    """Take a user out of a team."""
    with database_ready():
        from faceweb.collections import teams

        member = _team(team).members.filter(user__username=user).first()
        if member is None:
            raise Problem(f"{user!r} is not in {team}: `faces teams list` shows who is.")
        if not (yes or click.confirm(f"Take {user} out of {team}?", err=True)):
            raise Problem("Nothing was changed.")
        teams.remove_member(member, ACTOR)
    show(f"{user} has left {team}.", {"team": team, "user": user, "removed": True}, as_json)


def _team(name: str) -> Team:
    """Raises Problem."""
    from faceweb.models import Team

    found = Team.objects.filter(name=name).first()
    if found is None:
        raise Problem(f"There is no team {name!r}: `faces teams list` shows all.")
    return found


COMMANDS = (teams,)
