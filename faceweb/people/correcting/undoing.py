"""Undoes what people changed: a face's name, a merge of people or strangers, a removed example."""

from contextlib import suppress

from faceweb.access import audit
from faceweb.models import Change, ChangeKind, ExamplePicture, Subject
from faceweb.people.correcting.corrections import undo_face
from faceweb.people.correcting.kept_changes import rows_of
from faceweb.people.examples.example_pictures import keep_cutout
from faceweb.people.strangers.saying import undo_merging
from faceweb.people.subjects import NoSuchSubject, Subjects
from recognition.errors import GalleryError


def undo(change: Change, people: Subjects) -> None:
    """Raises NotUndone, GalleryError, LeaseTaken."""
    match change.kind:
        case ChangeKind.FACE:
            _undo_face(change, people)
        case ChangeKind.MERGE:
            _undo_merge(change, people)
        case ChangeKind.GROUP:
            undo_merging(change, people.actor)
        case _:
            _undo_removal(change, people)


def _undo_face(change: Change, people: Subjects) -> None:
    """What the gallery learnt from the face goes, too; a person's only example takes them along."""
    example, people_ids = change.before["example"], list(change.people)
    undo_face(change, people.actor)
    for person_id in people_ids if example else ():
        _take_out(people, person_id, example)


def _take_out(people: Subjects, person_id: str, example: str) -> None:
    """Remove an example that an undone change had added. That itself is not undone again."""
    with suppress(NoSuchSubject, GalleryError):
        people.remove_example(person_id, example).delete()


def _undo_merge(change: Change, people: Subjects) -> None:
    before = change.before
    person_id, into_id = before["from"], before["into"]
    pictures = ExamplePicture.objects.filter(
        person_id=into_id, example_id__in=before["pictures"]
    ).values_list("example_id", "key", "added_at")
    kept = list(pictures)
    person = people.give_back(person_id, rows_of(change), before["model"])
    Subject.objects.filter(pk__in=[person_id, *before["merged"]]).update(merged_into=person.id)
    for example, key, added_at in kept:
        ExamplePicture.objects.update_or_create(
            person_id=person.id, example_id=example, defaults={"key": key, "added_at": added_at}
        )
    added = ExamplePicture.objects.filter(person_id=into_id, example_id__in=before["added"])
    added.delete()  # the rows alone: the pictures are the first person's now
    for example in before["added"]:
        _take_out(people, into_id, example)
    change.delete()
    audit.record(people.actor, "merge undone", person.id, merged=into_id)


def _undo_removal(change: Change, people: Subjects) -> None:
    [person_id], example = change.people, change.before["example"]
    person = people.give_back(person_id, rows_of(change), change.before["model"])
    if change.picture is not None:
        picture = bytes(change.picture)
        keep_cutout(people.bucket, picture, person.id, example, people.collection)
    change.delete()
    audit.record(people.actor, "removal undone", person.id, example=example)
