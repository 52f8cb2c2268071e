"""Takes a person's name, and what was measured of the face, out of everything that was answered."""

from __future__ import annotations

import json
from typing import Any

from faceweb.models import IdempotentAnswer, Job, JobKind
from workers.storage import Bucket

ERASED = "erased"
MEASURED = ("identity", "named", "embedding", "landmarks", "distance", "similarity")


def forget_name(name: str, answers: Bucket) -> int:
    """Erase a name from the history, from the answers in the out-bucket, and from those that are
    kept for a request that is sent twice. Returns how many jobs had it."""
    changed = 0
    for job in Job.objects.exclude(faces=[], result="").defer("stage_milliseconds").iterator(200):
        faces = [_without(face, name) for face in job.faces]
        if faces == job.faces and job.result != name:
            continue
        if job.result == name and job.kind == JobKind.RECOGNISE and not job.picture_deleted:
            answers.put(job.output_key, ERASED.encode(), "text/plain; charset=utf-8")
        Job.objects.filter(pk=job.pk).update(
            faces=faces,
            result=ERASED if job.result == name else job.result,
            has_unknown=any("embedding" in face for face in faces),
        )
        changed += 1
    _forget_kept_answers(name)
    return changed


def _without(face: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in (face.get("identity"), face.get("named")):
        return face
    return {key: value for key, value in face.items() if key not in MEASURED}


def _forget_kept_answers(name: str) -> None:
    """A request that is sent again after this is done again."""
    written = {name.encode(), json.dumps(name)[1:-1].encode()}
    for answer in IdempotentAnswer.objects.only("pk", "body").iterator(50):
        if any(form in bytes(answer.body) for form in written):
            answer.delete()
