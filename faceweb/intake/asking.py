"""The questions that clients ask the workers: recognise, detect, compare, embed.

The API and the adapters of other products' APIs ask them in the same way: each function gives what
`faceweb.intake.answering.submit_and_wait` needs, or the jobs themselves.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from faceweb.access.callers import Caller
from faceweb.intake.answering import Store, submit_and_wait
from faceweb.intake.submission import stored, stored_privately
from faceweb.intake.uploads import Upload, UploadRefused, checked_uploads, uploaded_pictures
from faceweb.models import Job, JobKind
from faceweb.webhooks.addresses import checked_address
from foundation.aws.storage import gallery_bucket, in_bucket
from foundation.collections import DEFAULT
from foundation.config import get_settings
from foundation.messages import RecogniseOptions, VerifyOptions

NOTHING_ASKED = RecogniseOptions()


def recognising(
    uploads_of: Callable[[], list[Upload]],
    options: RecogniseOptions,
    webhook: str = "",
    collection: str = DEFAULT,
) -> Store:
    """Who is in these pictures? Each becomes a job of the history. Only the address of `webhook` is
    checked here."""

    def store(ids: Sequence[uuid.UUID]) -> Iterator[Job]:
        uploads = uploads_of()
        if webhook:
            checked_address(webhook, get_settings().private_webhooks_allowed)
        bucket = in_bucket(get_settings())
        for upload, job_id in zip(uploads, ids, strict=False):  # refused pictures need no id
            yield stored(upload, job_id, bucket, options.given, collection)

    return store


def privately(
    kind: JobKind,
    uploads_of: Callable[[], Sequence[Upload]],
    collection: str,
    options: Mapping[str, object] | None = None,
) -> Store:
    """One job of these pictures, which nobody else is to find by name."""

    def store(ids: Sequence[uuid.UUID]) -> Iterable[Job]:
        uploads, bucket = uploads_of(), gallery_bucket(get_settings())
        return stored_privately(
            kind, ids[0], bucket, *uploads, options=options, collection=collection
        )

    return store


def collection_asked(request: HttpRequest) -> str:
    """The id of the collection that an API's request works in: its caller's."""
    caller = getattr(request, "auth", None)
    return caller.collection if isinstance(caller, Caller) else DEFAULT


async def recognised(
    request: HttpRequest,
    picture: UploadedFile,
    options: RecogniseOptions,
    wait_seconds: float,
    webhook: str = "",
) -> Job:
    """The job of one picture that is recognised, ended or not."""
    store = recognising(
        lambda: uploaded_pictures(request, [picture], get_settings()),
        options,
        webhook,
        collection_asked(request),
    )
    return await _one(request, store, wait_seconds, webhook)


async def detected(
    request: HttpRequest,
    picture: UploadedFile,
    wait_seconds: float,
    options: RecogniseOptions = NOTHING_ASKED,
) -> Job:
    """The job of a picture whose faces are found and compared with nobody, ended or not."""
    uploads_of, collection = _uploads_of(request, picture), collection_asked(request)
    store = privately(JobKind.DETECT, uploads_of, collection, options.given)
    return await _one(request, store, wait_seconds)


async def compared(
    request: HttpRequest,
    picture: UploadedFile,
    other: UploadedFile,
    options: VerifyOptions,
    wait_seconds: float,
) -> Job:
    """The job of two pictures whose faces are compared, ended or not."""
    uploads_of, collection = _uploads_of(request, picture, other), collection_asked(request)
    store = privately(JobKind.VERIFY, uploads_of, collection, options.given)
    return await _one(request, store, wait_seconds)


def upload_of(request: HttpRequest, picture: UploadedFile) -> Callable[[], Upload]:
    """Check a form's one picture, and free the form. Raises UploadRefused."""
    return lambda: uploaded_pictures(request, [picture], get_settings())[0]


async def embedded(
    request: HttpRequest,
    checked: Callable[[], Upload],
    collection: str,
    wait_seconds: float | None = None,
) -> Job:
    """The job of a picture that is embedded, to become an example or to be compared; ended or not.

    `checked` runs in a thread. The caller forgets the job of an example
    (`faceweb.jobs.erasing.forget_enrolment`).
    """
    seconds = get_settings().result_timeout_seconds if wait_seconds is None else wait_seconds
    store = privately(JobKind.EMBED, lambda: [checked()], collection)
    return await _one(request, store, seconds)


async def embedded_each(
    request: HttpRequest, pictures: Sequence[UploadedFile], collection: str
) -> list[Job | UploadRefused]:
    """The same for several pictures at once, in their order; a refusal for each that is not taken.

    The caller forgets the jobs.
    """
    found: list[uuid.UUID | UploadRefused] = []

    def store(ids: Sequence[uuid.UUID]) -> Iterator[Job]:
        bucket = gallery_bucket(get_settings())
        checked = checked_uploads(request, pictures, get_settings())
        for one, job_id in zip(checked, ids, strict=True):
            if isinstance(one, UploadRefused):
                found.append(one)
            else:
                found.append(job_id)
                yield from stored_privately(
                    JobKind.EMBED, job_id, bucket, one, collection=collection
                )

    seconds = get_settings().result_timeout_seconds
    jobs = {job.pk: job for job in await submit_and_wait(request, store, len(pictures), seconds)}
    return [one if isinstance(one, UploadRefused) else jobs[one] for one in found]


async def _one(request: HttpRequest, store: Store, wait_seconds: float, webhook: str = "") -> Job:
    [job] = await submit_and_wait(request, store, 1, wait_seconds, webhook)
    return job


def _uploads_of(request: HttpRequest, *pictures: UploadedFile) -> Callable[[], list[Upload]]:
    return lambda: uploaded_pictures(request, pictures, get_settings())
