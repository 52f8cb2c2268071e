"""An erased person is nowhere, whatever they were called."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from faceweb.models import (
    AuditEntry,
    Change,
    Collection,
    Erasure,
    ErasureState,
    ExamplePicture,
    Face,
    Job,
    JobKind,
    Video,
)
from faceweb.people.erasure.running import receipt_in_words
from faceweb.people.subjects import NoSuchSubject, Subjects
from faceweb.replies.responses import record_replies
from faceweb.videos.following import VideoWatch
from foundation.messages import CandidateReply
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person
from recognition.gallery.pack.gallery_pack import GalleryPack
from tests.faceweb.people.erasure.house import NAMES, House, a_minute_later
from tests.support.factories import make_face, make_job, make_reply, make_settings, make_video
from tests.support.fakes import MemoryQueue, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_nothing_is_left_after_a_rename_and_a_merge(house: House, people: Subjects) -> None:
    for name in (NAMES[0], NAMES[2]):
        house.answered(name)
        house.film(name)
        house.records(name)
    house.rename()
    house.merge()
    house.answered(NAMES[1])
    house.film(NAMES[1])
    house.records(NAMES[1])
    other = house.answered("Shea")
    assert all(name in house.everything() for name in NAMES)

    receipt = people.erase(house.person)
    a_minute_later(house)

    left = house.everything()
    assert [name for name in NAMES if name in left] == []
    assert (receipt["jobs"], receipt["videos"], receipt["examples"]) == (3, 3, 1)
    assert "Shea" in left
    assert Job.objects.get(pk=other.pk).result == "Shea"
    assert house.places.answers.get(other.output_key) == b"Shea"
    assert Face.objects.filter(person=house.id_of("Shea")).count() == 4 + 3 + 1
    erasure = Erasure.objects.get()
    assert (erasure.state, erasure.names, erasure.trouble) == (ErasureState.DONE, [], "")


def test_a_correction_that_speaks_of_them_can_no_longer_be_undone(
    house: House, people: Subjects
) -> None:
    house.answered(NAMES[0])
    house.corrected()
    assert Change.objects.get().before["person_id"] == house.person

    people.erase(house.person)

    assert not Change.objects.exists()


def test_the_receipt_says_what_was_found(house: House, people: Subjects) -> None:
    house.answered(NAMES[0])

    receipt = people.erase(house.person)

    entry = AuditEntry.objects.get(action="subject erased")
    assert receipt["receipt"] == entry.pk
    assert (receipt["name"], receipt["subject"]) == (NAMES[0], house.person)
    assert "Adabel was erased: 1 examples, 0 pictures, named in 1 jobs" in receipt_in_words(receipt)
    with pytest.raises(NoSuchSubject):
        people.get(house.person)


def test_a_namesake_in_another_collections_video_is_not_erased(
    house: House, people: Subjects
) -> None:
    theirs = Collection.objects.create(name="theirs")
    film = make_video(collection_id=theirs.pk)
    people.erase(house.person)
    house.films.ids[NAMES[0]] = "namesake"
    house.films.answer(film.key, [NAMES[0]])

    VideoWatch(make_settings(), house.places.videos, MemoryQueue(), RecordingSender()).look_once()

    film.refresh_from_db()
    assert (film.result, film.people[0]["person_id"]) == (NAMES[0], "namesake")


def test_a_namesake_keeps_their_answers(house: House, people: Subjects) -> None:
    """Adabel was renamed, and somebody else is called Adabel now."""
    first = house.answered(NAMES[0])
    house.rename()
    add_examples(house.files, "dlib", {NAMES[0]: [np.ones(128)]})
    house.changed()
    second = house.answered(NAMES[0])
    house.films.output.objects["dropped.txt"] = NAMES[0].encode()

    people.erase(house.person)
    a_minute_later(house)

    assert Job.objects.get(pk=first.pk).result == "erased"
    assert Job.objects.get(pk=second.pk).result == NAMES[0]
    assert house.places.answers.get(second.output_key) == NAMES[0].encode()
    assert house.films.output.objects["dropped.txt"] == NAMES[0].encode()


def test_pictures_go_too_where_that_was_asked(house: House, people: Subjects) -> None:
    job = house.answered(NAMES[0], filename=f"{NAMES[0].lower()}_01.jpg")
    same = make_job(input_key=job.input_key, output_key=job.output_key)
    other = house.answered("Shea")
    film = house.film(NAMES[0])

    receipt = people.erase(house.person, with_pictures=True)

    job.refresh_from_db()
    same.refresh_from_db()
    assert house.places.pictures.keys("") == [other.input_key]
    assert job.output_key not in house.places.answers.keys("")
    assert (job.picture_deleted, same.picture_deleted) == (True, True)
    assert NAMES[0].lower() not in f"{job.filename} {job.input_key} {job.output_key}"
    assert Video.objects.get(pk=film.pk).pictures_deleted
    assert receipt["pictures_deleted"] == 2


def test_without_being_asked_pictures_stay(house: House, people: Subjects) -> None:
    job = house.answered(NAMES[0])

    people.erase(house.person)

    assert house.places.pictures.keys("") == [job.input_key]


def test_candidates_cutouts_and_enrolments_go(house: House, people: Subjects) -> None:
    near = CandidateReply(person_id=house.person, name=NAMES[0], distance=0.6, similarity=0.4)
    job = make_job()
    unknown = make_face(identity=None, candidates=(near,))
    record_replies([make_reply(job.id, answer="unknown", faces=(unknown,))])
    house.places.private.put("examples/a.jpg", b"face", "image/jpeg")
    ExamplePicture.objects.create(
        person_id=house.person, example_id="a", key="examples/a.jpg", added_at=timezone.now()
    )
    enrolled = make_job(kind=JobKind.EMBED, filename="adabel.jpg", picture_deleted=True)
    record_replies([make_reply(enrolled.id, answer="", faces=(make_face(identity=None),))])
    Face.objects.filter(job=enrolled).update(person=house.person)

    receipt = people.erase(house.person)

    assert Face.objects.get(job=job).candidates == []
    assert house.places.private.keys("") == []
    assert receipt["pictures"] == 1
    assert not Job.objects.filter(pk=enrolled.pk).exists()


def test_this_machines_pack_and_logs_are_overwritten(house: House, people: Subjects) -> None:
    gallery = Gallery.load(house.files)
    assert gallery is not None
    theirs = np.asarray(gallery.examples[house.person], "<f4").tobytes()
    GalleryPack(house.places.packs).gallery(house.files)
    log = house.places.folder / "logs" / "worker.log"
    log.parent.mkdir()
    log.write_text(f"job_done answer={NAMES[0]} faces=1\njob_done answer='Shea'\n")
    packed = [path for path in house.places.packs.rglob("*") if path.is_file()]
    assert any(theirs in path.read_bytes() for path in packed)

    people.erase(house.person)

    packed = [path for path in house.places.packs.rglob("*") if path.is_file()]
    assert packed
    assert not any(theirs in path.read_bytes() for path in packed)
    assert log.read_text() == "job_done answer=xxxxxx faces=1\njob_done answer='Shea'\n"


def test_somebody_who_left_the_gallery_can_be_erased(house: House, people: Subjects) -> None:
    house.answered(NAMES[0])
    remove_person(house.files, NAMES[0])
    house.changed()

    assert people.erase(house.person)["jobs"] == 1
    assert NAMES[0] not in house.everything().replace(str(Erasure.objects.get().names), "")
