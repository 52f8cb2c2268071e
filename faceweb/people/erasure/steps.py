"""The steps of erasing a person, in their order. Each can be repeated."""

import uuid
from collections.abc import Callable, Mapping

from django.utils import timezone

from faceweb.models import ExamplePicture, Face, IndexedFace, Job, Subject, Video
from faceweb.people.erasure.answers import AT_ONCE, forget_faces, forget_words
from faceweb.people.erasure.local_files import forget_in_database_files, forget_local_files
from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.erasure.places import Places
from faceweb.people.erasure.records import forget_records
from faceweb.people.erasure.their_names import hash_of
from faceweb.people.examples import example_pictures
from faceweb.people.faces.known_people import ERASED
from faceweb.people.subject_list import copy_people
from faceweb.replies.leases import gallery_lease, lease
from faceweb.videos.deleting import delete_pictures
from faceweb.videos.forgetting import forget_in_buckets, forget_in_rows
from foundation.collections import folder_of
from recognition.gallery import gallery_changes
from recognition.gallery.gallery import Gallery
from recognition.gallery.names import ANSWERS, name_key
from workers.videos import layout


def forget_videos(person: ErasedPerson, places: Places) -> None:
    """Objects first, by the rows that tell which; a row that is done is not found again."""
    folder = folder_of(person.collection)
    named = forget_in_buckets(person.names.is_theirs, places.videos, folder)
    shown = forget_in_rows(person.words, person.ids, person.collection)
    if person.erasure.with_pictures:
        for video_id in shown:
            _delete_film(video_id, person, places)
    person.count(
        "videos", len(named | {layout.sent_key(video_id, person.collection) for video_id in shown})
    )


def _delete_film(video_id: uuid.UUID, person: ErasedPerson, places: Places) -> None:
    video = Video.objects.filter(pk=video_id).first()
    if video is None or video.pictures_deleted:
        return
    delete_pictures(video, places.videos)
    person.count("pictures_deleted", 1)
    if person.names.are_in_file_name(video.filename):
        Video.objects.filter(pk=video_id).update(filename=ERASED)


Step = Callable[[ErasedPerson, Places], None]


def _copy(person: ErasedPerson, places: Places) -> None:
    """The rows of people say first what the gallery says now."""
    with lease(gallery_lease(person.collection), person.patience_seconds):
        copy_people(places.gallery_of(person.collection), person.collection)


def _gather(person: ErasedPerson, places: Places) -> None:
    """Every name they had: now, before a merge, and in answers from before they were renamed."""
    erasure = person.erasure
    rows = Subject.objects.filter(pk__in=person.ids)
    answered = Job.objects.filter(
        pk__in=Face.objects.filter(
            person__in=person.ids, is_answer=True, source="model", job__isnull=False
        ).values("job_id")
    )
    words = {*rows.values_list("name", flat=True), *_words_of_videos(person.ids), *erasure.names}
    words |= set(answered.values_list("result", flat=True).distinct().order_by())
    erasure.names = sorted(one for one in words if one and not ANSWERS.fullmatch(name_key(one)))
    former = [one for hashes in rows.values_list("former_names", flat=True) for one in hashes]
    erasure.name_hashes = sorted({*map(hash_of, erasure.names), *former})
    erasure.save(update_fields=["names", "name_hashes"])


def _words_of_videos(ids: list[str]) -> set[str]:
    shown = Face.objects.filter(person__in=ids, video__isnull=False)
    videos = {face.video for face in shown.select_related("video").only("video__people")}
    return {
        entry["name"]
        for video in videos
        if video is not None
        for entry in video.people
        if entry.get("person_id") in ids
    }


def _leave_gallery(person: ErasedPerson, places: Places) -> None:
    """From here on nobody is called by the person's names; only ids are left in the copy."""
    erasure, files = person.erasure, places.gallery_of(person.collection)
    with lease(gallery_lease(person.collection), person.patience_seconds):
        gallery = Gallery.open(files)
        enrolled = gallery.people.get(erasure.person_id) if gallery else None
        if enrolled is not None:
            gallery_changes.remove_person(files, enrolled.name)
        Subject.objects.filter(pk__in=person.ids).update(
            name="", name_key="", examples=0, former_names=[], cover="", erased_at=timezone.now()
        )
        copy_people(files, person.collection)


def _forget_examples(person: ErasedPerson, places: Places) -> None:
    of_person = ExamplePicture.objects.filter(person_id__in=person.ids)
    while deleted := example_pictures.delete(places.private, of_person[:AT_ONCE]):
        person.count("pictures", deleted)
        person.stop_when_late()
    IndexedFace.objects.filter(person_id__in=person.ids).delete()


STEPS: Mapping[str, Step] = {
    "copy": _copy,
    "gather": _gather,
    "gallery": _leave_gallery,
    "examples": _forget_examples,
    "faces": forget_faces,
    "words": forget_words,
    "videos": forget_videos,
    "records": lambda person, places: forget_records(person),
    "local files": forget_local_files,
    "database": lambda person, places: forget_in_database_files(),
}
ONCE = ("copy", "gather", "gallery")
"""Steps that a second look does not repeat."""
