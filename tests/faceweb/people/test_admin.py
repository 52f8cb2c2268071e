"""People and examples in the admin: a copy of the gallery, to be looked up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from faceweb.administration.tables import people as module
from faceweb.models import ExamplePicture, Subject
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import rename_person
from tests.faceweb.people.places import people_in_memory
from tests.support.factories import make_gallery_files
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PEOPLE = "admin:faceweb_subject_changelist"


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """The gallery of Paul and Shea, in memory."""
    files = make_gallery_files()
    people_in_memory(monkeypatch, files, module)
    monkeypatch.setattr(module, "gallery_files", lambda settings: files)
    return files


def names(files: MemoryFiles) -> list[str]:
    gallery = Gallery.load(files)
    return sorted(person.name for person in gallery.people.values()) if gallery else []


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


def test_a_gallery_that_cant_be_read_is_a_note(admin_client: Client) -> None:
    answer = admin_client.get(reverse(PEOPLE))

    assert answer.status_code == 200
    assert "Storage does not answer" in answer.content.decode()


def test_people_and_examples_are_only_looked_up(admin_client: Client, files: MemoryFiles) -> None:
    admin_client.get(reverse(PEOPLE))
    paul = Subject.objects.get(name="Paul").pk
    ExamplePicture.objects.create(person_id=paul, example_id="e", key="k", added_at=timezone.now())
    url = reverse("admin:faceweb_subject_change", args=[paul])

    page = admin_client.get(url).content.decode()
    examples = admin_client.get(reverse("admin:faceweb_examplepicture_changelist"))

    assert "Open the page" in page and 'name="_save"' not in page
    assert "Paul" in examples.content.decode()
    assert admin_client.post(url, {"name": "Pablo"}).status_code == 403
    assert names(files) == ["Paul", "Shea"]
