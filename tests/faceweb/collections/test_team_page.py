"""The page on which owners of a team look after its collections, members and keys."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from faceweb.models import ApiKey, AuditEntry, Collection, Member, Role, Team
from faceweb.pages.access import LOGGED_IN_AT
from foundation.collections import DEFAULT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
HTML = {"Accept": "text/html"}


@pytest.fixture
def doors() -> Team:
    return Team.objects.create(name="doors")


@pytest.fixture
def owner(doors: Team) -> Client:
    return logged_in(member(doors, "olga", Role.OWNER))


def user_named(name: str, **fields: Any) -> User:
    return User.objects.create_user(name, password="no-secret", is_staff=True, **fields)


def member(team: Team, name: str, role: str) -> User:
    user = user_named(name)
    Member.objects.create(team=team, user=user, role=role)
    return user


def logged_in(user: User, ago: float = 0) -> Client:
    client = Client(headers=HTML)
    client.force_login(user)
    session = client.session
    session[LOGGED_IN_AT] = time.time() - ago
    session.save()
    return client


def ask(client: Client, team: Team, do: str, **fields: Any) -> Any:
    """The page that answers a form, after its redirect."""
    return client.post(f"/teams/{team.pk}", {"do": do, **fields}, follow=True)


def roles(team: Team) -> dict[str, str]:
    return dict(team.members.values_list("user__username", "role"))


def test_an_owner_sees_the_team_and_finds_it_in_the_menu(owner: Client, doors: Team) -> None:
    Collection.objects.create(team=doors, name="staff")

    listed, shown = owner.get("/teams"), owner.get(f"/teams/{doors.pk}")

    assert f'href="/teams/{doors.pk}"' in listed.text
    assert 'href="/teams"' in shown.text
    assert "staff" in shown.text
    assert "olga" in shown.text
    assert "New team" not in listed.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_members_who_are_no_owners_get_nothing(role: str, doors: Team) -> None:
    client = logged_in(member(doors, "vera", role))

    answers = [client.get("/teams"), client.get(f"/teams/{doors.pk}")]
    asked = ask(client, doors, "put-member", user="vera", role="owner")

    assert [one.status_code for one in (*answers, asked)] == [403, 404, 404]
    assert roles(doors) == {"vera": role}
    assert 'href="/teams"' not in client.get("/").text


def test_another_teams_owner_finds_nothing_of_it(owner: Client, doors: Team) -> None:
    gates = Team.objects.create(name="gates")
    secret = Collection.objects.create(team=gates, name="secret")
    key = ApiKey.objects.create(name="gates/robot", team=gates, prefix="efr_x", hash="x")

    page = owner.get(f"/teams/{gates.pk}")
    asked = [
        ask(owner, gates, "make-key", name="k", may="recognise"),
        ask(owner, doors, "delete-collection", collection=secret.pk),
        ask(owner, doors, "make-key", name="k", may="recognise", collection=secret.pk),
        ask(owner, doors, "revoke-key", key=key.name),
    ]

    assert {one.status_code for one in (page, *asked)} == {404}
    assert "gates" not in owner.get("/teams").text
    assert ApiKey.objects.get().revoked_at is None
    assert Collection.objects.get(pk=secret.pk).deleted_at is None


def test_members_come_change_and_go(owner: Client, doors: Team) -> None:
    user_named("ann")

    added = ask(owner, doors, "put-member", user="ann", role="viewer")
    ask(owner, doors, "put-member", user="ann", role="operator")
    assert "ann is viewer in doors" in added.text
    assert roles(doors) == {"olga": "owner", "ann": "operator"}

    removed = ask(owner, doors, "remove-member", user="ann")
    assert "ann has left doors" in removed.text
    assert roles(doors) == {"olga": "owner"}
    assert AuditEntry.objects.filter(actor="user olga", action="member removed").exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"do": "put-member", "user": "nobody", "role": "viewer"}, "Nobody is called"),
        ({"do": "put-member", "user": "ann", "role": "king"}, "There is no role"),
        ({"do": "put-member", "user": "olga", "role": "viewer"}, "is the only owner of doors"),
        ({"do": "remove-member", "user": "olga"}, "is the only owner of doors"),
        ({"do": "make-collection", "name": "a b"}, "has letters, digits"),
        ({"do": "make-collection", "name": "staff"}, "There is a collection"),
        ({"do": "make-key", "name": "k"}, "Choose what the key may do"),
        ({"do": "make-key", "name": "", "may": "recognise"}, "Give the key a name"),
        ({"do": "make-key", "name": "n" * 95, "may": "recognise"}, "up to 94 characters"),
        ({"do": "make-key", "name": "robot", "may": "recognise"}, "There is a key"),
        ({"do": "make-key", "name": "k", "may": "recognise", "days": "x"}, "from 1 to 36500"),
        (
            {"do": "make-key", "name": "k", "may": "recognise", "days": "000000001" + "9" * 9},
            "from 1 to 36500",
        ),
        ({"do": "make-key", "name": "k", "may": "fleet"}, "Choose what the key may do"),
    ],
)
def test_a_form_that_is_wrong_is_told_so(
    fields: dict[str, str], told: str, owner: Client, doors: Team
) -> None:
    user_named("ann")
    Collection.objects.create(team=doors, name="staff")
    ApiKey.objects.create(name="doors/robot", team=doors, prefix="efr_x", hash="x")

    answer = ask(owner, doors, **fields)

    assert answer.status_code == 200
    assert told in answer.text
    assert roles(doors) == {"olga": "owner"}
    assert (ApiKey.objects.count(), Collection.objects.filter(team=doors).count()) == (1, 1)


def test_a_key_is_shown_once_works_and_is_revoked(owner: Client, doors: Team) -> None:
    staff = Collection.objects.create(team=doors, name="staff")
    Collection.objects.create(team=doors, name="guests")

    made = ask(
        owner, doors, "make-key", name="robot", may=["recognise"], collection=staff.pk, days="7"
    )
    found = re.search(r"<code>(efr_\S{40,})</code>", made.text)
    assert found
    listed = lambda: Client().get("/api/v1/collections", headers={"X-API-Key": found[1]})  # noqa: E731

    assert [one["name"] for one in listed().json()["collections"]] == ["staff"]
    assert found[1] not in owner.get(f"/teams/{doors.pk}").text
    assert made["Cache-Control"] == "private, no-store"

    ask(owner, doors, "revoke-key", key="doors/robot")
    assert listed().status_code == 401


def test_a_collection_is_made_and_deleted(owner: Client, doors: Team) -> None:
    ask(owner, doors, "make-collection", name="staff")
    made = Collection.objects.get(team=doors)
    assert made.name == "staff"

    ask(owner, doors, "delete-collection", collection=made.pk)
    assert Collection.objects.get(team=doors).deleted_at is not None


@pytest.mark.parametrize("do", ["delete-collection", "make-key"])
def test_what_lasts_needs_a_fresh_login(do: str, doors: Team) -> None:
    client = logged_in(member(doors, "olga", Role.OWNER), ago=3600)
    staff = Collection.objects.create(team=doors, name="staff")

    answer = ask(client, doors, do, collection=staff.pk, name="robot", may="recognise")

    assert answer.status_code == 403
    assert "log out and in again" in answer.text
    assert not ApiKey.objects.exists()
    assert Collection.objects.get(pk=staff.pk).deleted_at is None


def test_an_owner_who_gives_the_team_away_leaves_its_page(owner: Client, doors: Team) -> None:
    member(doors, "otto", Role.OWNER)

    left = ask(owner, doors, "remove-member", user="olga")

    assert left.redirect_chain == [("/", 302)]
    assert roles(doors) == {"otto": "owner"}


def test_administrators_make_teams_and_see_all(owner: Client, doors: Team) -> None:
    chief = logged_in(user_named("chief", is_superuser=True))

    made = chief.post("/teams", {"name": "gates"}, follow=True)
    again = chief.post("/teams", {"name": "gates"}, follow=True)

    assert made.status_code == 200
    assert "There is a team" in again.text
    assert chief.get(f"/teams/{doors.pk}").status_code == 200
    assert owner.post("/teams", {"name": "mine"}).status_code == 403


def test_somebody_without_a_login_is_sent_to_log_in(doors: Team) -> None:
    answer = Client().get(f"/teams/{doors.pk}")

    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


REFUSED = {"team": ("", " ", "a\x07b", "doors"), "collection": ("", "..", "front door", "ä")}


@pytest.mark.parametrize(
    ("what", "name"), [(what, one) for what in REFUSED for one in REFUSED[what]]
)
def test_the_administration_refuses_the_names_that_pages_refuse(
    doors: Team, what: str, name: str
) -> None:
    chief = logged_in(user_named("chief", is_superuser=True))
    path = f"/admin/faceweb/{what}/add/"
    inline = {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}

    refused = chief.post(path, {"name": name, **inline})
    taken = chief.post(path, {"name": " gates" if what == "team" else "gates", **inline})

    assert (refused.status_code, taken.status_code) == (200, 302)
    assert "errorlist" in refused.text
    model = {"team": Team, "collection": Collection}[what]
    assert set(model.objects.values_list("name", flat=True)) <= {"doors", "gates", "default"}


def test_the_default_collection_is_only_seen_in_the_administration() -> None:
    Collection.objects.get_or_create(pk=DEFAULT, defaults={"name": DEFAULT})
    chief = logged_in(user_named("chief", is_superuser=True))
    path = "/admin/faceweb/collection/default/change/"

    assert 'name="_save"' not in chief.get(path).text
    assert chief.post(path, {"name": "other"}).status_code == 403


@pytest.mark.parametrize("change", [{"role": Role.VIEWER}, {"DELETE": "on"}])
def test_the_admin_leaves_a_team_its_last_owner(
    admin_client: Client, owner: Client, doors: Team, change: dict[str, str]
) -> None:
    olga = doors.members.get()
    row = {"id": olga.pk, "team": doors.pk, "user": olga.user_id, "role": Role.OWNER, **change}
    form = {"name": "doors", "members-TOTAL_FORMS": 1, "members-INITIAL_FORMS": 1}
    form |= {f"members-0-{field}": value for field, value in row.items()}
    place = reverse("admin:faceweb_team_change", args=[doors.pk])

    refused = admin_client.post(place, form)

    assert "A team keeps an owner" in refused.text
    assert roles(doors) == {"olga": "owner"}
    Member.objects.create(team=doors, user=user_named("ann"), role=Role.OWNER)
    assert admin_client.post(place, form).status_code == 302
    assert roles(doors).get("olga") != "owner"
