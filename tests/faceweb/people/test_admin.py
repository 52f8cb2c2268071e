"""People and examples in the admin: a copy of the gallery, whose changes reach the gallery."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from faceweb.administration import people as module
from faceweb.models import ExamplePicture, Subject
from faceweb.people import subjects
from faceweb.people.subjects import Subjects
from recognition.gallery.gallery import Gallery, MemoryFiles, rename_person
from tests.faceweb.people.places import memory_places
from tests.support.factories import make_gallery_files, make_settings
from tests.support.fakes import MemoryBucket

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PEOPLE = "admin:faceweb_subject_changelist"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """The gallery of Paul and Shea, in memory."""
    files, bucket = make_gallery_files(), MemoryBucket()

    def in_memory(settings: Any, actor: str) -> Subjects:
        return Subjects(files, bucket, make_settings(), actor)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "subjects", in_memory)
    monkeypatch.setattr(module, "gallery_files", lambda settings: files)
    places = memory_places(files, bucket)
    monkeypatch.setattr(subjects, "places_of", lambda settings: places)
    return files


def names(files: MemoryFiles) -> list[str]:
    gallery = Gallery.load(files)
    return sorted(person.name for person in gallery.people.values()) if gallery else []


def person(name: str) -> Subject:
    return Subject.objects.get(name=name)


def test_the_list_follows_the_gallery(admin_client: Client, files: MemoryFiles) -> None:
    page = admin_client.get(reverse(PEOPLE)).content.decode()
    assert "Paul" in page and "Shea" in page

    rename_person(files, "Paul", "Pablo")

    page = admin_client.get(reverse(PEOPLE)).content.decode()
    assert "Pablo" in page and "Paul" not in page


def test_a_person_is_found_in_whatever_case(admin_client: Client, files: MemoryFiles) -> None:
    rename_person(files, "Paul", "ÄDELGARD")

    for searched in ("delga", "ädel", "nobody"):
        page = admin_client.get(reverse(PEOPLE), {"q": searched}).content.decode()
        assert ("ÄDELGARD" in page) == (searched != "nobody")
        assert "Shea" not in page


def test_a_person_is_renamed(admin_client: Client, files: MemoryFiles) -> None:
    admin_client.get(reverse(PEOPLE))
    url = reverse("admin:faceweb_subject_change", args=[person("Paul").pk])

    assert "Open the page" in admin_client.get(url).content.decode()
    admin_client.post(url, {"name": "Pablo"})
    taken = admin_client.post(url, {"name": "Shea"}, follow=True).content.decode()

    assert names(files) == ["Pablo", "Shea"]
    assert "is enrolled already" in taken


def test_people_are_merged_and_erased_with_a_receipt(
    admin_client: Client, files: MemoryFiles
) -> None:
    admin_client.get(reverse(PEOPLE))
    both = {"action": "merge", "_selected_action": [person("Paul").pk, person("Shea").pk]}
    admin_client.post(reverse(PEOPLE), both)
    assert len(names(files)) == 1

    admin_client.get(reverse(PEOPLE))
    left = Subject.objects.get(examples__gt=0)
    erase = {"action": "delete_selected", "_selected_action": [left.pk], "post": "yes"}
    page = admin_client.post(reverse(PEOPLE), erase, follow=True).content.decode()

    assert names(files) == []
    assert f"{left.name} was erased: 2 examples" in page
    assert "Receipt" in page


def test_an_example_that_is_deleted_leaves_the_gallery(
    admin_client: Client, files: MemoryFiles
) -> None:
    admin_client.get(reverse(PEOPLE))
    gallery = Gallery.load(files)
    assert gallery is not None
    paul = person("Paul").pk
    example = subjects.galleries.example_id(gallery.examples[paul][0])
    row = ExamplePicture.objects.create(
        person_id=paul, example_id=example, key="k", added_at=timezone.now()
    )
    url = reverse("admin:faceweb_examplepicture_changelist")
    assert "Paul" in admin_client.get(url).content.decode()

    form = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin_client.post(url, form)

    assert names(files) == ["Shea"]
    assert not ExamplePicture.objects.exists()


def test_a_gallery_that_cant_be_read_is_a_note(admin_client: Client) -> None:
    answer = admin_client.get(reverse(PEOPLE))

    assert answer.status_code == 200
    assert "Storage does not answer" in answer.content.decode()


def test_the_admins_own_log_names_nobody(admin_client: Client, files: MemoryFiles) -> None:
    admin_client.get(reverse(PEOPLE))
    paul = person("Paul").pk
    admin_client.post(reverse("admin:faceweb_subject_change", args=[paul]), {"name": "Pablo"})
    erase = {"action": "delete_selected", "_selected_action": [paul], "post": "yes"}
    admin_client.post(reverse(PEOPLE), erase)

    entries = LogEntry.objects.filter(object_id=paul)
    assert [entry.object_repr for entry in entries] == [paul, paul]
    assert "Pablo" not in str(list(LogEntry.objects.values()))
