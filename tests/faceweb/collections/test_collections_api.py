"""Collections by the API: made, listed, changed, deleted with everything in them."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from faceweb.access.callers import Caller, issue_key
from faceweb.api.collections import list_collections
from faceweb.collections import deleting
from faceweb.collections.deleting import go_on
from faceweb.collections.limits import CollectionFull, check_room
from faceweb.models import ApiKey, Collection, Face, Job, Subject, Team, Video
from faceweb.people.faces.known_people import add_people
from tests.faceweb.videos.buckets import MemoryVideoBuckets
from tests.support.factories import make_gallery_files, make_job, make_settings, make_video
from tests.support.fakes import MemoryBucket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

ADDRESS = "/api/v1/collections"
JSON = "application/json"


@pytest.fixture
def headers() -> dict[str, str]:
    team = Team.objects.create(name="red")
    return {"X-API-Key": issue_key(ApiKey(name="red", team=team, may_manage_collections=True))}


def made(headers: dict[str, str], **values: object) -> Any:
    return Client().post(ADDRESS, values, content_type=JSON, headers=headers)


def test_a_collection_is_made_changed_and_listed_by_page(headers: dict[str, str]) -> None:
    first = made(headers, name="staff", most_people=3)
    made(headers, name="guests")
    again = made(headers, name="staff")
    changed = Client().patch(
        f"{ADDRESS}/staff", {"threshold": 0.8}, content_type=JSON, headers=headers
    )
    page = Client().get(f"{ADDRESS}?limit=1", headers=headers).json()
    rest = Client().get(f"{ADDRESS}?limit=1&after={page['next']}", headers=headers).json()

    assert (first.status_code, again.status_code) == (201, 409)
    assert (changed.json()["threshold"], changed.json()["most_people"]) == (0.8, 3)
    names = [one["name"] for part in (page, rest) for one in part["collections"]]
    assert (names, rest["next"]) == (["guests", "staff"], None)


def test_a_list_of_many_takes_no_more_queries_than_one_of_few(
    headers: dict[str, str], django_assert_num_queries: Any
) -> None:
    team = Team.objects.get()
    Collection.objects.bulk_create(Collection(team=team, name=f"c{number}") for number in range(9))
    request: Any = SimpleNamespace(auth=Caller(name="red", scopes=frozenset(), team=team.pk))

    with django_assert_num_queries(2):
        listed: Any = list_collections(request, None, 100)

    assert len(listed["collections"]) == 9


def test_two_teams_may_use_one_name(headers: dict[str, str]) -> None:
    other = Team.objects.create(name="blue")
    key = issue_key(ApiKey(name="blue", team=other, may_manage_collections=True))

    assert made(headers, name="staff").status_code == 201
    assert made({"X-API-Key": key}, name="staff").status_code == 201
    assert Client().delete(f"{ADDRESS}/staff", headers=headers).status_code == 202
    assert Client().get(f"{ADDRESS}/staff", headers={"X-API-Key": key}).status_code == 200


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "x" * 256])
def test_a_name_is_plain(name: str, headers: dict[str, str]) -> None:
    assert made(headers, name=name).status_code == 422


def test_the_default_collection_stays(headers: dict[str, str]) -> None:
    system = {"X-API-Key": issue_key(ApiKey(name="system", may_manage_collections=True))}
    Collection.objects.get_or_create(pk="default", defaults={"name": "default"})

    assert Client().delete(f"{ADDRESS}/default", headers=system).status_code == 409
    assert Client().delete(f"{ADDRESS}/default", headers=headers).status_code == 404


def test_a_deleted_collection_leaves_nothing_and_touches_no_other(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(headers, name="staff")
    collection = Collection.objects.get(name="staff")
    bound = issue_key(ApiKey(name="bound", team=collection.team, collection=collection))
    job, other = make_job(collection_id=collection.pk, state="succeeded"), make_job()
    add_people({"ann": "Ann"}, collection.pk)
    add_people({"bob": "Bob"})
    Face.objects.create(
        job=job, number=0, seen_at=job.created_at, left=1, top=1, right=9, bottom=9,
        probability=1, person_id="ann",
    )  # fmt: skip
    bucket = MemoryBucket()
    folder = f"collections/{collection.pk}/"
    for key in (f"{folder}gallery/manifest.json", f"{folder}a.jpg", "gallery/manifest.json"):
        bucket.objects[key] = b"content"
    for name in ("gallery_bucket", "in_bucket", "out_bucket"):
        monkeypatch.setattr(deleting, name, lambda _: bucket)
    films = MemoryVideoBuckets()
    video, kept = make_video(collection_id=collection.pk), make_video()
    for one in (video, kept):
        films.answer(one.key, ["Ann"])
    monkeypatch.setattr(deleting, "video_buckets", lambda _: films.all)

    Client().delete(f"{ADDRESS}/staff", headers=headers)
    refused = Client().get("/api/v1/jobs", headers={"X-API-Key": bound})
    go_on(make_settings(), timezone.now())
    go_on(make_settings(), timezone.now() + timedelta(minutes=3))

    assert refused.status_code == 401
    assert list(bucket.objects) == ["gallery/manifest.json"]
    assert films.keys and all(key.startswith("sent/") for key in films.keys)
    assert list(Video.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(Job.objects.values_list("pk", flat=True)) == [other.pk]
    assert list(Subject.objects.values_list("pk", flat=True)) == ["bob"]
    left = Collection.objects.get(pk=collection.pk)
    assert (left.name, left.emptied_at is not None) == (collection.pk, True)


def test_a_full_collection_says_so() -> None:
    limits = Collection.objects.create(name="small", most_people=2, most_examples=5)
    from recognition.gallery.gallery import Gallery

    gallery = Gallery.open(make_gallery_files())
    assert gallery is not None

    check_room("default", gallery, 1_000, 1_000)
    check_room(limits.pk, None, 2, 2)
    with pytest.raises(CollectionFull, match="2 people"):
        check_room(limits.pk, gallery, 1, 1)
