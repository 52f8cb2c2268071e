"""An erased person is nowhere, whatever they were called; what was stopped goes on."""

from __future__ import annotations

import json
import math
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError
from django.utils import timezone

from faceweb.models import (
    AuditEntry,
    Change,
    Collection,
    DeadLetter,
    Erasure,
    ErasureState,
    ExamplePicture,
    Face,
    IdempotentAnswer,
    Job,
    JobKind,
    Subject,
    Video,
)
from faceweb.people import subjects as module
from faceweb.people.correcting.corrections import say_person
from faceweb.people.correcting.naming import note_merged
from faceweb.people.erasure import answers, running
from faceweb.people.erasure.person import ErasedPerson, GoesOn
from faceweb.people.erasure.places import Places
from faceweb.people.subjects import NoSuchSubject, Subjects, receipt_in_words
from faceweb.replies.responses import record_replies
from faceweb.videos.following import VideoWatch
from foundation.messages import CandidateReply, encode_reply
from recognition.gallery.gallery import (
    Gallery,
    MemoryFiles,
    add_examples,
    remove_person,
    rename_person,
)
from recognition.gallery.pack.gallery_pack import GalleryPack
from tests.faceweb.people.places import id_in, memory_places, rows_follow
from tests.faceweb.videos.buckets import MemoryVideoBuckets, name_of
from tests.support.factories import (
    make_face,
    make_gallery_files,
    make_job,
    make_reply,
    make_settings,
    make_video,
)
from tests.support.fakes import MemoryQueue, RecordingSender

pytestmark = [pytest.mark.django_db, pytest.mark.database]

NAMES = ("Adabel", "Adelheid", "Countess")
"""What the person is called first, after a rename, and as somebody else before a merge."""


class House:
    """A gallery of Adabel, Countess and Shea, and everything that answers about them leave."""

    def __init__(self, folder: Path) -> None:
        self.files: MemoryFiles = make_gallery_files((NAMES[0], NAMES[2], "Shea"))
        self.places: Places = memory_places(self.files, folder=folder)
        self.films = MemoryVideoBuckets()
        self.films.input = self.places.videos.input  # type: ignore[assignment]
        self.films.stage = self.places.videos.stage  # type: ignore[assignment]
        self.films.output = self.places.videos.output  # type: ignore[assignment]
        self.changed()
        self.person = self.id_of(NAMES[0])

    def changed(self) -> None:
        rows_follow(self.files)

    def id_of(self, name: str) -> str:
        return id_in(self.files, name)

    def answered(self, name: str, filename: str = "picture.jpg", with_id: bool = True) -> Job:
        """A picture that was answered with a name, with Shea beside them."""
        key = f"{Job.objects.count()}-{filename}"
        job = make_job(filename=filename, input_key=key, output_key=key.removesuffix(".jpg"))
        person_id = self.id_of(name) if with_id else None
        shea = make_face(identity="Shea", person_id=self.id_of("Shea"))
        face = make_face(identity=name, person_id=person_id)
        self.places.pictures.put(key, b"pixels", "image/jpeg")
        self.places.answers.put(job.output_key, name.encode(), "text/plain")
        record_replies([make_reply(job.id, answer=name, faces=(face, shea))])
        return job

    def rename(self) -> None:
        rename_person(self.files, NAMES[0], NAMES[1])
        self.changed()

    def merge(self) -> None:
        """Countess turns out to be the same person."""
        note_merged(self.id_of(NAMES[2]), self.person)
        remove_person(self.files, NAMES[2])
        self.changed()

    def film(self, name: str) -> Video:
        video = make_video(filename="film.mp4")
        self.films.answer(name_of(video), [name, "Shea"])
        VideoWatch(
            make_settings(), self.places.videos, MemoryQueue(), RecordingSender()
        ).look_once()
        return video

    def records(self, name: str) -> None:
        """What is kept beside the answers."""
        kept = {"fingerprint": "f", "created_at": timezone.now()}
        body = json.dumps({"result": name}).encode()
        IdempotentAnswer.objects.create(key=f"answer {NAMES.index(name)}", body=body, **kept)
        reply = make_reply(answer=name, faces=(make_face(identity=name),))
        DeadLetter.objects.create(
            message_id=f"letter {NAMES.index(name)}",
            reason="r",
            body=encode_reply(reply),
            seen_at=timezone.now(),
        )
        user, _ = get_user_model().objects.get_or_create(username="admin")
        LogEntry.objects.create(
            user=user, content_type=ContentType.objects.get_for_model(Subject), object_id="x",
            object_repr=name, action_flag=CHANGE, change_message=f"{name} was changed",
        )  # fmt: skip

    def corrected(self) -> None:
        """A face of theirs was somebody else's, which can be undone for a day."""
        face = Face.objects.filter(person=self.person).first()
        assert face is not None
        say_person([face], self.id_of("Shea"), "tester")

    def everything(self) -> str:
        """All that is kept, but file names."""
        models = (
            Face,
            Change,
            Subject,
            Change,
            Erasure,
            AuditEntry,
            IdempotentAnswer,
            DeadLetter,
            LogEntry,
            Video,
        )
        rows = [str(list(model.objects.values())) for model in models]
        jobs = str(list(Job.objects.values("result", "error")))
        bodies = [bytes(one.body) for one in IdempotentAnswer.objects.all()]
        places, films = self.places, self.films
        pictures: list[Any] = [places.private, places.pictures, places.answers]
        buckets = [*pictures, films.input, films.stage, films.output]
        objects = [str(bucket.objects) for bucket in buckets]
        return " ".join([*rows, jobs, *objects, str(bodies), str(self.files.files)])


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    monkeypatch.setattr(module, "places_of", lambda settings: house.places)
    return house


@pytest.fixture
def people(house: House) -> Subjects:
    return Subjects(house.files, house.places.private, make_settings(), "tester")


def a_minute_later(house: House) -> None:
    running.go_on_with_due(house.places, timezone.now())
    Erasure.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    running.go_on_with_due(house.places, timezone.now())


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


def test_asked_again_it_gives_the_same_receipt(house: House, people: Subjects) -> None:
    house.answered(NAMES[0])
    receipt = people.erase(house.person)

    again = people.erase(house.person)

    assert again["receipt"] == receipt["receipt"]
    assert again["jobs"] == 1
    with pytest.raises(NoSuchSubject):
        people.erase("nobody")


@pytest.mark.parametrize("step", running.STEPS)
@pytest.mark.parametrize("trouble", [OperationalError("locked"), OSError("away")])
def test_what_stopped_goes_on_and_counts_all(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch, step: str, trouble: Exception
) -> None:
    """Whichever step it was: nobody who asked has to ask again."""
    house.answered(NAMES[0])
    house.film(NAMES[0])

    def broken(*_: Any) -> None:
        raise trouble

    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setitem(running.STEPS, step, broken)  # type: ignore[arg-type]
        with pytest.raises(type(trouble)):
            people.erase(house.person)
    assert Erasure.objects.get().trouble == type(trouble).__name__

    Erasure.objects.update(due_at=timezone.now())
    a_minute_later(house)

    assert NAMES[0] not in house.everything()
    receipt = people.erase(house.person)
    assert (receipt["jobs"], receipt["videos"], receipt["examples"]) == (1, 1, 1)


def test_what_takes_long_goes_on_without_whoever_asked(house: House, people: Subjects) -> None:
    for _ in range(3):
        house.answered(NAMES[0])
    now = time.monotonic()

    assert people.erase_until(now, house.person) is None
    assert people.receipt(house.person) is None
    a_minute_later(house)

    receipt = people.receipt(house.person)
    assert receipt is not None and receipt["jobs"] == 3
    assert people.erase_until(now, house.person) == receipt
    assert NAMES[0] not in house.everything()
    with pytest.raises(NoSuchSubject):
        people.receipt("nobody")


@pytest.mark.parametrize("place", range(16))
def test_it_may_be_late_at_any_place(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """What was done before is neither lost nor counted twice."""
    monkeypatch.setattr(answers, "AT_ONCE", 1)
    monkeypatch.setattr(running, "AT_ONCE", 1)
    for number in range(3):
        house.answered(NAMES[0])
        house.answered(NAMES[0], with_id=False)
        ExamplePicture.objects.create(
            person_id=house.person, example_id=str(number), key="k", added_at=timezone.now()
        )
    places = iter(range(100))

    def stop_when_late(person: ErasedPerson) -> None:
        if next(places) == place:
            raise GoesOn

    monkeypatch.setattr(ErasedPerson, "stop_when_late", stop_when_late)
    assert people.erase_until(math.inf, house.person) is None
    a_minute_later(house)

    receipt = people.erase(house.person)
    assert (receipt["jobs"], receipt["pictures"], receipt["examples"]) == (6, 3, 1)
    assert NAMES[0] not in house.everything()


def test_a_locked_database_is_waited_for(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.answered(NAMES[0])
    left = [OperationalError("database is locked")] * 3
    faces = running.STEPS["faces"]

    def locked(*arguments: Any) -> None:
        if left:
            raise left.pop()
        faces(*arguments)

    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.0)
    monkeypatch.setitem(running.STEPS, "faces", locked)  # type: ignore[arg-type]

    assert people.erase(house.person)["jobs"] == 1


def test_storage_that_is_away_is_told_and_tried_again(
    house: House, people: Subjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = house.answered(NAMES[0])
    with monkeypatch.context() as patched:

        def away(*_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://x")

        patched.setattr(house.places.answers, "put", away)
        with pytest.raises(EndpointConnectionError):
            people.erase(house.person)

    assert people.erase(house.person)["jobs"] == 1
    assert house.places.answers.get(job.output_key) == b"erased"


def test_answers_that_come_late_are_erased_too(house: House, people: Subjects) -> None:
    """A worker had the old gallery, and a picture or a video in hand."""
    late = make_job(output_key="late")
    film = make_video()
    people.erase(house.person)
    house.places.answers.put("late", NAMES[0].encode(), "text/plain")
    with_id = make_face(identity=NAMES[0], person_id=house.person)
    record_replies([make_reply(late.id, answer=NAMES[0], faces=(with_id,))])
    house.films.ids[NAMES[0]] = house.person
    house.films.answer(name_of(film), [NAMES[0]])
    VideoWatch(make_settings(), house.places.videos, MemoryQueue(), RecordingSender()).look_once()
    a_minute_later(house)

    assert NAMES[0] not in house.everything()
    assert Job.objects.get(pk=late.pk).result == "erased"
    assert house.places.answers.get("late") == b"erased"
    film.refresh_from_db()
    assert (film.result, film.people) == ("erased", [])


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


def test_a_video_that_ends_days_later_keeps_nobody_whose_name_another_has_now(
    house: House, people: Subjects
) -> None:
    film = make_video()
    people.erase(house.person)
    a_minute_later(house)
    add_examples(house.files, "dlib", {NAMES[0]: [np.ones(128)]})
    house.changed()
    house.films.ids[NAMES[0]] = house.person
    house.films.answer(name_of(film), [NAMES[0]])

    VideoWatch(make_settings(), house.places.videos, MemoryQueue(), RecordingSender()).look_once()
    running.go_on_with_due(house.places, timezone.now() + timedelta(seconds=1))

    film.refresh_from_db()
    assert (film.result, film.people) == ("erased", [])
    assert not film.faces.filter(person=house.person).exists()


def test_an_answer_that_comes_days_later_opens_the_erasure_again(
    house: House, people: Subjects
) -> None:
    late = make_job(output_key="late")
    people.erase(house.person)
    a_minute_later(house)
    house.places.answers.put("late", NAMES[0].encode(), "text/plain")

    face = make_face(identity=NAMES[0], person_id=house.person)
    record_replies([make_reply(late.id, answer=NAMES[0], faces=(face,))])
    running.go_on_with_due(house.places, timezone.now() + timedelta(seconds=1))

    assert house.places.answers.get("late") == b"erased"
    assert Erasure.objects.get().state == ErasureState.DONE


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
