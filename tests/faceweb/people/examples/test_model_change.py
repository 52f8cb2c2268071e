"""Changing the gallery's model: all or nothing, and nobody is lost without being named."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest

from faceweb.jobs.departures import task_of
from faceweb.models import AuditEntry, ExamplePicture, Face, Job, Subject
from faceweb.people.examples import example_pictures
from faceweb.people.examples.embedding_run import EmbeddingRun
from faceweb.people.examples.model_change import ModelChange, NotEmbedded
from faceweb.replies.responses import record_replies
from foundation import messages
from recognition.errors import GalleryChanged, GalleryError, UnknownModel
from recognition.gallery.gallery import Gallery, example_id
from recognition.gallery.gallery_changes import add_examples, remove_person
from recognition.gallery.gallery_files import MANIFEST
from tests.support.factories import make_face, make_reply, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender
from tests.support.memory_files import MemoryFiles

EVERYBODY = {"Paul": (0.1, 0.2), "Shea": (0.3,)}


def old_vector(value: float) -> np.ndarray:
    return np.full(128, value, np.float32)


def new_vector(value: float) -> np.ndarray:
    return np.full(128, value + 5, np.float32)


class World:
    """A gallery of the model dlib with kept cut-outs, and workers that are this test."""

    def __init__(self, files: MemoryFiles | None = None) -> None:
        self.bucket: Any = MemoryBucket()
        self.files, self.send = files or MemoryFiles(), RecordingSender()
        for name, values in EVERYBODY.items():
            self.enrol(name, *values)

    def enrol(self, name: str, *values: float, picture: bool = True) -> None:
        gallery = add_examples(self.files, "dlib", {name: [old_vector(value) for value in values]})
        person = gallery.person_named(name)
        assert person is not None
        for value in values if picture else ():
            content = picture_bytes(200, 160, seed=int(value * 100))
            one = example_id(old_vector(value))
            example_pictures.keep(self.bucket, content, (60, 40, 140, 120), person.id, one)

    def change(self, model: str = "sface", **settings: Any) -> ModelChange:
        run = EmbeddingRun(self.bucket, self.send, model)
        return ModelChange(make_settings(**settings), self.files, model, run)

    def sent(self) -> list[Job]:
        waiting = Job.objects.filter(pk__in=self.send.sent, state="stored")
        return list(waiting.order_by("created_at"))

    def answer_all(self, values: dict[str, float]) -> None:
        """Embed what waits: the new vector of the example that its cut-out is named after."""
        for job in self.sent():
            value = values[job.filename.removesuffix(".jpg")]
            record_replies([reply_with(job.id, value)])

    @property
    def values(self) -> dict[str, float]:
        return {example_id(old_vector(v)): v for vs in EVERYBODY.values() for v in vs}


def reply_with(job_id: uuid.UUID, value: float) -> messages.Reply:
    """A neighbour's larger face at the cut-out's edge, and the face that it was made around."""
    neighbour = make_face(
        box=(0.0, 0.0, 90.0, 90.0), identity=None, embedding=new_vector(99).tobytes()
    )
    own = make_face(
        box=(40.0, 40.0, 85.0, 85.0), identity=None, embedding=new_vector(value).tobytes(),
        left_out="too blurred",
    )  # fmt: skip
    return make_reply(
        job_id, answer="unknown", faces=(neighbour, own), model="sface", width=125, height=125
    )


def failed(job_id: uuid.UUID, error: str, kind: str) -> messages.Reply:
    return make_reply(job_id, state=messages.FAILED, error=error, error_kind=kind, faces=())


def done(change: ModelChange) -> Gallery:
    gallery = change.gallery()
    return change.swap(gallery, change.embedded(), "tests")


pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_everybody_is_carried_over_with_id_name_and_cut_out() -> None:
    world = World()
    before = Gallery.open(world.files)
    assert before is not None
    old_files = [person.file for person in before.people.values()]
    change = world.change()

    change.submit(change.gallery(), lambda _: None)
    assert [task_of(job).named["model"] for job in world.sent()] == ["sface"] * 3
    world.answer_all(world.values)
    embedded = change.embedded()
    assert not change.losses(before)
    after = change.swap(change.gallery(), embedded, "tests")
    change.run.forget()

    assert (after.model, after.dimension) == ("sface", 128)
    assert {one: p.name for one, p in after.people.items()} == {
        one: p.name for one, p in before.people.items()
    }
    for person_id, person in after.people.items():
        rows = after.examples[person_id]
        assert sorted(rows[:, 0]) == pytest.approx([v + 5 for v in EVERYBODY[person.name]])
        assert example_pictures.kept_of(person_id) == {example_id(row) for row in rows}
    assert not any(name in world.files.files for name in old_files)
    assert len(world.bucket.objects) == ExamplePicture.objects.count() == 3
    assert all(key.startswith("examples/") for key in world.bucket.objects)
    assert not Face.objects.exclude(embedding=None).exists()
    assert set(Subject.objects.values_list("name", "examples")) == {("Paul", 2), ("Shea", 1)}
    assert AuditEntry.objects.get(action="model changed").detail["before"] == "dlib"


def test_who_can_t_be_carried_over_is_named_with_the_reason() -> None:
    world = World()
    world.enrol("Imported", 0.7, 0.8, picture=False)
    world.enrol("Faceless", 0.9)
    change = world.change()
    gallery = change.gallery()
    gone = ExamplePicture.objects.get(example_id=example_id(old_vector(0.2)))
    world.bucket.delete(gone.key)

    change.submit(gallery, lambda _: None)
    for job in world.sent():
        if job.filename.startswith(example_id(old_vector(0.9))):
            record_replies([make_reply(job.id, answer="no face", faces=(), model="sface")])
        elif job.filename.startswith(example_id(old_vector(0.3))):
            record_replies([failed(job.id, "It is cut short.", messages.BAD_PICTURE)])
        else:
            record_replies([reply_with(job.id, 0.1)])
    embedded = change.embedded()

    losses = change.losses(gallery)
    assert sorted(losses.lines()) == [
        "Faceless can't be carried over, 1 example: no face was found in its cut-out",
        "Imported can't be carried over, 2 examples: no cut-out of it was kept",
        "Paul loses 1 example: its cut-out is gone from storage",
        "Shea can't be carried over, 1 example: It is cut short.",
    ]
    after = change.swap(gallery, embedded, "tests")
    assert [person.name for person in after.people.values()] == ["Paul"]
    assert ExamplePicture.objects.count() == len(
        [key for key in world.bucket.objects if key.startswith("examples/")]
    ) == 1  # fmt: skip


def test_a_change_that_breaks_off_has_changed_nothing() -> None:
    class Broken(MemoryFiles):
        breaks = False

        def write(self, name: str, data: bytes) -> None:
            if self.breaks and name == MANIFEST:
                raise OSError("the connection was lost")
            super().write(name, data)

    files = Broken()
    world, files.breaks = World(files), True
    change = world.change()
    change.submit(change.gallery(), lambda _: None)
    world.answer_all(world.values)

    with pytest.raises(OSError, match="connection"):
        done(change)

    gallery = Gallery.load(files)
    assert gallery is not None and gallery.model == "dlib" and gallery.example_count == 3
    for person_id in gallery.people:
        ids = {example_id(row) for row in gallery.examples[person_id]}
        assert ids <= example_pictures.kept_of(person_id)

    files.breaks = False
    assert done(change).model == "sface"
    assert ExamplePicture.objects.count() == 3


def test_who_is_enrolled_meanwhile_is_carried_over_too() -> None:
    world = World()
    change = world.change()
    old = change.gallery()
    change.submit(old, lambda _: None)
    world.answer_all(world.values)
    world.enrol("Late", 0.5)

    with pytest.raises(GalleryChanged):
        change.swap(old, change.embedded(), "tests")
    change.submit(change.gallery(), lambda _: None)
    (late,) = world.sent()
    record_replies([reply_with(late.id, 0.5)])

    assert sorted(p.name for p in done(change).people.values()) == ["Late", "Paul", "Shea"]


def test_who_is_erased_meanwhile_stays_erased() -> None:
    world = World()
    change = world.change()
    change.submit(change.gallery(), lambda _: None)
    world.answer_all(world.values)
    remove_person(world.files, "Shea")

    after = done(change)

    assert [person.name for person in after.people.values()] == ["Paul"]


def test_without_anything_to_carry_over_the_gallery_stays() -> None:
    world = World()
    world.bucket.objects.clear()
    change = world.change()
    change.submit(change.gallery(), lambda _: None)

    with pytest.raises(GalleryError, match="no example can be carried over"):
        done(change)

    assert change.gallery().model == "dlib"
    assert set(change.losses(change.gallery()).people) == {"Paul", "Shea"}


def test_a_gallery_that_everybody_left_may_change_too() -> None:
    world = World()
    for name in EVERYBODY:
        remove_person(world.files, name)
    change = world.change()
    change.submit(change.gallery(), lambda _: None)

    after = done(change)

    assert (after.model, len(after.people)) == ("sface", 0)


def test_nobody_is_lost_because_workers_fail() -> None:
    """No instance, or one whose image lacks the model: that says nothing about the cut-outs."""
    world = World()
    change = world.change()
    change.submit(change.gallery(), lambda _: None)
    with pytest.raises(NotEmbedded, match=r"no app instance embeds .* manage.py fleet"):
        done(change)

    world.answer_all(world.values)
    job = Job.objects.order_by("created_at")[0]
    Job.objects.filter(pk=job.pk).update(state="queued")
    record_replies([failed(job.pk, "the net sface is not here", messages.INTERNAL_ERROR)])
    with pytest.raises(NotEmbedded, match=r"could not be embedded \(the net sface is not here\)"):
        done(change)

    assert change.gallery().model == "dlib"


@pytest.mark.parametrize(
    ("files", "settings", "said"),
    [
        (MemoryFiles(), {}, "there is no gallery yet: set RECOGNITION_MODEL=sface"),
        (None, {"recognition_model": "dlib"}, "RECOGNITION_MODEL is dlib: unset it"),
    ],
)
def test_what_can_t_be_changed_is_refused(
    files: MemoryFiles | None, settings: dict[str, Any], said: str
) -> None:
    world = World()
    if files is not None:
        world.files = files

    with pytest.raises(GalleryError, match=said):
        world.change(**settings).gallery()


def test_the_model_that_it_has_and_unknown_ones_are_refused() -> None:
    world = World()

    for model, error in (("dlib", GalleryError), ("magic", UnknownModel)):
        with pytest.raises(error, match=r"already|is no model"):
            world.change(model).gallery()
