"""Takes a person's name, and what was measured of the face, out of everything about videos.

Also of those that were dropped into the bucket, which the database knows nothing of: so every
result is read once.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from faceweb.models import Video
from faceweb.videos.deleting import VideoBuckets
from workers.errors import MalformedMessage, ObjectMissing
from workers.lambdas import layout, results
from workers.storage import Bucket

ERASED = "erased"
MEASURED = ("name", "similarity", "distance")
TEXT_END, JSON_END = layout.text_key(""), layout.json_key("")
SEEN = "/seen-"


def forget_in_videos(name: str, buckets: VideoBuckets) -> int:
    """Erase a name from videos' rows and from S3. Returns in how many videos it was."""
    _forget_in_rows(name)
    named, answered = _forget_in_results(name, buckets.output)
    for key in buckets.stage.keys(""):
        video = key.rpartition(SEEN)[0]
        if video and (video in named or video not in answered):
            _forget_in_frame(name, key, buckets.stage)
    return len(named)


def _forget_in_rows(name: str) -> None:
    for video in Video.objects.exclude(people=[]).only("people", "frames", "result").iterator(50):
        if all(person["name"] != name for person in video.people):
            continue
        Video.objects.filter(pk=video.pk).update(
            people=[person for person in video.people if person["name"] != name],
            frames=[_without(frame, name) for frame in video.frames],
            result=ERASED if video.result == name else video.result,
        )


def _without(frame: dict[str, Any], name: str) -> dict[str, Any]:
    faces = [
        {**face, **dict.fromkeys(MEASURED)} if face["name"] == name else face
        for face in frame["faces"]
    ]
    return {**frame, "faces": faces}


def _forget_in_results(name: str, output: Bucket) -> tuple[set[str], set[str]]:
    """Names of the videos that had it, and of all that are answered."""
    named, answered = set(), set()
    for key in output.keys(""):
        if key.endswith(layout.error_key("")) or not key.endswith((TEXT_END, JSON_END)):
            continue
        video = key.removesuffix(TEXT_END).removesuffix(JSON_END)
        answered.add(video)
        try:
            body = output.get(key)
        except ObjectMissing:
            continue  # deleted meanwhile
        clean = _clean_text(body, name) if key.endswith(TEXT_END) else clean_result(body, name)
        if clean != body:
            named.add(video)
            output.put(key, clean, layout.TEXT if key.endswith(TEXT_END) else layout.JSON)
    return named, answered


def _clean_text(body: bytes, name: str) -> bytes:
    return ERASED.encode() if body == name.encode() else body


def clean_result(body: bytes, name: str) -> bytes:
    """A video's `<name>.json` without a person; what is not ours stays as it is."""
    try:
        found = json.loads(body)
        people = [person for person in found["people"] if person["name"] != name]
        if len(people) == len(found["people"]):
            return body
        clean = {
            **found,
            "people": people,
            "frames": [_without(frame, name) for frame in found["frames"]],
            "answer": ERASED if found["answer"] == name else found["answer"],
        }
    except (ValueError, KeyError, TypeError):
        return body
    return json.dumps(clean, ensure_ascii=False, indent=1).encode()


def _forget_in_frame(name: str, key: str, stage: Bucket) -> None:
    try:
        frame, damaged, trouble = results.decode_frame(stage.get(key))
    except (MalformedMessage, ObjectMissing):
        return
    if all(face.name != name for face in frame.faces):
        return
    faces = tuple(
        replace(face, **dict.fromkeys(MEASURED)) if face.name == name else face  # type: ignore[arg-type]
        for face in frame.faces
    )
    stage.put(key, results.encode_frame(replace(frame, faces=faces), damaged, trouble), layout.JSON)
