"""Takes a person, and what was measured of their face, out of everything about videos."""

import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace

from django.db import transaction

from faceweb.models import Face, Video
from faceweb.models.videos import JsonObject
from faceweb.people.erasure.answers import NOTHING_MEASURED
from faceweb.people.faces.known_people import ERASED
from faceweb.videos.deleting import VideoBuckets
from foundation.aws.storage import Bucket
from foundation.collections import DEFAULT, collection_of_key
from foundation.errors import MalformedMessage, ObjectMissing
from recognition.video.merging import SeenFace
from workers.videos import layout, results

MEASURED = ("name", "person_id", "similarity", "distance")
TEXT_END, JSON_END = layout.text_key(""), layout.json_key("")
SEEN = "/seen-"

IsTheirs = Callable[[str], object]
"""Whether a name is one that the person had."""


def forget_in_rows(
    names: Collection[str], ids: Collection[str], collection: str = DEFAULT
) -> set[uuid.UUID]:
    """Erase a person from the rows of a collection's videos. Returns which videos showed them."""
    faces = Face.objects.filter(person__in=ids, video__collection=collection)
    shown = set(faces.values_list("video_id", flat=True))
    here = Video.objects.filter(collection=collection)
    named = here.exclude(people=[]).values_list("pk", "people")
    named_ids = [pk for pk, people in named if any(_is_of(person, names, ids) for person in people)]
    for video_id in shown | set(named_ids):
        _forget_in_row(video_id, names, ids)
    return shown | set(named_ids)


def _is_of(person: dict[str, object], names: Collection[str], ids: Collection[str]) -> bool:
    subject = person.get("person_id")
    return subject in ids if subject else person["name"] in names


def _forget_in_row(video_id: uuid.UUID, names: Collection[str], ids: Collection[str]) -> None:
    with transaction.atomic():
        video = Video.objects.filter(pk=video_id).first()
        if video is None:
            return
        words = {person["name"] for person in video.people if _is_of(person, names, ids)}
        theirs = video.faces.filter(person__in=ids)
        theirs.update(**NOTHING_MEASURED)
        Video.objects.filter(pk=video.pk).update(
            people=[person for person in video.people if person["name"] not in words],
            frames=[_without(frame, words.__contains__) for frame in video.frames],
            result=ERASED if video.result in words else video.result,
        )


def _without(frame: JsonObject, is_theirs: IsTheirs) -> JsonObject:
    if "faces" not in frame:
        return frame
    faces = [
        {**face, **dict.fromkeys(MEASURED)} if face["name"] and is_theirs(face["name"]) else face
        for face in frame["faces"]
    ]
    return {**frame, "faces": faces}


def forget_in_buckets(is_theirs: IsTheirs, buckets: VideoBuckets, folder: str = "") -> set[str]:
    """Erase a person's names from videos' results and frames. Returns in which videos they were.

    Also from those that were dropped into the bucket, which the database knows nothing of: so
    every result below `folder` is read once. Below none it is the default collection's.
    """
    named, answered = _forget_in_results(is_theirs, buckets.output, folder)
    for key in _keys(buckets.stage, folder):
        video = key.rpartition(SEEN)[0]
        if video and (video in named or video not in answered):
            _forget_in_frame(is_theirs, key, buckets.stage)
    return named


def _forget_in_results(
    is_theirs: IsTheirs, output: Bucket, folder: str
) -> tuple[set[str], set[str]]:
    """Names of the videos that had it, and of all that are answered."""
    named, answered = set(), set()
    for key in _keys(output, folder):
        if key.endswith(layout.error_key("")) or not key.endswith((TEXT_END, JSON_END)):
            continue
        video = key.removesuffix(TEXT_END).removesuffix(JSON_END)
        answered.add(video)
        try:
            body = output.get(key)
        except ObjectMissing:
            continue  # deleted meanwhile
        is_text = key.endswith(TEXT_END)
        clean = _clean_text(body, is_theirs) if is_text else clean_result(body, is_theirs)
        if clean != body:
            named.add(video)
            output.put(key, clean, layout.TEXT if is_text else layout.JSON)
    return named, answered


def _keys(bucket: Bucket, folder: str) -> list[str]:
    """The keys below a folder, without other collections'."""
    collection = collection_of_key(folder)
    return [key for key in bucket.keys(folder) if collection_of_key(key) == collection]


def _clean_text(body: bytes, is_theirs: IsTheirs) -> bytes:
    return ERASED.encode() if is_theirs(body.decode(errors="replace")) else body


def clean_result(body: bytes, is_theirs: IsTheirs) -> bytes:
    """A video's `<name>.json` without a person; what is not ours stays as it is."""
    try:
        found = json.loads(body)
        people = [person for person in found["people"] if not is_theirs(person["name"])]
        if len(people) == len(found["people"]):
            return body
        clean = {
            **found,
            "people": people,
            "frames": [_without(frame, is_theirs) for frame in found["frames"]],
            "answer": ERASED if is_theirs(found["answer"]) else found["answer"],
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return body
    return json.dumps(clean, ensure_ascii=False, indent=1).encode()


def _forget_in_frame(is_theirs: IsTheirs, key: str, stage: Bucket) -> None:
    try:
        frame, damaged, trouble = results.decode_frame(stage.get(key))
    except (MalformedMessage, ObjectMissing):
        return
    theirs = [bool(face.name) and is_theirs(face.name or "") for face in frame.faces]
    if not any(theirs):
        return
    faces = tuple(
        SeenFace(name=None, box=face.box, probability=face.probability) if is_one else face
        for face, is_one in zip(frame.faces, theirs, strict=True)
    )
    stage.put(key, results.encode_frame(replace(frame, faces=faces), damaged, trouble), layout.JSON)
