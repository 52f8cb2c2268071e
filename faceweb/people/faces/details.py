"""Details of a face that are shown on request only: embedding, cut-out, and which way it looks."""

import base64
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, Field

from faceweb.jobs.pictures import bucket_of, face_cutout
from faceweb.models import Face, Job
from faceweb.people.faces.shown_faces import shown_faces
from foundation.config import get_settings
from foundation.errors import ObjectMissing
from recognition.detection.pose import pose_of
from recognition.errors import PictureError


class Details(BaseModel):
    """What each face carries beside its name and box."""

    embeddings: bool = Field(
        False, description="What each face looks like to the model; the key needs that scope"
    )
    crops: bool = Field(False, description="Each face cut out, as a JPEG in base64")
    pose: bool = Field(False, description="Which way each face looks, in degrees")


def job_in_detail(job: Job, details: Details) -> dict[str, object]:
    """The job as the API shows it, each face with the details. Runs in a thread."""
    faces = shown_faces(job)
    shown = [face.as_json() for face in faces]
    if details.embeddings:
        _add(shown, "embedding", embeddings_of(faces))
    if details.crops:
        _add(shown, "crop", _crops(job, faces))
    if details.pose:
        _add(shown, "pose", [pose_json(face) for face in faces])
    return job.as_json(shown)


def _add(shown: list[dict[str, object]], name: str, values: Sequence[object]) -> None:
    for face, value in zip(shown, values, strict=True):
        face[name] = value


def embeddings_of(faces: Sequence[Face]) -> list[list[float] | None]:
    """What each face looks like to the model; None where it is not kept."""
    kept = dict(
        Face.objects.filter(pk__in=[face.pk for face in faces if face.pk]).values_list(
            "pk", "embedding"
        )
    )
    return [_numbers(kept.get(face.pk)) for face in faces]


def _numbers(stored: bytes | memoryview | None) -> list[float] | None:
    return None if stored is None else np.frombuffer(bytes(stored), "<f4").tolist()


def _crops(job: Job, faces: Sequence[Face]) -> list[str | None]:
    """Each face as a JPEG in base64; None where the picture is gone.

    Where two pictures were compared, the first face is of the one, all others of the other.
    """
    settings = get_settings()
    bucket = bucket_of(job, settings)
    keys = [job.other_key if number and job.other_key else job.input_key for number in range(2)]
    pictures: dict[str, bytes] = {}
    for key in set(keys[: len(faces)]):
        try:
            pictures[key] = bucket.get(key)
        except ObjectMissing:
            continue
    return [_crop(pictures.get(keys[min(place, 1)]), face) for place, face in enumerate(faces)]


def _crop(picture: bytes | None, face: Face) -> str | None:
    if picture is None:
        return None
    try:
        return base64.b64encode(face_cutout(picture, face.box)).decode()
    except PictureError:
        return None


def pose_json(face: Face) -> dict[str, float] | None:
    """Which way a face looks, in degrees; None without landmarks."""
    pose = pose_of(face.landmarks)
    return None if pose is None else {"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll}
