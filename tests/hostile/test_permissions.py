"""A user without permissions sees and changes nothing; a viewer changes nothing; keys end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from faceweb import views
from faceweb.access import identity
from faceweb.access.callers import KeyRefused, Scope, caller_of_key, issue_key, scopes_of_user
from faceweb.access.permissions import OPERATOR, ROLES, VIEWER, make_roles
from faceweb.models import (
    ApiKey,
    AuditEntry,
    Collection,
    Erasure,
    Job,
    Subject,
    Team,
    Video,
)
from faceweb.pages import access, compare, history, recognise, videos
from faceweb.people import subjects
from faceweb.server import admission
from tests.support.factories import make_job, make_settings, make_video, picture_bytes
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
JOB, VIDEO = uuid.UUID(int=1), uuid.UUID(int=2)
FORM = {"name": "Ann", "do": "rename", "face": "0"}

LOOKED_AT = [
    f"/jobs/{JOB}", f"/jobs/{JOB}/thumbnail", f"/jobs/{JOB}/picture", f"/jobs/{JOB}/face/0",
    f"/jobs/{JOB}/faces", "/people/names", f"/batches/{JOB}", f"/batches/{JOB}/pictures.csv",
    "/history", "/history?of=videos", "/people", "/people/1", "/people/1/picture",
    "/people/1/picture/2", "/unknown", "/videos", f"/videos/{VIDEO}", f"/videos/{VIDEO}/frames/0",
    "/fleet", "/fleet/history", "/compare",
    "/unknown/dismissed", f"/videos/{VIDEO}/film", f"/videos/{VIDEO}/frames/0/picture",
    f"/videos/{VIDEO}/frames/0/faces", f"/videos/{VIDEO}/frames/0/faces/0",
]  # fmt: skip
CHANGED = [
    "/recognise", "/faces/say", "/faces/undo", "/people/added", "/batches",
    f"/batches/{JOB}/pictures", f"/batches/{JOB}/change", "/people/1", "/videos",
    f"/videos/{VIDEO}/delete", "/compare/one/picture",
    "/fleet/burst",
    "/unknown/merge", "/unknown/dismissed/again",
]  # fmt: skip
ADMIN = [
    f"/admin/{app}/{model}/" for app, model in (
        ("faceweb", "job"), ("faceweb", "video"), ("faceweb", "subject"), ("faceweb", "apikey"),
        ("faceweb", "examplepicture"), ("faceweb", "deadletter"), ("faceweb", "webhook"),
        ("faceweb", "auditentry"), ("scaler", "look"), ("faceweb", "job/retention"),
    )
]  # fmt: skip


@pytest.fixture(autouse=True)
def keys_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logins are asked for. Views run in the test's thread: they see what it has written."""
    for module in (access, identity):
        monkeypatch.setattr(module, "get_settings", lambda: make_settings(require_api_key=True))
    for module in (access, identity, admission, compare, recognise, videos, views):
        monkeypatch.setattr(module, "run_in_thread", in_this_thread)


async def in_this_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    return await sync_to_async(function)(*arguments)


@pytest.fixture
def client_of(client: Client) -> Callable[..., Client]:
    """Logs a staff user in who has the permissions, or the role, of these names."""

    def log_in(*permissions: str, role: str = "") -> Client:
        user = User.objects.create_user("ann", password="x", is_staff=True)
        for name in permissions:
            label, _, codename = name.partition(".")
            wanted = {"content_type__app_label": label, "codename": codename}
            user.user_permissions.add(Permission.objects.get(**wanted))
        if role:
            make_roles(Group.objects, Permission.objects)
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return log_in


@pytest.mark.parametrize("path", LOOKED_AT)
def test_a_user_without_permissions_sees_nothing(
    path: str, client_of: Callable[..., Client]
) -> None:
    make_job(id=JOB, filename="secret.jpg")
    make_video(id=VIDEO, filename="secret.mp4")

    answer = client_of().get(path, headers={"accept": "text/html"})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert b"secret" not in answer.content and b"administrator can give you" in answer.content


def test_a_stream_of_events_asks_for_the_permission(client_of: Callable[..., Client]) -> None:
    assert client_of("faceweb.view_job").get("/fleet/events").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("path", CHANGED)
@pytest.mark.parametrize("role", ["", "viewer"])
def test_neither_such_a_user_nor_a_viewer_changes_anything(
    path: str, role: str, client_of: Callable[..., Client]
) -> None:
    make_job(id=JOB)
    make_video(id=VIDEO)

    answer = client_of(role=role).post(path, FORM)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert (Job.objects.count(), Video.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/people/1", {"do": "erase"}),
        ("/admin/faceweb/apikey/add/", {"name": "program", "requests_per_minute": "60"}),
    ],
)
def test_what_cant_be_undone_needs_a_login_of_the_last_minutes(
    path: str, form: dict[str, str], client_of: Callable[..., Client]
) -> None:
    """Whoever finds an open browser erases nobody, and takes no key away."""
    Subject.objects.create(person_id="1", name="Ann", name_key="ann", examples=1)
    client = client_of("faceweb.add_apikey", role="operator")
    session = client.session
    session[access.LOGGED_IN_AT] -= access.FRESH_SECONDS + 1
    session.save()

    answer = client.post(path, form)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert b"log out and in again" in answer.content
    assert not Erasure.objects.exists() and not ApiKey.objects.exists()


@pytest.mark.parametrize("path", [*LOOKED_AT, *CHANGED])
def test_nobody_comes_in_without_a_login(path: str, client: Client) -> None:
    make_job(id=JOB, filename="secret.jpg")
    send = client.post if path in CHANGED and path not in LOOKED_AT else client.get

    answer = send(path, headers={"accept": "text/html"})

    assert answer.status_code in (302, 401, 403) and b"secret" not in answer.content


@pytest.mark.parametrize("path", ADMIN)
def test_the_admin_asks_for_the_same(path: str, client_of: Callable[..., Client]) -> None:
    assert client_of().get(path).status_code == HTTPStatus.FORBIDDEN


def test_the_first_page_shows_no_job_and_takes_no_picture_without_permission(
    client_of: Callable[..., Client],
) -> None:
    make_job(filename="secret.jpg")

    page = client_of().get("/").content.decode()

    assert "secret" not in page and "inputFile" not in page.replace("curl -F inputFile", "")
    assert 'href="/people"' not in page and 'href="/history"' not in page


def test_a_viewer_sees_no_way_to_change(client_of: Callable[..., Client]) -> None:
    client = client_of(role="viewer")
    video = make_video()

    page = client.get(f"/videos/{video.pk}", headers={"accept": "text/html"}).content.decode()

    assert video.filename in page and "Delete this video" not in page
    assert "secret" not in client.get("/history").content.decode()


def test_roles_differ_by_what_they_may_change() -> None:
    assert all("view_" in permission for permission in VIEWER)
    assert VIEWER < OPERATOR
    assert not any("apikey" in one or "auditentry" in one for one in OPERATOR)


def test_a_role_that_an_administrator_changed_stays_so() -> None:
    make_roles(Group.objects, Permission.objects)
    Group.objects.get(name="viewer").permissions.clear()

    make_roles(Group.objects, Permission.objects)

    assert not Group.objects.get(name="viewer").permissions.exists()
    assert Group.objects.filter(name__in=ROLES).count() == 2


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("", set()),
        ("viewer", {Scope.FLEET}),
        ("operator", {Scope.RECOGNISE, Scope.SUBJECTS, Scope.FLEET, Scope.EMBEDDINGS}),
    ],
)
def test_a_user_who_logged_in_has_the_scopes_of_the_role(
    role: str, scopes: set[Scope], client_of: Callable[..., Client]
) -> None:
    client_of(role=role)

    assert scopes_of_user(User.objects.get(), "default") == scopes


@pytest.mark.parametrize(
    ("fields", "address", "is_valid"),
    [
        ({}, "198.51.100.1", True),
        ({"expires_at": NOW + timedelta(seconds=1)}, "198.51.100.1", True),
        ({"expires_at": NOW}, "198.51.100.1", False),
        ({"revoked_at": NOW}, "198.51.100.1", False),
        ({"addresses": "192.0.2.0/24"}, "192.0.2.7", True),
        ({"addresses": "192.0.2.0/24"}, "::ffff:192.0.2.7", True),
        ({"addresses": "192.0.2.0/24, 2001:db8::/32"}, "2001:db8::7", True),
        ({"addresses": "192.0.2.7"}, "192.0.2.8", False),
        ({"addresses": "192.0.2.7"}, "", False),
        ({"addresses": "192.0.2.7"}, "unix:", False),
    ],
)
def test_a_key_ends_and_is_bound(fields: dict[str, Any], address: str, is_valid: bool) -> None:
    secret = issue_key(ApiKey(name="camera", **fields))

    if is_valid:
        assert caller_of_key(secret, address, NOW).name == "key camera"
    else:
        with pytest.raises(KeyRefused, match="unknown, revoked, expired, for another address"):
            caller_of_key(secret, address, NOW)


@pytest.mark.parametrize("text", ["example.org", "192.0.2.0/33", "192.0.2.7; 192.0.2.8"])
def test_a_key_s_addresses_are_checked_by_the_form(text: str) -> None:
    with pytest.raises(ValidationError, match="192"):
        ApiKey(name="camera", prefix="a", hash="b", addresses=text).full_clean()


def test_a_key_gets_no_collection_of_another_team(admin_client: Client) -> None:
    red, blue = (Team.objects.create(name=name) for name in ("red", "blue"))
    theirs = Collection.objects.create(team=blue, name="staff")
    form = {"name": "camera", "may_recognise": "on", "requests_per_minute": 60}

    for team in (red.pk, ""):
        bound = {"team": team, "collection": theirs.pk}
        answer = admin_client.post("/admin/faceweb/apikey/add/", form | bound)
        assert "not the team&#x27;s" in answer.content.decode()

    assert not ApiKey.objects.exists()
    admin_client.post("/admin/faceweb/apikey/add/", form | {**bound, "team": blue.pk})
    assert ApiKey.objects.get().collection == theirs


def test_a_new_key_is_in_no_cookie_and_in_no_session(admin_client: Client) -> None:
    form = {"name": "camera", "may_recognise": "on", "requests_per_minute": 60}

    answer = admin_client.post("/admin/faceweb/apikey/add/", form)

    secret = answer.content.decode().partition("shown only now: <code>")[2].partition("<")[0]
    assert caller_of_key(secret, "192.0.2.7").name == "key camera"
    assert "no-store" in answer["Cache-Control"]
    assert not any(secret in morsel.value for morsel in admin_client.cookies.values())
    assert secret not in str(dict(admin_client.session))
    assert "messages" not in admin_client.cookies


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_every_change_of_a_key_is_in_the_audit_log(admin_client: Client) -> None:
    form = {"name": "camera", "may_recognise": "on", "requests_per_minute": 60}
    admin_client.post("/admin/faceweb/apikey/add/", form)
    key = ApiKey.objects.get()
    admin_client.post(
        f"/admin/faceweb/apikey/{key.pk}/change/", {**form, "may_manage_subjects": "on"}
    )
    chosen = {"action": "revoke", "_selected_action": [key.pk]}
    admin_client.post("/admin/faceweb/apikey/", chosen)

    made, changed_then, revoked = (one for one in actions() if "key" in one)
    assert (made, changed_then, revoked) == ("API key made", "API key changed", "API key revoked")
    changed = AuditEntry.objects.get(action="API key changed")
    assert changed.detail == {"changed": ["may_manage_subjects"]}


@pytest.mark.parametrize(
    ("path", "action", "subject"),
    [
        (f"/jobs/{JOB}", "job seen", str(JOB)),
        (f"/jobs/{JOB}/thumbnail", "picture seen", str(JOB)),
        ("/history", "jobs listed", ""),
        ("/history?of=videos", "videos listed", ""),
        ("/videos", "videos listed", ""),
        (f"/videos/{VIDEO}", "video seen", str(VIDEO)),
        ("/admin/faceweb/job/", "jobs listed", ""),
        (f"/admin/faceweb/job/{JOB}/change/", "job seen", str(JOB)),
        ("/admin/faceweb/video/", "videos listed", ""),
        ("/admin/faceweb/webhook/", "webhooks listed", ""),
    ],
)
def test_every_look_is_in_the_audit_log(
    path: str, action: str, subject: str, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(id=JOB)
    make_video(id=VIDEO)
    bucket = type("Bucket", (), {"get": lambda self, key: picture_bytes()})()
    monkeypatch.setattr(history, "bucket_of", lambda *_: bucket)

    for _ in range(2):
        assert admin_client.get(path, headers={"accept": "text/html"}).status_code == 200

    entries = AuditEntry.objects.filter(action=action, subject=subject, actor="user admin")
    assert entries.count() == (1 if subject else 2)  # the same picture again is the same look


def test_a_page_that_follows_its_videos_is_one_look_and_its_header_hides_none(
    admin_client: Client,
) -> None:
    for _ in range(3):
        followed = {"accept": "text/html", "hx-request": "true"}
        assert admin_client.get("/videos", headers=followed).status_code == 200

    assert AuditEntry.objects.filter(action="videos listed", actor="user admin").count() == 1


def test_logins_are_in_the_audit_log_and_no_typed_name_of_a_failed_one(client: Client) -> None:
    User.objects.create_user("ann", password="a long password", is_staff=True)
    for password in ("wrong", "a long password"):
        client.post("/admin/login/", {"username": "ann", "password": password})
    client.post("/admin/logout/")

    assert actions() == ["login failed", "logged in", "logged out"]
    assert AuditEntry.objects.get(action="login failed").actor == "somebody"


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [("correct horse", True), ("elevenchars", False), ("password1234", False)],
)
def test_a_password_is_long_and_not_a_common_one(password: str, is_taken: bool) -> None:
    if is_taken:
        validate_password(password)
    else:
        with pytest.raises(ValidationError):
            validate_password(password)


@pytest.mark.parametrize("path", ["/", "/history", "/people"])
def test_a_page_stays_in_no_cache(
    path: str, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = MemoryFiles()
    monkeypatch.setattr(subjects, "gallery_files", lambda *_: files)

    assert "no-store" in admin_client.get(path)["Cache-Control"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/v1/jobs", f"/api/v1/jobs/{JOB}", f"/jobs/{JOB}", "/none"])
def test_an_answer_of_the_api_stays_in_no_cache(path: str, client: Client) -> None:
    make_job(id=JOB)
    key = issue_key(ApiKey(name="camera"))

    assert "no-store" in client.get(path, headers={"x-api-key": key})["Cache-Control"]
