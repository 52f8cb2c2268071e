"""A picture that is sent becomes an example of a person; nothing else of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from faceweb.jobs.asking import embedded
from faceweb.jobs.erasing import forget_enrolment
from faceweb.models import Job
from faceweb.people.subjects import Learned, Subjects
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

Learn = Callable[[Job], Learned]


class NoAnswerInTime(Exception):
    """No worker looked at the picture in time."""


async def taught(request: HttpRequest, picture: UploadedFile, learn: Learn) -> Learned:
    """Embed the picture, let `learn` make one of its faces an example, and forget the job.

    `learn` runs in a thread. Raises NoAnswerInTime, UploadRefused, and what `learn` raises.
    """
    job = await embedded(request, picture)
    try:
        if not job.is_final:
            raise NoAnswerInTime("No worker answered in time: send the picture again later.")
        return await run_in_thread(learn, job)
    finally:
        await run_in_thread(forget_enrolment, job, get_settings())


async def taught_own_face(
    request: HttpRequest,
    people: Subjects,
    name: str,
    picture: UploadedFile,
    *,
    only_one_face: bool = False,
) -> Learned:
    """The picture's own face becomes an example of the person `name`, who may be new."""

    def learn(job: Job) -> Learned:
        return people.learn(job, 0, name, only_one_face=only_one_face)

    return await taught(request, picture, learn)
