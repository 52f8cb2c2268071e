"""Takes a person out of answered pictures: rows, answers in the out-bucket, pictures if asked.

A hundred jobs at a time: objects first, then one short transaction. Finished work is not found
again, so erasing goes on wherever it stopped.
"""

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet, TextField
from django.db.models.functions import Cast

from faceweb.jobs.erasing import delete_objects
from faceweb.models import DismissedFace, Face, Job, JobKind, PictureName
from faceweb.people.erasure.person import ErasedPerson
from faceweb.people.erasure.places import Places
from faceweb.people.faces.known_people import ERASED

AT_ONCE = 100
FACES_AT_ONCE = 20_000
WRITERS = 8

NOTHING_MEASURED: dict[str, object] = {
    "person": None, "source": "", "named_at": None, "similarity": None,
    "distance": None, "candidates": [], "landmarks": [], "size_pixels": None, "sharpness": None,
    "turned": None, "embedding": None, "is_unknown": False, "stranger": None,
}  # fmt: skip


def forget_faces(person: ErasedPerson, places: Places) -> None:
    """Every job with a face of theirs."""
    seen = Face.objects.filter(person__in=person.ids, job__isnull=False)
    while ids := set(seen.values_list("job_id", flat=True)[:AT_ONCE]):
        person.stop_when_late()
        _forget_jobs(ids, person, places)


def forget_words(person: ErasedPerson, places: Places) -> None:
    """Every job that was answered with one of their names, and is tied to nobody else."""
    tied = Face.objects.filter(job=OuterRef("pk"), is_answer=True, person__isnull=False)
    here = Job.objects.filter(collection=person.collection)
    answered = here.filter(~Exists(tied), result__in=person.words)
    while ids := set(answered.values_list("pk", flat=True)[:AT_ONCE]):
        person.stop_when_late()
        _forget_jobs(ids, person, places)
    _forget_in_rows(person)


def _forget_in_rows(person: ErasedPerson) -> None:
    """Candidates: looked for a part of the table at a time."""
    last = Face.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, FACES_AT_ONCE):
        person.stop_when_late()
        part = Face.objects.filter(pk__gt=start, pk__lte=start + FACES_AT_ONCE)
        for person_id in person.ids:
            _forget_candidates(part, person_id)


def _forget_candidates(part: QuerySet[Face], person_id: str) -> None:
    texts = part.annotate(text=Cast("candidates", TextField()))
    for face in list(texts.filter(text__contains=person_id).only("candidates")):
        kept = [one for one in face.candidates if one[0] != person_id]
        Face.objects.filter(pk=face.pk).update(candidates=kept)


def _forget_jobs(ids: Iterable[uuid.UUID], person: ErasedPerson, places: Places) -> None:
    few_columns = Face.objects.only("job_id", "person_id", "source", "is_answer")
    faces = Prefetch("faces", few_columns.order_by())
    jobs = list(Job.objects.filter(pk__in=ids).prefetch_related(faces))
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda job: _forget_objects(job, person, places), jobs))
    with transaction.atomic():
        _forget_in_tables(jobs, person)


def _forget_in_tables(jobs: Sequence[Job], person: ErasedPerson) -> None:
    """An enrolment of theirs goes whole: its file name may be their name."""
    enrolments = [job.pk for job in jobs if job.kind == JobKind.EMBED]
    Job.objects.filter(pk__in=enrolments).delete()
    theirs = [face.pk for job in jobs for face in job.faces.all() if face.person_id in person.ids]
    Face.objects.filter(pk__in=theirs).update(**NOTHING_MEASURED)
    DismissedFace.objects.filter(face__in=theirs).delete()
    answered = [job.pk for job in jobs if _is_answered(job, person)]
    Job.objects.filter(pk__in=answered).update(result=ERASED, distance=None)
    if person.erasure.with_pictures:
        _forget_pictures(jobs, person)
    person.count("jobs", len(jobs) - len(enrolments))


def _is_answered(job: Job, person: ErasedPerson) -> bool:
    """Whether the answer speaks of them: by the face's id, or by the word where it has none."""
    answering = [face for face in job.faces.all() if face.is_answer and face.person_id]
    if answering:
        return any(face.person_id in person.ids and face.source == "model" for face in answering)
    return person.names.is_theirs(job.result)


def _forget_objects(job: Job, person: ErasedPerson, places: Places) -> None:
    """The job's answer, its picture where that was asked, and what an enrolment left."""
    if job.picture_deleted:
        return
    if person.erasure.with_pictures or job.kind == JobKind.EMBED:
        delete_objects(job, places.bucket_of(job), places.answers)
    elif job.kind == JobKind.RECOGNISE and _is_answered(job, person):
        write_erased(job, places)


def write_erased(job: Job, places: Places) -> None:
    """The answer in the out-bucket names nobody any more."""
    places.answers.put(job.output_key, ERASED.encode(), "text/plain; charset=utf-8")


def _forget_pictures(jobs: Sequence[Job], person: ErasedPerson) -> None:
    """Say that the pictures are gone, in every job that had them, and under no name of theirs."""
    person.count("pictures_deleted", sum(not job.picture_deleted for job in jobs))
    inputs, outputs = [job.input_key for job in jobs], [job.output_key for job in jobs]
    PictureName.objects.filter(output_key__in=outputs, input_key__in=inputs).delete()
    Job.objects.filter(input_key__in=inputs).update(picture_deleted=True)
    for job in jobs:
        if person.names.are_in_file_name(job.filename):
            key = f"{ERASED}/{job.pk}"
            same = Job.objects.filter(input_key=job.input_key)
            same.update(filename=ERASED, input_key=key, output_key=key)


def forget_late_answers(since: datetime, places: Places) -> None:
    """Answers in the out-bucket that a worker wrote when the person was erased already."""
    late = Job.objects.filter(
        answered_at__gte=since, result=ERASED, kind=JobKind.RECOGNISE, picture_deleted=False
    )
    jobs: Sequence[Job] = list(late.only("output_key"))
    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda job: write_erased(job, places), jobs))
