"""A person says whose a face is: everything that shows it follows at once, and can be undone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone

from faceweb.jobs.history import JobFilter, page_of
from faceweb.models import AuditEntry, Change, Face, FaceSource, Job
from faceweb.pages.faces import saying
from faceweb.people import subjects as subjects_module
from faceweb.people.correcting import corrections
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.people.faces.seen_faces import faces_like
from faceweb.people.faces.shown_faces import answers_now
from faceweb.people.subjects import Subjects
from recognition.gallery.gallery import Gallery
from tests.faceweb.people.places import answered, id_in, people_in_memory, rows_follow
from tests.support.factories import (
    make_face,
    make_gallery_files,
    make_settings,
    picture_bytes,
)
from tests.support.fakes import MemoryBucket
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

LOOKS = np.random.default_rng(5).normal(size=128).astype("<f4")


class House:
    """A gallery of Paul and Shea, and the pages in front of it."""

    def __init__(self, files: MemoryFiles, people: Subjects) -> None:
        self.files, self.people = files, people

    def id_of(self, name: str) -> str:
        return id_in(self.files, name)

    def picture(self, identity: str | None, near: float = 0.0) -> Face:
        face = make_face(
            identity=identity,
            person_id=self.id_of(identity) if identity else None,
            embedding=None if identity else (LOOKS + np.float32(near)).tobytes(),
        )
        size = {"width": 200, "height": 200}
        job = answered(identity or "unknown", face, filename=f"{identity}.jpg", **size)
        return Face.objects.get(job=job)

    def say(self, **form: object) -> str:
        part = {"HX-Request": "true"}
        answer = async_to_sync(AsyncClient().post)("/faces/say", form, headers=part)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def undo(self, change: Change) -> str:
        answer = async_to_sync(AsyncClient().post)(
            "/faces/undo", {"change": change.pk, "back": "/history"}, follow=True
        )
        return str(answer.content.decode())


@pytest.mark.parametrize(
    ("back", "where"),
    [
        ("/history?page=2", "/history"),
        ("http://[", "/"),
        ("javascript:alert(1)", "/"),
        ("history", "/"),
        ("\x00", "/"),
        ("//example.org/", "/"),
        ("https:////example.org/", "/"),
    ],
)
def test_an_answer_leads_to_a_page_of_ours_alone(house: House, back: str, where: str) -> None:
    answer = async_to_sync(AsyncClient().post)("/faces/undo", {"back": back})

    assert (answer.status_code, answer["Location"]) == (302, where)


def headline(face: Face) -> str:
    [job] = answers_now([Job.objects.get(pk=face.job_id)])
    return str(job.answer)


def found(**asked: str) -> list[str]:
    return [job.filename for job in page_of(JobFilter(**asked), None, 10).jobs]  # type: ignore[arg-type]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    files, bucket = make_gallery_files(), MemoryBucket()
    bucket.objects["test_00.jpg"] = picture_bytes(200, 200)
    monkeypatch.setattr(subjects_module, "bucket_of", lambda job, settings: bucket)
    rows_follow(files)
    return House(files, people_in_memory(monkeypatch, files, bucket=bucket))


def test_somebody_else_changes_headline_and_search(house: House) -> None:
    face = house.picture("Paul")

    page = house.say(face=face.pk, name="shea", picture=face.job_id)

    assert "This is Shea." in page and "named by a person" in page and "similar" not in page
    assert headline(face) == "Shea"
    assert (found(person=house.id_of("Paul")), found(result="Paul")) == ([], [])
    assert found(person=house.id_of("Shea")) == found(result="Shea") == ["Paul.jpg"]
    entry = AuditEntry.objects.get(action="face corrected")
    assert entry.subject == house.id_of("Shea")


@pytest.mark.parametrize(
    ("do", "said", "answer"),
    [("nobody", "nobody known", "unknown"), ("no-face", "Not a face", "no face")],
)
def test_nobody_and_no_face_change_the_headline(
    house: House, do: str, said: str, answer: str
) -> None:
    face = house.picture("Paul")

    page = house.say(face=face.pk, do=do, picture=face.job_id)

    assert said in page and headline(face) == answer
    face.refresh_from_db()
    assert not face.is_unknown, "it would be asked for again"


@pytest.mark.parametrize("said", [{"name": "Shea"}, {"do": "nobody"}, {"do": "no-face"}])
def test_what_was_said_is_undone(house: House, said: dict[str, str]) -> None:
    face = house.picture("Paul")
    before = Face.objects.filter(pk=face.pk).values().get()
    house.say(face=face.pk, **said)

    assert "Undone." in house.undo(Change.objects.get())

    assert Face.objects.filter(pk=face.pk).values().get() == before
    assert headline(face) == "Paul"
    assert "nothing to undo" in house.undo(Change(pk=1))


def test_a_new_name_becomes_a_person_and_undoing_takes_them_along(house: House) -> None:
    face = house.picture(None)

    page = house.say(**{f"name-{face.pk}": "Ann", "remember": "yes", "picture": face.job_id})

    assert "Ann is known now (1 example)." in page
    assert headline(face) == "Ann"
    house.undo(Change.objects.get())
    assert house.people.named("Ann") is None
    face.refresh_from_db()
    assert face.is_unknown and bytes(face.embedding or b"") == LOOKS.tobytes()


def test_a_change_is_undone_before_an_earlier_one(house: House) -> None:
    face = house.picture("Paul")
    house.say(face=face.pk, do="nobody")
    house.say(face=face.pk, name="Shea")
    last, first = Change.objects.order_by("-pk")

    assert "changed again since" in house.undo(first)
    house.undo(last)
    house.undo(first)

    assert headline(face) == "Paul"


def test_a_name_without_an_example_is_kept_when_no_worker_looks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = house.picture("Paul")

    async def nobody_looks(*args: object) -> None:
        raise NoUsableFace("No worker looked at it in time.")

    monkeypatch.setattr(saying, "embedded_again", nobody_looks)
    page = house.say(face=face.pk, name="Shea", remember="yes", picture=face.job_id)

    assert "No worker looked" in page and headline(face) == "Shea"


def test_unknown_faces_that_are_known_now_are_offered(house: House) -> None:
    face, twin, other = house.picture(None), house.picture(None, 0.001), house.picture(None, 3.0)

    page = house.say(**{f"name-{face.pk}": "Ann", "remember": "yes", "picture": face.job_id})

    assert "Is this Ann, too?" in page
    gallery = Gallery.load(house.files)
    offered = faces_like(house.id_of("Ann"), gallery, make_settings())
    assert [one.pk for one in offered] == [twin.pk] and other.pk != twin.pk
    assert "This is Ann." in house.say(face=twin.pk, name="Ann")
    assert headline(twin) == "Ann"


def test_a_day_later_nothing_is_kept_for_undoing(house: House) -> None:
    house.say(face=house.picture("Paul").pk, do="nobody")

    corrections.forget_old_changes(timezone.now())
    assert Change.objects.count() == 1
    corrections.forget_old_changes(timezone.now() + corrections.KEPT)
    assert not Change.objects.exists()


def test_who_was_erased_does_not_come_back_by_undoing(house: House) -> None:
    face = house.picture("Paul")
    house.say(face=face.pk, name="Shea")
    Face.objects.filter(pk=face.pk).update(person=None)
    paul = face.person
    assert paul is not None
    paul.erased_at = timezone.now()
    paul.save()

    house.undo(Change.objects.get())

    face.refresh_from_db()
    assert face.person is None and face.source == FaceSource.MODEL


@pytest.fixture
def answer_names() -> Callable[[str], str]:
    def names(typed: str) -> str:
        answer = async_to_sync(AsyncClient().get)("/people/names", {"name-12": typed})
        return str(answer.content.decode())

    return names


def test_names_are_completed(house: House, answer_names: Callable[[str], str]) -> None:
    assert 'value="Paul"' in answer_names("pa") and "Shea" not in answer_names("pa")


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5_000], ids=["of no row", "of no database"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/faces/say", "face"), ("/faces/say", "also"), ("/faces/undo", "change"),
        ("/unknown/merge", "group"), ("/unknown/dismissed/again", "face"),
    ],
)  # fmt: skip
def test_a_number_that_no_row_can_have_is_nobodys(path: str, field: str, number: str) -> None:
    form = {field: [number, "1"], "do": "nobody", f"name-{number[:20]}": "Ann"}

    answer = async_to_sync(AsyncClient().post)(path, form)

    assert answer.status_code == 302
