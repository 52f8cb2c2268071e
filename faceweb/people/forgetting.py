"""Takes a person, and what was measured of their faces, out of everything that was answered."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from faceweb.models import Face, IdempotentAnswer, Job, JobKind
from faceweb.people.known_people import ERASED
from workers.storage import Bucket

NOTHING_MEASURED: dict[str, Any] = {
    "person": None, "word": "", "source": "", "named_at": None, "similarity": None,
    "distance": None, "candidates": [], "landmarks": [], "size_pixels": None, "sharpness": None,
    "turned": None, "embedding": None, "is_unknown": False,
}  # fmt: skip


def forget_answers(names: Collection[str], ids: Collection[str], answers: Bucket) -> int:
    """Erase a person from the history, from the answers in the out-bucket, and from those that are
    kept for a request that is sent twice. Returns how many jobs had them."""
    faces = Face.objects.filter(Q(person__in=ids) | Q(word__in=names), job__isnull=False)
    answered = Job.objects.filter(result__in=names)
    jobs = set(faces.values_list("job_id", flat=True)) | set(answered.values_list("pk", flat=True))
    _forget_results(answered, answers)
    faces.update(**NOTHING_MEASURED)
    _forget_kept_answers(names)
    return len(jobs)


def _forget_results(answered: QuerySet[Job], answers: Bucket) -> None:
    for job in answered.filter(kind=JobKind.RECOGNISE, picture_deleted=False).iterator(200):
        answers.put(job.output_key, ERASED.encode(), "text/plain; charset=utf-8")
    answered.update(result=ERASED)


def _forget_kept_answers(names: Collection[str]) -> None:
    """A request that is sent again after this is done again."""
    written = {form for name in names for form in (name.encode(), json.dumps(name)[1:-1].encode())}
    for answer in IdempotentAnswer.objects.only("pk", "body").iterator(50):
        if any(form in bytes(answer.body) for form in written):
            answer.delete()
