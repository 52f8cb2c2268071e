"""Uploads that clients make to S3 themselves, so that no picture passes the web tier."""

from collections.abc import Collection, Sequence
from functools import cache, partial

from ninja import Query, Schema, Status
from pydantic import Field

from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest
from faceweb.api.problems import Problem
from faceweb.api.recognition import RecogniseIn
from faceweb.api.routing import Endpoints
from faceweb.intake import arriving
from faceweb.intake.asking import collection_asked
from faceweb.intake.uploads import refuse_while_paused
from faceweb.models import PendingUpload
from faceweb.people.faces.details import Details
from faceweb.replies.threads import run_fetching, run_in_thread
from faceweb.webhooks.addresses import checked_address, resolved
from foundation.aws.storage import in_bucket
from foundation.config import Settings, get_settings

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["recognition"])


class UploadIn(Schema):
    """A picture that the client will send to S3."""

    filename: str = Field("picture", max_length=500, description="The picture's file name")
    content_type: str = Field(
        "image/jpeg", max_length=100, pattern=r"^image/[a-z0-9.+-]+$", description="Its media type"
    )
    webhook: str = Field(
        "",
        max_length=2000,
        description="An address that gets a signed message when the job has ended",
    )


class UploadOut(Schema):
    """Where the picture goes, and where its answer will be."""

    id: str = Field(description="The job's id, once the picture has arrived")
    url: str = Field(description="Send the picture here by POST, as multipart/form-data")
    fields: dict[str, str] = Field(description="Fields of the form, before the field `file`")
    expires_at: str = Field(description="Until when it may be sent, in ISO 8601")
    max_bytes: int = Field(description="Larger files are refused")
    job: str = Field(description="The job's address; 404 until the picture has arrived")


class UploadsIn(Schema):
    """Pictures that the client will send to S3."""

    uploads: list[UploadIn] = Field(
        min_length=1,
        max_length=100,
        description="The pictures, in any order. Their webhooks have one host.",
    )


class UploadsOut(Schema):
    """Where each picture goes, in the order of the request."""

    uploads: list[UploadOut] = Field(description="One form for each picture")


@router.post("/uploads", response={201: UploadOut}, summary="Send a picture to S3 yourself")
async def add_upload(request: ApiRequest, new: UploadIn, query: Query[RecogniseIn]) -> object:
    """Its arrival starts the recognition, as `recognise` does. It is sent within 5 minutes."""
    return Status(201, (await _allowed(request, [new], query))[0])


@router.post("/uploads/batch", response={201: UploadsOut}, summary="Send up to 100 pictures to S3")
async def add_uploads(request: ApiRequest, new: UploadsIn, query: Query[RecogniseIn]) -> object:
    """A burst asks once: each picture has a form of its own, and becomes one job."""
    return Status(201, {"uploads": await _allowed(request, new.uploads, query)})


async def _allowed(
    request: ApiRequest, pictures: Sequence[UploadIn], query: RecogniseIn
) -> list[dict[str, object]]:
    webhooks = {one.webhook for one in pictures} - {""}
    if webhooks:
        await run_fetching(partial(_check, webhooks, get_settings()))
    return await run_in_thread(_forms, request, pictures, query)


def _forms(
    request: ApiRequest, pictures: Sequence[UploadIn], query: RecogniseIn
) -> list[dict[str, object]]:
    refuse_while_paused()
    settings, collection = get_settings(), collection_asked(request)
    uploads = arriving.allow(pictures, query.options(Details()).given, collection)
    pairs = zip(uploads, pictures, strict=True)
    return [_form_json(upload, one.content_type, settings) for upload, one in pairs]


def _check(webhooks: Collection[str], settings: Settings) -> None:
    """Raises AddressRefused, and Problem for a second host: to look one up may take seconds, and
    the request keeps its thread meanwhile."""
    resolve, hosts = cache(resolved), set()
    for webhook in webhooks:
        address = checked_address(webhook, settings.private_webhooks_allowed, resolve)
        hosts.add(address.host_header)
        if len(hosts) > 1:
            raise Problem(422, "The webhooks of one request must have one host.")


def _form_json(upload: PendingUpload, content_type: str, settings: Settings) -> dict[str, object]:
    form = in_bucket(settings).form_for(
        arriving.key_of(upload), content_type, settings.max_upload_bytes, arriving.VALID
    )
    return {
        "id": str(upload.pk),
        "url": form.url,
        "fields": form.fields,
        "expires_at": upload.expires_at.isoformat(),
        "max_bytes": settings.max_upload_bytes,
        "job": f"/api/v1/jobs/{upload.pk}",
    }
