"""A picture that is sent becomes an example of a person; nothing else of it is kept."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from faceweb.intake.asking import embedded, embedded_each, upload_of
from faceweb.intake.uploads import UploadRefused
from faceweb.jobs.erasing import forget_enrolment
from faceweb.models import Job
from faceweb.people.subjects import Learned, NoUsableFace, Subjects
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import run_in_thread
from foundation.config import get_settings
from recognition.errors import GalleryError

Used = TypeVar("Used")


class NoAnswerInTime(Exception):
    """No worker looked at the picture in time."""


REFUSALS = (NoUsableFace, NoAnswerInTime, GalleryError, LeaseTaken)
"""What may stop one picture of several, and not the others."""


async def embedded_once(
    request: HttpRequest, picture: UploadedFile, use: Callable[[Job], Used], collection: str
) -> Used:
    """Embed the picture, let `use` do something with its faces, and forget the job.

    `use` runs in a thread. Raises NoAnswerInTime, UploadRefused, and what `use` raises.
    """
    return await _used(await embedded(request, upload_of(request, picture), collection), use)


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
    for job in await embedded_each(request, pictures, people.collection):
        if isinstance(job, UploadRefused):
            found.append(job)
            continue
        try:
            found.append(await _used(job, learn))
        except REFUSALS as refusal:
            found.append(refusal)
    return found


async def _used(job: Job, use: Callable[[Job], Used]) -> Used:
    try:
        if not job.is_final:
            raise NoAnswerInTime("No worker answered in time: send the picture again later.")
        return await run_in_thread(use, job)
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
    """The picture's own face becomes an example of the person `name`, who may be new. Raises what
    stops it."""
    [found] = await taught_each(request, people, name, [picture], only_one_face=only_one_face)
    if isinstance(found, Exception):
        raise found
    return found
