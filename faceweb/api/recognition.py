"""Recognise, detect, verify: the questions that go to the app tier."""

from collections.abc import Sequence
from typing import Annotated, Literal

from ninja import File, Form, Query, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest, check_details
from faceweb.api.problems import PictureProblem, Problem, check_batch, none_taken, picture_problem
from faceweb.api.routing import Endpoints
from faceweb.api.shapes.faces import SearchOut
from faceweb.api.shapes.jobs import BatchOut, JobOut, VerifyOut
from faceweb.intake import asking
from faceweb.intake.answering import submit_and_wait
from faceweb.intake.uploads import Upload, UploadRefused, checked_uploads
from faceweb.models import Job, JobState
from faceweb.people.correcting.naming import face_to_name
from faceweb.people.examples.teaching import embedded_once
from faceweb.people.faces.details import Details, job_in_detail
from faceweb.people.faces.seen_faces import seen_like
from faceweb.people.faces.shown_faces import shown_faces
from faceweb.replies.threads import run_in_thread
from foundation import messages
from foundation.config import get_settings

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["recognition"])

MOST_FACES_TOLD = "How many faces are answered: the picture's own first, then by size"
MAX_FACES = Query(None, ge=1, le=messages.MOST_FACES, description=MOST_FACES_TOLD)


class RecogniseIn(Schema):
    """How the faces of a picture are named."""

    candidates: int | None = Field(
        None,
        ge=0,
        le=messages.MOST_CANDIDATES,
        description="How many of the nearest people each face carries (3)",
    )
    min_probability: float | None = Field(
        None,
        ge=0.0,
        le=1.0,
        description="A face that the detector is less sure of gets no name (MIN_PROBABILITY)",
    )
    threshold: float | None = Field(
        None,
        gt=0.0,
        le=4.0,
        description="Distance above which a face is unknown, in place of the gallery's threshold",
    )
    max_faces: int | None = Field(None, ge=1, le=messages.MOST_FACES, description=MOST_FACES_TOLD)

    def options(self, wanted: Details) -> messages.RecogniseOptions:
        """As the task's message carries them."""
        return messages.RecogniseOptions(
            candidates=self.candidates,
            least_probability=self.min_probability,
            threshold=self.threshold,
            most_faces=self.max_faces,
            embeddings=wanted.embeddings or None,
        )


WEBHOOK = Form(
    "", max_length=2000, description="An address that gets a signed message when the job has ended"
)


@router.post("/recognise", response={200: JobOut, 202: JobOut}, summary="Who is in a picture?")
async def recognise(
    request: ApiRequest,
    picture: File[UploadedFile],
    details: Query[Details],
    query: Query[RecogniseIn],
    webhook: str = WEBHOOK,
    wait: bool = True,
) -> object:
    """All faces of a picture with names, boxes and similarities.

    With `wait=false`, or when no answer comes in time, the status is 202 and `url` says where the
    answer will be. `webhook` is an address that gets a signed message when the job has ended.
    """
    check_details(request, details)
    job = await asking.recognised(request, picture, query.options(details), _seconds(wait), webhook)
    return await _answer(job, details)


@router.post(
    "/recognise/batch", response={200: BatchOut, 202: BatchOut}, summary="Up to 20 pictures"
)
async def recognise_batch(
    request: ApiRequest,
    pictures: File[list[UploadedFile]],
    details: Query[Details],
    query: Query[RecogniseIn],
    webhook: str = WEBHOOK,
    wait: bool = True,
) -> object:
    """Each picture becomes one job; 200 when all are answered, else 202.

    A picture that is not taken is among `problems`, and the others are answered.
    """
    check_batch(pictures)
    check_details(request, details)
    problems: list[PictureProblem] = []
    store = asking.recognising(
        lambda: _usable(request, pictures, problems),
        query.options(details),
        webhook,
        asking.collection_asked(request),
    )
    jobs = await submit_and_wait(request, store, len(pictures), _seconds(wait), webhook)
    status = 200 if all(job.is_final for job in jobs) else 202
    shown = await run_in_thread(lambda: [job_in_detail(job, details) for job in jobs])
    return Status(status, {"jobs": shown, "problems": problems})


@router.post("/detect", response={200: JobOut, 202: JobOut}, summary="Where are faces?")
async def detect(
    request: ApiRequest,
    picture: File[UploadedFile],
    details: Query[Details],
    wait: bool = True,
    max_faces: int | None = MAX_FACES,
) -> object:
    """The faces of a picture, compared with nobody."""
    check_details(request, details)
    options = messages.RecogniseOptions(most_faces=max_faces, embeddings=details.embeddings or None)
    job = await asking.detected(request, picture, _seconds(wait), options)
    return await _answer(job, details)


FaceNumber = Annotated[int, Field(ge=0, le=1000)]
FACE = Form(None, description="Which face of the picture, from 0; `any` is the one that fits best")
OTHER_FACE = Form(None, description="The same of the other picture; `all` compares each of them")


@router.post("/verify", response={200: VerifyOut, 202: VerifyOut}, summary="The same person?")
async def verify(
    request: ApiRequest,
    picture: File[UploadedFile],
    other: File[UploadedFile],
    details: Query[Details],
    face: FaceNumber | Literal["any"] | None = FACE,
    other_face: FaceNumber | Literal["any", "all"] | None = OTHER_FACE,
    wait: bool = True,
) -> object:
    """Compare a face of one picture with a face of another, not with the gallery.

    By default each picture's own face is compared, which is face 0. The job's `faces` are the two
    that were compared. With `other_face=all` each face of the other picture follows the first, and
    the answer above them is that of the nearest.
    """
    check_details(request, details)
    options = messages.VerifyOptions(
        face=face, other_face=other_face, embeddings=details.embeddings or None
    )
    job = await asking.compared(request, picture, other, options, _seconds(wait))
    answer = (await _answer(job, details)).value
    status = 200 if job.state == JobState.SUCCEEDED else 202
    return Status(status, {**_nearest(job), "detail": job.error or None, "job": answer})


@router.post("/search", response=SearchOut, summary="Where was a face seen before?")
async def search(
    request: ApiRequest,
    picture: File[UploadedFile],
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> object:
    """Faces of the history that look like the picture's own face: also those without a name, which
    can be named later. The picture itself is not kept."""
    collection = asking.collection_asked(request)

    def look(job: Job) -> dict[str, object]:
        audit.record(request.auth.name, "face searched")
        face = face_to_name(job, 0)
        return {"faces": seen_like(face, job.model, collection, limit)}

    return await embedded_once(request, picture, look, collection)


def _nearest(job: Job) -> dict[str, bool | float | None]:
    """For the faces that were compared with the first: what is said about the nearest."""
    compared = [face for face in shown_faces(job)[1:] if face.distance is not None]
    nearest = min(compared, key=lambda face: face.distance or 0.0, default=None)
    if nearest is None:
        return {"same_person": None, "similarity": None, "distance": None}
    return {
        "same_person": job.result == messages.SAME,
        "similarity": nearest.similarity,
        "distance": nearest.distance,
    }


def _seconds(wait: bool) -> float:
    return get_settings().result_timeout_seconds if wait else 0.0


def _usable(
    request: ApiRequest, pictures: Sequence[UploadedFile], problems: list[PictureProblem]
) -> list[Upload]:
    """The pictures of a batch that are taken; the others go to `problems`. Raises Problem where
    none is taken."""
    uploads = []
    for place, one in enumerate(checked_uploads(request, pictures, get_settings())):
        if isinstance(one, UploadRefused):
            problems.append(picture_problem(one, place, pictures[place].name or ""))
        else:
            uploads.append(one)
    if not uploads:
        raise none_taken(problems)
    return uploads


async def _answer(job: Job, details: Details) -> Status[dict[str, object]]:
    """200 with an answer, 202 without; a failed job is a problem."""
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        status = 502 if job.error_kind == messages.INTERNAL_ERROR else 422
        raise Problem(status, job.error, job=str(job.pk))
    shown = await run_in_thread(job_in_detail, job, details)
    return Status(200 if job.is_final else 202, shown)
