"""A picture that is sent becomes an example of a person; nothing else of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from faceweb.jobs.asking import embedded, embedded_each
from faceweb.jobs.erasing import forget_enrolment
from faceweb.jobs.uploads import UploadRefused
from faceweb.models import Job
from faceweb.people.subjects import Learned, NoUsableFace, Subjects
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings

Learn = Callable[[Job], Learned]


class NoAnswerInTime(Exception):
    """No worker looked at the picture in time."""


async def taught(request: HttpRequest, picture: UploadedFile, learn: Learn) -> Learned:
    """Embed the picture, let `learn` make one of its faces an example, and forget the job.

    `learn` runs in a thread. Raises NoAnswerInTime, UploadRefused, and what `learn` raises.
    """
    return await _learnt(await embedded(request, picture), learn)


async def taught_each(
    request: HttpRequest,
    people: Subjects,
    name: str,
    pictures: Sequence[UploadedFile],
    *,
    only_one_face: bool = False,
) -> list[Learned | Exception]:
    """Each picture's own face becomes an example of `name`; the reason where one does not."""

    def learn(job: Job) -> Learned:
        return people.learn(job, 0, name, only_one_face=only_one_face)

    found: list[Learned | Exception] = []
    for job in await embedded_each(request, pictures):
        if isinstance(job, UploadRefused):
            found.append(job)
            continue
        try:
            found.append(await _learnt(job, learn))
        except (NoUsableFace, NoAnswerInTime) as refusal:
            found.append(refusal)
    return found


async def _learnt(job: Job, learn: Learn) -> Learned:
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
