"""How faces come into a collection's gallery, change whose they are, and leave it."""

import uuid
from collections.abc import Sequence

from faceweb.access import audit
from faceweb.collections.limits import check_room
from faceweb.models import ExamplePicture, Face, IndexedFace, Job, Subject
from faceweb.people.examples import example_pictures
from faceweb.people.faces.likeness import looks_of
from faceweb.people.subjects import Subjects
from faceweb.rekognition.shapes import box_json
from foundation.aws.storage import Bucket
from recognition.gallery import gallery_changes
from recognition.gallery.gallery import Person, example_id as id_of
from recognition.types import Embedding


def indexed(
    people: Subjects, job: Job, faces: Sequence[Face], external_id: str, bucket: Bucket
) -> list[IndexedFace]:
    """Make each face the example of a new person without a name. Raises GalleryError."""
    if not faces:
        return []
    ids = [str(uuid.uuid4()) for _ in faces]
    looks = [looks_of(face.embedding) for face in faces]
    with people.changing() as files:
        check_room(people.collection, people.gallery(), len(faces), len(faces))
        new = dict(zip(ids, ([one] for one in looks), strict=True))
        gallery = gallery_changes.add_examples(files, job.model, new)
    image_id = str(uuid.uuid4())
    picture = bucket.get(job.input_key)
    rows = []
    for face_id, look, face in zip(ids, looks, faces, strict=True):
        person = gallery.person_named(face_id)
        assert person is not None  # noqa: S101 - it was just added
        example, box = id_of(look), box_json(face, job)
        example_pictures.keep(bucket, picture, face.box, person.id, example, people.collection)
        rows.append(
            IndexedFace(
                face_id=face_id,
                collection_id=people.collection,
                person_id=person.id,
                example_id=example,
                image_id=image_id,
                external_image_id=external_id,
                left=box["Left"],
                top=box["Top"],
                width=box["Width"],
                height=box["Height"],
                confidence=round(face.probability * 100, 4),
                model=job.model,
            )
        )
    IndexedFace.objects.bulk_create(rows)
    audit.record(people.actor, "faces indexed", "", faces=len(rows))
    return rows


def look_of(people: Subjects, face: IndexedFace) -> Embedding | None:
    """What an indexed face looks like; None where its example is gone."""
    gallery = people.gallery()
    if gallery is None or face.person_id not in gallery.people:
        return None
    rows = gallery.examples[face.person_id]
    return next((row for row in rows if id_of(row) == face.example_id), None)


def give(people: Subjects, face: IndexedFace, user: str) -> None:
    """The face is an example of the user from now on. Raises GalleryError."""
    _move(people, face, user)
    person = people.named(user)
    assert person is not None  # noqa: S101 - it was just added
    audit.record(people.actor, "face associated", person.id, face=face.face_id)


def loosened(people: Subjects, person: Person, faces: Sequence[IndexedFace]) -> list[IndexedFace]:
    """The faces are nobody's any more. Returns those that were. Raises GalleryError."""
    moved = [face for face in faces if _move(people, face, face.face_id)]
    audit.record(people.actor, "faces disassociated", person.id, faces=len(moved))
    return moved


def _move(people: Subjects, face: IndexedFace, name: str) -> bool:
    """Give an example to the person of a name, who may be new. False where it is gone."""
    look = look_of(people, face)
    gallery = people.gallery()
    if look is None or gallery is None:
        return False
    was = gallery.people[face.person_id]
    with people.changing() as files:
        gallery_changes.add_examples(files, gallery.model, {name: [look]})
        gallery_changes.remove_example(files, was.name, face.example_id)
    person = people.named(name)
    assert person is not None  # noqa: S101 - it was just added
    _move_picture(face, person.id)
    IndexedFace.objects.filter(pk=face.pk).update(person_id=person.id)
    if was.examples == 1 and was.name == face.face_id:
        Subject.objects.filter(pk=was.id).update(merged_into=person.id)
    face.person_id = person.id
    return True


def _move_picture(face: IndexedFace, person_id: str) -> None:
    pictures = ExamplePicture.objects.filter(example_id=face.example_id)
    if not pictures.filter(person_id=person_id).exists():
        pictures.filter(person_id=face.person_id).update(person_id=person_id)


def remove(people: Subjects, face: IndexedFace) -> None:
    """Erase a face. A person's only one takes them along. Raises GalleryError."""
    gallery = people.gallery()
    person = gallery.people.get(face.person_id) if gallery else None
    if person is not None and look_of(people, face) is not None:
        change = people.remove_example(person.id, face.example_id)
        change.delete()  # it would keep the embedding for a day
    IndexedFace.objects.filter(pk=face.pk).delete()
