"""Teams and their members: one way for commands and pages."""

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from faceweb.access import audit
from faceweb.access.permissions import MANAGE_COLLECTIONS
from faceweb.models import Member, Role, Team

ADMINISTRATOR = (
    "faceweb.change_team",
    "faceweb.change_member",
    "faceweb.add_apikey",
    MANAGE_COLLECTIONS,
)
"""The permissions of a user who looks after all teams."""


class TeamRefused(Exception):
    """A team or a member that can't be as it was asked for; the text says why."""


def administers(user: User | AnonymousUser) -> bool:
    """True for a user who looks after all teams."""
    return user.has_perms(ADMINISTRATOR)


def owned_by(user: User | AnonymousUser) -> QuerySet[Team]:
    """The teams of which a user is an owner."""
    if not user.is_authenticated:
        return Team.objects.none()
    return Team.objects.filter(members__user=user, members__role=Role.OWNER)


def make_team(name: str, buckets: tuple[str, ...], actor: str) -> Team:
    """A new team, without members. Raises TeamRefused."""
    name = checked_name(name)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, s3_buckets=", ".join(buckets))
    except IntegrityError:
        raise TeamRefused(f"There is a team {name!r} already: choose another name.") from None
    audit.record(actor, "team made", team.pk)
    return team


def checked_name(name: str) -> str:
    """The name as it is kept. Raises TeamRefused."""
    if not (name := name.strip()) or not name.isprintable() or len(name) > 100:
        raise TeamRefused("Give the team a name of up to 100 characters.")
    return name


def put_member(team: Team, username: str, role: str, actor: str) -> None:
    """Add a user to a team, or change their role. Raises TeamRefused."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise TeamRefused(f"Nobody is called {username!r}: make the user in the administration.")
    if role not in Role.values:
        raise TeamRefused(f"There is no role {role!r}: choose one of {', '.join(Role.values)}.")
    if role != Role.OWNER:
        _demand_another_owner(team, user)
    Member.objects.update_or_create(team=team, user=user, defaults={"role": role})
    audit.record(actor, "member added", user.pk, team=team.pk, role=role)


def remove_member(member: Member, actor: str) -> None:
    """Take a user out of a team. Raises TeamRefused for its last owner."""
    _demand_another_owner(member.team, member.user)
    member.delete()
    audit.record(actor, "member removed", member.user.pk, team=member.team.pk)


def _demand_another_owner(team: Team, user: User) -> None:
    owners = team.members.filter(role=Role.OWNER)
    if owners.filter(user=user).exists() and not owners.exclude(user=user).exists():
        raise TeamRefused(
            f"{user.get_username()} is the only owner of {team}: make another member owner first."
        )
