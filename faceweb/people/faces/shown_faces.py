"""Faces as pages and API show them: with what their people are called now."""

from collections.abc import Iterable, Sequence

from django.db.models import Prefetch, prefetch_related_objects

from faceweb.models import Face, FaceSource, Job, Likely, Subject
from recognition.types import NO_FACE, UNKNOWN

WITH_PEOPLE = Prefetch(
    "faces",
    Face.objects.select_related("person__merged_into").defer("embedding").order_by("number"),
)


def load_faces(jobs: Iterable[Job]) -> None:
    """Read the faces of jobs, and who they are, with a few queries for all of them."""
    ended = [job for job in jobs if job.is_final]
    prefetch_related_objects(ended, WITH_PEOPLE)
    note_candidates([face for job in ended for face in job.faces.all()])


def note_candidates(faces: Sequence[Face]) -> None:
    """Look up the names of the people that faces may show: their `nearest`."""
    ids = {candidate[0] for face in faces for candidate in face.candidates}
    if not ids:
        return
    people = Subject.objects.select_related("merged_into").in_bulk(ids)
    for face in faces:
        face.nearest = [
            Likely(
                person_id=people[person_id].now.pk,
                name=people[person_id].now.name,
                distance=distance,
                similarity=similarity,
            )
            for person_id, distance, similarity in face.candidates
            if person_id in people and people[person_id].now.erased_at is None
        ]


def shown_faces(job: Job) -> list[Face]:
    """A job's faces in the order of its reply; read now, where `load_faces` has not."""
    if not job.is_final:
        return []
    if "faces" not in getattr(job, "_prefetched_objects_cache", {}):
        load_faces([job])
    return list(job.faces.all())


def job_json(job: Job) -> dict[str, object]:
    """The job as the API shows it."""
    return job.as_json([face.as_json() for face in shown_faces(job)])


def jobs_json(jobs: Sequence[Job]) -> list[dict[str, object]]:
    """The same for a list of jobs."""
    load_faces(jobs)
    return [job_json(job) for job in jobs]


def answers_now(jobs: Iterable[Job]) -> list[Job]:
    """Jobs for a list, each with its `answer`: everybody in it, as they are called now."""
    listed = list(jobs)
    load_faces(listed)
    for job in listed:
        job.answer = answer_now(job)  # type: ignore[attr-defined]
    return listed


def answer_now(job: Job) -> str:
    """Who is in a picture, as people say it: "Ann, Bob and 2 unknown".

    The picture's first answer stays where no row says more: an erased person's answer.
    """
    faces = shown_faces(job)
    seen = [face for face in faces if face.name or not face.left_out]
    if not seen:
        is_corrected = any(face.source == FaceSource.USER for face in faces)
        return NO_FACE if is_corrected else job.result
    is_named = any(face.name for face in seen)
    if not is_named and job.result not in (UNKNOWN, NO_FACE) and not _is_corrected(faces):
        return job.result
    return answer_of(seen)


def answer_of(faces: Sequence[Face]) -> str:
    """The same of faces alone."""
    seen = [face for face in faces if face.name or not face.left_out]
    names = list(dict.fromkeys(face.name for face in seen if face.name))
    strangers = sum(not face.name for face in seen)
    return listed(names, strangers) if seen else NO_FACE


def _is_corrected(faces: Sequence[Face]) -> bool:
    return any(face.is_answer and face.source == FaceSource.USER for face in faces)


def listed(names: list[str], strangers: int = 0) -> str:
    """["Ann", "Bob"], 1 -> "Ann, Bob and 1 unknown"."""
    if not names:
        return UNKNOWN if strangers == 1 else f"{strangers} {UNKNOWN}"
    parts = [*names, f"{strangers} {UNKNOWN}"] if strangers else names
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
