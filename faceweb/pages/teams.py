"""What owners of a team look after: its collections, members and keys."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages as notes
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from faceweb.access import keys
from faceweb.access.callers import FIELD_OF, Caller, Scope, scopes_of
from faceweb.access.identity import administers_teams, reached_on_pages, teams_on_pages
from faceweb.collections import making, teams
from faceweb.collections.limits import people_in
from faceweb.collections.reach import living
from faceweb.models import ApiKey, Collection, Role, Team
from faceweb.pages.access import demand_fresh_login, may_enter, page, visitor
from faceweb.pages.forms import number_in
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

OF_TEAMS = {scope: field for scope, field in FIELD_OF.items() if scope != Scope.FLEET}
"""What a team's key may be for: the fleet is the system's."""
LONGEST_KEY_NAME = 100
MOST_DAYS = 36_500


class FormRefused(Exception):
    """A form that was not filled in as it has to be; the text says how."""


@page(None)
def all_teams(request: HttpRequest) -> HttpResponse:
    """The teams that the visitor looks after. Administrators make teams here."""
    if request.method == "POST":
        return _make_team(request)
    found = teams_on_pages(request).annotate(people=Count("members"))
    may_make = administers_teams(request)
    if not may_make and not found:
        raise PermissionDenied("owner of a team")
    return render(request, "faceweb/teams.html", {"teams": found, "may_make": may_make})


def _make_team(request: HttpRequest) -> HttpResponse:
    if not administers_teams(request):
        raise PermissionDenied("administrator of teams")
    try:
        made = teams.make_team(request.POST.get("name", ""), (), visitor(request))
    except teams.TeamRefused as refusal:
        notes.error(request, str(refusal))
        return redirect("teams")
    return redirect("team", made.pk)


@page(None)
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """One team. 404 for who is no owner of it."""
    one = get_object_or_404(teams_on_pages(request), pk=team_id)
    if request.method != "POST":
        return _shown(request, one)
    try:
        if request.POST.get("do") == "make-key":
            return _shown(request, one, **_make_key(request, one))
        if change := CHANGES.get(request.POST.get("do", "")):
            notes.success(request, change(request, one))
    except REFUSALS as refusal:
        notes.error(request, str(refusal))
    is_still_owner = teams_on_pages(request).filter(pk=team_id).exists()
    return redirect("team", team_id) if is_still_owner else redirect("home")


def _shown(request: HttpRequest, one: Team, **made: str | None) -> HttpResponse:
    collections = list(living().filter(team=one))
    people = people_in([each.pk for each in collections])
    valid = one.keys.filter(revoked_at=None).select_related("collection")
    context = {
        "team": one,
        "collections_of_team": [(each, people.get(each.pk, 0)) for each in collections],
        "members": one.members.select_related("user").order_by("user__username"),
        "roles": Role.choices,
        "keys": [(key, ", ".join(sorted(scopes_of(key)))) for key in valid],
        "scopes": [(scope, ApiKey._meta.get_field(name)) for scope, name in OF_TEAMS.items()],
        "longest_key_name": LONGEST_KEY_NAME - len(one.name) - 1,
        **made,
    }
    return render(request, "faceweb/team.html", context)


def _make_collection(request: HttpRequest, one: Team) -> str:
    wanted = Collection(name=request.POST.get("name", "").strip())
    caller = Caller(name=visitor(request), scopes=frozenset(), team=one.pk)
    making.make(wanted, caller, get_settings())
    return f"The collection {wanted.name} is there."


def _delete_collection(request: HttpRequest, one: Team) -> str:
    demand_fresh_login(request)
    collection = _collection(request, one)
    making.begin_deleting(collection, visitor(request))
    return f"The collection {collection.name} is being deleted."


def _put_member(request: HttpRequest, one: Team) -> str:
    user, role = request.POST.get("user", "").strip(), request.POST.get("role", "")
    teams.put_member(one, user, role, visitor(request))
    return f"{user} is {role} in {one}."


def _remove_member(request: HttpRequest, one: Team) -> str:
    member = get_object_or_404(one.members, user__username=request.POST.get("user", ""))
    teams.remove_member(member, visitor(request))
    return f"{member.user} has left {one}."


def _revoke_key(request: HttpRequest, one: Team) -> str:
    key = get_object_or_404(one.keys, name=request.POST.get("key", ""))
    keys.revoke(key, visitor(request))
    return f"The key {key.name} is revoked."


def _make_key(request: HttpRequest, one: Team) -> dict[str, str | None]:
    """The key for the page that answers: a note for the next page would be kept in a cookie."""
    demand_fresh_login(request)
    wanted = request.POST.getlist("may")
    granted = {field: scope in wanted for scope, field in OF_TEAMS.items()}
    if not any(granted.values()):
        raise FormRefused("Choose what the key may do.")
    key = ApiKey(
        name=_key_name(request, one),
        team=one,
        collection=_collection(request, one) if request.POST.get("collection") else None,
        expires_at=_end(request.POST.get("days", "")),
        may_sign=request.POST.get("for_aws") == "yes",
        **granted,
    )
    secret = keys.make(key, visitor(request))
    return {"secret": secret, "access_key": key.access_key, "made": key.name}


def _key_name(request: HttpRequest, one: Team) -> str:
    """Names are the system's. One that begins with the team's tells nothing of others' keys."""
    written = request.POST.get("name", "").strip()
    name = f"{one.name}/{written}"
    if not written or not written.isprintable() or len(name) > LONGEST_KEY_NAME:
        most = LONGEST_KEY_NAME - len(one.name) - 1
        raise FormRefused(f"Give the key a name of up to {most} characters.")
    return name


def _end(days: str) -> datetime | None:
    if not (days := days.strip()):
        return None
    count = number_in(days)
    if not 1 <= count <= MOST_DAYS:
        raise FormRefused(f"Write the days as a number from 1 to {MOST_DAYS}, or leave them out.")
    return timezone.now() + timedelta(days=count)


def _collection(request: HttpRequest, one: Team) -> Collection:
    """The team's collection of the id that was sent. Raises Http404."""
    wanted = request.POST.get("collection", "")
    return get_object_or_404(living().filter(team=one), pk=wanted)


CHANGES: dict[str, Callable[[HttpRequest, Team], str]] = {
    "make-collection": _make_collection,
    "delete-collection": _delete_collection,
    "put-member": _put_member,
    "remove-member": _remove_member,
    "revoke-key": _revoke_key,
}
"""What a form asks for, and what then tells the visitor that it is done."""
REFUSALS = (FormRefused, keys.KeyNameTaken, making.CollectionRefused, teams.TeamRefused)


@require_POST
async def choose(request: HttpRequest) -> HttpResponse:
    """Show another collection from now on. 404 for one out of reach."""
    return await run_in_thread(_choose, request)


def _choose(request: HttpRequest) -> HttpResponse:
    if not may_enter(request):
        return redirect_to_login("/", "admin:login")
    wanted = request.POST.get("collection", "")
    request.session["collection"] = get_object_or_404(reached_on_pages(request), pk=wanted).pk
    return redirect("home")
