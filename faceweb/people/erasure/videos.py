"""Takes a person out of videos: rows, results, frames, and the films themselves if asked."""

import uuid

from faceweb.models import Video
from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.erasure.places import Places
from faceweb.people.faces.known_people import ERASED
from faceweb.videos.deleting import delete_pictures
from faceweb.videos.forgetting import forget_in_buckets, forget_in_rows
from foundation.collections import folder_of
from workers.videos import layout


def forget_videos(person: ErasedPerson, places: Places) -> None:
    """Objects first, by the rows that tell which; a row that is done is not found again."""
    folder = folder_of(person.collection)
    named = forget_in_buckets(person.names.is_theirs, places.videos, folder)
    shown = forget_in_rows(person.words, person.ids, person.collection)
    if person.with_pictures:
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
