"""Teams share a system and see nothing of each other: in the API, on the pages, in storage."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from faceweb.access.callers import issue_key
from faceweb.intake.names import candidate_keys
from faceweb.intake.submission import stored_privately, submit
from faceweb.jobs.departures import task_of
from faceweb.jobs.erasing import expired_pictures
from faceweb.models import (
    ApiKey,
    Collection,
    Face,
    IndexedFace,
    Job,
    JobKind,
    Member,
    Role,
    Subject,
    Team,
    Video,
)
from faceweb.people.erasure.running import begin, go_on
from faceweb.people.faces.known_people import add_people
from faceweb.people.faces.moments import moments_of
from faceweb.videos.deleting import expired_videos
from foundation.collections import collection_of_key, folder_of
from foundation.task_messages import encode_task
from tests.faceweb.people.places import memory_places
from tests.support.factories import make_job, make_settings, make_upload, make_video
from tests.support.fakes import MemoryBucket, RecordingSender
from tests.support.memory_files import MemoryFiles

HTML = {"Accept": "text/html"}

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@dataclass(frozen=True, kw_only=True)
class Party:
    """A team with a collection, a key, a user and a picture of Ann in it."""

    collection: Collection
    key: str
    user: User
    job: Job

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.key}


def party(name: str, role: str = Role.OPERATOR) -> Party:
    team = Team.objects.create(name=name)
    collection = Collection.objects.create(team=team, name="staff")
    key = issue_key(ApiKey(name=name, team=team, may_manage_subjects=True))
    user = User.objects.create_user(name, password="no-secret", is_staff=True)
    Member.objects.create(team=team, user=user, role=role)
    job = make_job(filename=f"{name}.jpg", collection_id=collection.pk, state="succeeded")
    add_people({f"ann-of-{name}": "Ann"}, collection.pk)
    Subject.objects.filter(pk=f"ann-of-{name}").update(examples=1)
    Face.objects.create(
        job=job, number=0, seen_at=job.created_at, left=1, top=1, right=9, bottom=9,
        probability=1, person_id=f"ann-of-{name}",
    )  # fmt: skip
    return Party(collection=collection, key=key, user=user, job=job)


@pytest.fixture
def red() -> Party:
    return party("red")


@pytest.fixture
def blue() -> Party:
    return party("blue")


def logged_in(one: Party) -> Client:
    client = Client()
    client.force_login(one.user)
    return client


@pytest.mark.django_db(transaction=True)
def test_a_key_lists_and_finds_only_its_teams_jobs(red: Party, blue: Party) -> None:
    listed = Client().get("/api/v1/jobs", headers=red.headers).json()["jobs"]
    own = Client().get(f"/api/v1/jobs/{red.job.pk}", headers=red.headers)
    other = Client().get(f"/api/v1/jobs/{blue.job.pk}", headers=red.headers)
    deleted = Client().delete(f"/api/v1/jobs/{blue.job.pk}", headers=red.headers)
    of_person = Client().get("/api/v1/jobs?person=ann-of-blue", headers=red.headers)

    assert [one["filename"] for one in listed] == ["red.jpg"]
    assert (own.status_code, other.status_code, deleted.status_code) == (200, 404, 404)
    assert of_person.json()["jobs"] == []
    assert Job.objects.filter(pk=blue.job.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_another_teams_collection_is_none_for_a_key(red: Party, blue: Party) -> None:
    Collection.objects.create(team=blue.collection.team, name="secret")

    asked = Client().get("/api/v1/jobs?collection=secret", headers=red.headers)
    default = Client().get("/api/v1/jobs?collection=default", headers=red.headers)

    assert (asked.status_code, default.status_code) == (404, 404)
    assert "no collection 'secret'" in asked.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_team_of_several_collections_says_which(red: Party) -> None:
    Collection.objects.create(team=red.collection.team, name="guests")

    unsaid = Client().get("/api/v1/jobs", headers=red.headers)
    said = Client().get("/api/v1/jobs?collection=guests", headers=red.headers)

    assert (unsaid.status_code, said.status_code) == (404, 200)
    assert "?collection=NAME" in unsaid.json()["detail"]


@pytest.mark.parametrize("address", ["/", "/history", "/people", "/unknown"])
@pytest.mark.django_db(transaction=True)
def test_pages_show_a_user_only_their_team(
    address: str, red: Party, blue: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faceweb.people.subjects import Subjects

    monkeypatch.setattr(Subjects, "refresh_rows", lambda self: None)
    monkeypatch.setattr(Subjects, "gallery", lambda self: None)
    page = logged_in(red).get(address)

    assert page.status_code == 200
    assert b"blue" not in page.content
    if address == "/history":
        assert b"red.jpg" in page.content


@pytest.mark.django_db(transaction=True)
def test_a_page_of_another_team_is_not_there(red: Party, blue: Party) -> None:
    client = logged_in(red)
    parts = ("", "/picture", "/thumbnail", "/face/0", "/faces")

    html = {"Accept": "text/html"}
    found = {client.get(f"/jobs/{blue.job.pk}{part}", headers=html).status_code for part in parts}

    assert found == {404}


@pytest.mark.django_db(transaction=True)
def test_the_fleet_and_its_metrics_are_no_teams(red: Party) -> None:
    assert logged_in(red).get("/fleet").status_code == 403
    assert logged_in(red).post("/fleet/burst").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_viewer_changes_nothing(blue: Party) -> None:
    viewer = party("green", Role.VIEWER)

    assert logged_in(viewer).post("/batches", {"expected": "1"}).status_code == 403
    assert logged_in(blue).post("/batches", {"expected": "1"}).status_code == 201


def test_an_object_lies_in_its_collections_folder(red: Party) -> None:
    bucket: Any = MemoryBucket()
    collection = red.collection.pk
    send = RecordingSender()

    job = submit(make_upload(), uuid.UUID(int=7), bucket, send, collection=collection)
    [private] = stored_privately(
        JobKind.EMBED, uuid.UUID(int=8), bucket, make_upload(), collection=collection
    )

    assert job.input_key.startswith(folder_of(collection))
    assert job.output_key.startswith(folder_of(collection))
    assert collection_of_key(private.input_key) == collection
    assert {job.collection_id, private.collection_id} == {collection}


@pytest.mark.parametrize("name", ["collections/abcdefabcdef/a.jpg", "../a.jpg", "collections"])
def test_no_filename_leads_into_a_collection(name: str) -> None:
    from faceweb.intake.names import safe_filename

    for key, answer in candidate_keys(safe_filename(name), "0" * 64):
        assert collection_of_key(key) == collection_of_key(answer) == "default"


def test_a_message_is_small_in_any_collection() -> None:
    job = make_job(
        collection_id="a" * 12,
        input_key=f"collections/{'a' * 12}/{'n' * 60}.jpg",
        output_key=f"collections/{'a' * 12}/{'n' * 60}",
        options={"threshold": 0.91},
    )
    before = make_job(input_key=f"{'n' * 60}.jpg", output_key="n" * 60, options=job.options)
    tasks = [task_of(one) for one in (job, before)]
    sizes = [
        len(encode_task(one.name, one.named, str(one.job_id), "faceweb-req-queue")) for one in tasks
    ]

    assert tasks[0].name == "recognise"
    assert "collection" not in tasks[0].named
    assert sizes[0] - sizes[1] < 110


@pytest.mark.django_db(transaction=True)
def test_metrics_of_a_team_are_of_its_own_collections(red: Party, blue: Party) -> None:
    def exposed(**fields: object) -> str:
        key = issue_key(ApiKey(name=str(fields), may_read_fleet=True, **fields))
        return Client().get("/metrics", headers={"X-API-Key": key}).content.decode()

    ours, everything = exposed(team=red.collection.team), exposed()

    assert 'faceweb_collection_people{collection="staff",team="red"} 1.0' in ours
    assert "blue" not in ours
    assert "faceweb_queue_messages" not in ours
    assert 'faceweb_collection_people{collection="staff",team="blue"} 1.0' in everything


@pytest.mark.django_db(transaction=True)
def test_a_teams_key_is_told_nothing_of_the_fleet(red: Party) -> None:
    key = issue_key(ApiKey(name="watcher", team=red.collection.team, may_read_fleet=True))

    assert Client().get("/api/v1/fleet", headers={"X-API-Key": key}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_chooser_is_shown_where_there_are_several(red: Party, blue: Party) -> None:
    client = logged_in(red)
    before = client.get("/unknown").content.decode()
    more = Collection.objects.create(team=red.collection.team, name="guests")
    after = client.get("/unknown").content.decode()
    chosen = client.post("/collections/choose", {"collection": more.pk})
    others = client.post("/collections/choose", {"collection": blue.collection.pk})

    assert "choose" not in before
    assert "red: guests" in after
    assert "blue" not in after
    assert (chosen.status_code, others.status_code) == (302, 404)
    assert "red.jpg" not in client.get("/history").content.decode()


@pytest.mark.django_db(transaction=True)
def test_videos_are_seen_in_their_collection_alone(red: Party, blue: Party) -> None:
    ours, theirs = (
        make_video(filename=f"{name}.mp4", collection_id=one.collection.pk, state="succeeded")
        for name, one in (("red", red), ("blue", blue))
    )
    make_video(filename="default.mp4", state="succeeded")
    client = logged_in(red)

    listed = Client().get("/api/v1/videos", headers=red.headers).json()["videos"]
    for path, headers in ((f"/api/v1/videos/{theirs.pk}", {}), (f"/videos/{theirs.pk}", HTML)):
        assert Client().get(path, headers=red.headers | headers).status_code in (302, 404)
        assert client.get(path, headers=headers).status_code in (401, 404)
    deleted = Client().delete(f"/api/v1/videos/{theirs.pk}", headers=red.headers)

    assert [one["filename"] for one in listed] == ["red.mp4"]
    assert Client().get(f"/videos/{ours.pk}", headers=red.headers).json()["filename"] == "red.mp4"
    assert client.get(f"/videos/{ours.pk}", headers=HTML).status_code == 200
    assert deleted.status_code == 404 and Video.objects.filter(pk=theirs.pk).exists()
    for page in ("/videos", "/history?of=videos"):
        shown = client.get(page).content.decode()
        assert "red.mp4" in shown
        assert "blue.mp4" not in shown and "default.mp4" not in shown


@pytest.mark.django_db(transaction=True)
def test_a_persons_page_shows_the_pictures_of_their_collection(red: Party) -> None:
    moments, _ = moments_of("ann-of-red", None, True, True, red.collection.pk)

    assert [one.row.filename for one in moments] == ["red.jpg"]


def test_a_collection_keeps_videos_as_long_as_it_says(red: Party) -> None:
    Collection.objects.filter(pk=red.collection.pk).update(retention_days_history=7)
    video = make_video(collection_id=red.collection.pk, state="succeeded")
    make_video(state="succeeded")

    found = expired_videos(make_settings(), video.created_at + timedelta(days=10))

    assert [one.pk for one in found] == [video.pk]


def test_a_collection_keeps_pictures_as_long_as_it_says(red: Party, blue: Party) -> None:
    Collection.objects.filter(pk=red.collection.pk).update(retention_days_pictures=7)
    Collection.objects.filter(pk=blue.collection.pk).update(retention_days_pictures=0)
    now = red.job.created_at + timedelta(days=10)
    make_job(filename="default.jpg", state="succeeded")

    for days, expected in ((0, {"red.jpg"}), (30, {"red.jpg"}), (5, {"red.jpg", "default.jpg"})):
        settings = make_settings(retention_days_pictures=days)
        assert {job.filename for job in expired_pictures(settings, now)} == expected


@pytest.mark.django_db(transaction=True)
def test_erasing_somebody_leaves_their_namesake_of_another_team(red: Party, blue: Party) -> None:
    answered = [
        make_job(result="Ann", state="succeeded", collection_id=one.collection.pk)
        for one in (red, blue)
    ]
    for one, name in ((red, "red"), (blue, "blue")):
        IndexedFace.objects.create(
            face_id=f"face-of-{name}", collection=one.collection, person_id=f"ann-of-{name}",
            example_id="e", image_id="i", external_image_id="Ann", left=0, top=0, width=1,
            height=1, confidence=99, model="dlib",
        )  # fmt: skip
    places = memory_places(MemoryFiles())

    go_on(begin("ann-of-red", "tester", False, places), places)

    assert [Job.objects.get(pk=one.pk).result for one in answered] == ["erased", "Ann"]
    names = dict(Subject.objects.values_list("pk", "name"))
    assert names == {"ann-of-red": "", "ann-of-blue": "Ann"}
    assert [one.face_id for one in IndexedFace.objects.all()] == ["face-of-blue"]
