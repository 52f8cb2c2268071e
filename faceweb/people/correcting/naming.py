"""Says in the rows who a face is, and who is the same person."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from faceweb.models import Face, FaceSource, Job, JobKind, Subject


class NoUsableFace(Exception):
    """A face that can't become an example; the text says why."""


def face_to_name(job: Job, number: int) -> Face:
    """The face of a job that is to become an example. Raises NoUsableFace."""
    faces = {face.number: face for face in job.faces.all()}
    if not faces:
        raise NoUsableFace(job.error or "No face was found in the picture.")
    if number not in faces:
        raise NoUsableFace(f"The picture has {len(faces)} faces; there is no face {number}.")
    face = faces[number]
    if job.kind == JobKind.EMBED and face.left_out:
        raise NoUsableFace(f"The face is not used: {face.left_out}.")
    if face.embedding is None:
        raise NoUsableFace("This face has a name already, or its embedding was erased.")
    return face


def note_person(face: Face, person_id: str) -> None:
    """Somebody said whose face it is. The gallery has its embedding now; here it goes."""
    Face.objects.filter(pk=face.pk).update(**said_by_user(person_id))


def said_by_user(person_id: str | None = None) -> dict[str, object]:
    """The fields of a face that a person has looked at, who named this person or nobody."""
    return {
        "person_id": person_id,
        "source": FaceSource.USER,
        "named_at": timezone.now(),
        "similarity": None,
        "distance": None,
        "embedding": None,
        "is_unknown": False,
    }


def note_merged(person_id: str, into_id: str) -> None:
    """Answers about the first person, and about all who were merged into them, follow."""
    with transaction.atomic():
        merged = Subject.objects.filter(Q(pk=person_id) | Q(merged_into=person_id))
        merged.update(merged_into=into_id)
