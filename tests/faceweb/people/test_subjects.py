"""People: learned from unknown faces, renamed, merged, erased everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from faceweb.jobs import pictures
from faceweb.jobs.paging import CursorRefused
from faceweb.models import Change, ExamplePicture, Face, Job, JobKind, Subject
from faceweb.people import subjects as module
from faceweb.people.correcting.undoing import undo
from faceweb.people.examples import example_pictures
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.people.people_pages import people_after
from faceweb.people.subjects import NoUsableFace, Subjects
from foundation import messages
from recognition.errors import GalleryError, NameRefused
from recognition.gallery.gallery import Gallery
from tests.faceweb.people.places import answered
from tests.support.factories import (
    make_face,
    make_gallery_files,
    make_settings,
    picture_bytes,
)
from tests.support.fakes import MemoryBucket
from tests.support.memory_files import MemoryFiles

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    bucket = MemoryBucket()
    bucket.objects["test_00.jpg"] = picture_bytes(200, 200)
    monkeypatch.setattr(module, "bucket_of", lambda job, settings: bucket)
    return bucket


@pytest.fixture
def files() -> MemoryFiles:
    return make_gallery_files()


@pytest.fixture
def people(files: MemoryFiles, bucket: MemoryBucket) -> Subjects:
    return Subjects(files, bucket, make_settings(), "tester")  # type: ignore[arg-type]


def stranger(seed: int, **noise: float) -> Job:
    """A job that was answered `unknown`; `near` moves the face a little."""
    vector = np.random.default_rng(seed).normal(size=128) + noise.get("near", 0.0)
    face = make_face(identity=None, embedding=vector.astype("<f4").tobytes())
    return answered("unknown", face)


def id_of(people: Subjects, name: str) -> str:
    person = people.named(name)
    assert person is not None
    return person.id


def names_of(people: Subjects) -> set[str]:
    gallery = people.gallery()
    return {person.name for person in gallery.people.values()} if gallery else set()


def test_an_unknown_face_that_is_named_is_in_the_gallery(
    people: Subjects, files: MemoryFiles, bucket: MemoryBucket
) -> None:
    job = stranger(1)

    person = people.learn(job, 0, "Ada")

    gallery = Gallery.load(files)
    job.refresh_from_db()
    assert gallery is not None and len(gallery.examples[person.id]) == 1
    face = shown_faces(job)[0]
    assert (job.result, face.name) == ("unknown", "Ada")
    assert (face.is_unknown, face.embedding) == (False, None)
    assert people.examples(person.id)[0].picture
    assert people.picture(person.id).startswith(b"\xff\xd8")


def test_a_face_is_named_once(people: Subjects) -> None:
    job = stranger(1)
    people.learn(job, 0, "Ada")

    with pytest.raises(NoUsableFace, match="name already"):
        people.learn(job, 0, "Eve")
    with pytest.raises(NoUsableFace, match="no face 3"):
        people.learn(job, 3, "Eve")


def test_two_entries_of_one_person_are_merged(people: Subjects) -> None:
    source, target = id_of(people, "Paul"), id_of(people, "Shea")

    merged, _ = people.merge(source, target)

    assert (merged.name, merged.examples) == ("Shea", 2)
    assert names_of(people) == {"Shea"}


def test_a_persons_last_example_takes_the_person_along(people: Subjects) -> None:
    paul = id_of(people, "Paul")

    people.remove_example(paul, people.examples(paul)[0].id)

    assert names_of(people) == {"Shea"}


def test_a_cutout_stays_inside_the_picture() -> None:
    cut = pictures.face_cutout(picture_bytes(100, 80), (-20, -20, 60, 60))

    assert cut.startswith(b"\xff\xd8")


def test_a_face_that_is_named_in_small_letters_is_the_same_person(
    people: Subjects, bucket: MemoryBucket
) -> None:
    before = names_of(people)
    known = sorted(before)[0]
    job = stranger(21)

    assert people.learn(job, 0, f" {known.lower()} ").name == known

    assert names_of(people) == before
    job.refresh_from_db()
    assert shown_faces(job)[0].name == known


def test_a_face_that_another_model_saw_is_not_learned(people: Subjects) -> None:
    """The gallery's model was changed since; even the length of the numbers may differ."""
    vector = np.ones(512, "<f4").tobytes()
    job = answered("unknown", make_face(identity=None, embedding=vector), model="vggface2")

    with pytest.raises(NoUsableFace, match=r"model vggface2, .* of dlib now: send the picture"):
        people.learn(job, 0, "Ada")


def test_an_answer_of_the_system_is_nobodys_name(people: Subjects, bucket: MemoryBucket) -> None:
    with pytest.raises(NameRefused, match="an answer of the system"):
        people.learn(stranger(22), 0, "Unknown")
    with pytest.raises(NameRefused, match="an answer of the system"):
        people.rename(id_of(people, "Paul"), "no face")


def embedded(bucket: MemoryBucket, vector: np.ndarray, faces: int = 1, near: str = "") -> Job:
    """A finished job of an enrolment; `near` is the id of somebody whom the face looks like."""
    found = (messages.CandidateReply(person_id=near, name="", distance=0.3, similarity=0.7),)
    first = make_face(
        identity=None, embedding=vector.astype("<f4").tobytes(), candidates=found if near else ()
    )
    others = (make_face(identity=None),) * (faces - 1)
    return answered("unknown", first, *others, kind=JobKind.EMBED, input_key="test_00.jpg")


def test_learning_warns_of_other_faces_and_of_look_alikes(
    people: Subjects, bucket: MemoryBucket
) -> None:
    other = people.get(id_of(people, "Paul"))
    learned = people.learn(embedded(bucket, np.full(128, 3.0), 2, other.id), 0, "Zoe")

    assert (learned.name, learned.examples) == ("Zoe", 1)
    several, alike = learned.warnings
    assert several.startswith("2 faces; the one of 100x120 pixels at 10,20 was learnt as Zoe")
    assert f"Zoe looks like {other.name} (distance 0.30" in alike


def test_the_same_picture_again_is_said_and_not_added(
    people: Subjects, bucket: MemoryBucket
) -> None:
    vector = np.full(128, 3.0)
    people.learn(embedded(bucket, vector), 0, "Zoe")
    learned = people.learn(embedded(bucket, vector), 0, "zoe")

    assert (learned.name, learned.examples) == ("Zoe", 1)
    [warning] = learned.warnings
    assert "the same picture as an example that zoe has already" in warning


def test_a_picture_of_several_faces_can_be_refused(people: Subjects, bucket: MemoryBucket) -> None:
    job = embedded(bucket, np.full(128, 3.0), faces=2)

    with pytest.raises(NoUsableFace, match="shows 2 faces"):
        people.learn(job, 0, "Zoe", only_one_face=True)
    assert people.named("Zoe") is None


def test_everybody_is_listed_a_page_at_a_time(people: Subjects) -> None:
    people.refresh_rows()

    first, after = people_after(None, 1)
    second, end = people_after(after, 1)

    assert [one.name for one in (*first, *second)] == ["Paul", "Shea"]
    assert end is None
    with pytest.raises(CursorRefused, match="begin at the first page"):
        people_after("nobody", 1)


def test_a_merge_is_undone_with_all_that_it_moved(people: Subjects, bucket: MemoryBucket) -> None:
    paul, shea = id_of(people, "Paul"), id_of(people, "Shea")
    example = people.examples(paul)[0].id
    example_pictures.keep_cutout(bucket, b"jpeg", paul, example)  # type: ignore[arg-type]
    face = seen_as(paul)
    before = examples_by_name(people)

    _, change = people.merge(paul, shea)
    assert shown_name(face) == "Shea" and "Paul" not in examples_by_name(people)
    undo(change, people)

    assert examples_by_name(people) == before
    assert shown_name(face) == "Paul"
    assert people.picture(id_of(people, "Paul"), example) == b"jpeg"
    assert not ExamplePicture.objects.filter(person_id=shea).exists()
    assert not Change.objects.exists()


def test_a_removed_example_comes_back_also_when_it_was_the_only_one(
    people: Subjects, bucket: MemoryBucket
) -> None:
    paul = id_of(people, "Paul")
    example = people.examples(paul)[0].id
    example_pictures.keep_cutout(bucket, b"jpeg", paul, example)  # type: ignore[arg-type]
    face, before = seen_as(paul), examples_by_name(people)

    change = people.remove_example(paul, example)
    assert change is not None and "Paul" not in examples_by_name(people)
    undo(change, people)

    assert examples_by_name(people) == before
    assert people.picture(id_of(people, "Paul"), example) == b"jpeg"
    assert face.person is not None
    assert Subject.objects.get(pk=face.person_id).now.pk == id_of(people, "Paul")


def test_a_merge_is_not_undone_where_the_name_is_anothers_now(people: Subjects) -> None:
    people.refresh_rows()
    paul, shea = id_of(people, "Paul"), id_of(people, "Shea")
    _, change = people.merge(paul, shea)
    people.rename(shea, "Paul")

    with pytest.raises(GalleryError, match="somebody else's name now"):
        undo(change, people)

    assert Change.objects.filter(pk=change.pk).exists(), "it can be tried again"


def examples_by_name(people: Subjects) -> dict[str, list[str]]:
    gallery = people.gallery()
    everybody = gallery.people.values() if gallery else ()
    return {one.name: [row.id for row in people.examples(one.id)] for one in everybody}


def seen_as(person_id: str) -> Face:
    face = make_face(identity="Paul", person_id=person_id)
    job = answered("Paul", face, filename="seen.jpg")
    return Face.objects.get(job=job)


def shown_name(face: Face) -> str:
    return Face.objects.select_related("person__merged_into").get(pk=face.pk).name
