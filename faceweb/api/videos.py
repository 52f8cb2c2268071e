"""Videos: send one, follow it, read who is seen when, delete it."""

import uuid
from typing import Annotated

from django.http import Http404
from ninja import File, Form, Query, Status
from ninja.files import UploadedFile
from pydantic import Field

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.api.auth import ApiKeyAuth, ApiRequest
from faceweb.api.routing import Endpoints
from faceweb.api.shapes.videos import VideoFilterIn, VideoOut, VideoPageOut
from faceweb.intake.asking import collection_asked
from faceweb.jobs.paging import rows_after
from faceweb.models import Video
from faceweb.videos import deleting
from faceweb.videos.answers import video_json, videos_json
from faceweb.videos.lists import VideoFilter
from faceweb.videos.storing import sender, store
from faceweb.videos.uploads import MAX_INTERVAL_SECONDS, checked_video, plan_of
from foundation.aws.storage import video_input_bucket
from foundation.config import get_settings
from recognition.video.plan import MAX_FRAMES

router = Endpoints(auth=ApiKeyAuth(Scope.RECOGNISE), tags=["videos"])

FRAMES = Form(None, ge=1, le=MAX_FRAMES, description="How many frames, spread evenly")
INTERVAL = Form(None, gt=0, le=MAX_INTERVAL_SECONDS, description="Seconds between two frames")


@router.post("", response={202: VideoOut}, summary="Who is seen in a video, and when?")
def send_video(
    request: ApiRequest,
    video: File[UploadedFile],
    frames: int | None = FRAMES,
    interval_seconds: float | None = INTERVAL,
) -> object:
    """The video is taken, and worked on. `url` says where its progress and its result will be.

    Without `frames` and `interval_seconds` it is as configured, or 10 frames spread evenly.
    """
    settings, collection = get_settings(), collection_asked(request)
    upload = checked_video(video, plan_of(frames, interval_seconds, settings), settings)
    bucket, send = video_input_bucket(settings), sender(settings)
    stored = store(upload, settings, bucket, send, collection)
    return Status(202, stored.as_json([]))


@router.get("", response=VideoPageOut, summary="Videos, newest first")
def list_videos(
    request: ApiRequest,
    filters: Query[VideoFilterIn],
    cursor: Annotated[str | None, Field(max_length=200)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 50,
) -> object:
    """A page of videos; give `next` back as `cursor` for the page after it."""
    collection = collection_asked(request)
    wanted = VideoFilter(collection=collection, **filters.dict()).found()
    videos, more = rows_after(wanted, cursor, limit)
    audit.record(request.auth.name, "videos listed", count=len(videos))
    return {"videos": videos_json(videos), "next": more}


@router.get("/{uuid:video_id}", response=VideoOut, summary="One video")
def get_video(request: ApiRequest, video_id: uuid.UUID) -> object:
    """The video with its people and the frames that are done."""
    video = _video(request, video_id)
    audit.record_look(request.auth.name, "video seen", video_id)
    return video_json(video)


@router.delete("/{uuid:video_id}", response={204: None}, summary="Delete a video and its frames")
def delete_video(request: ApiRequest, video_id: uuid.UUID) -> object:
    """Also one that is still worked on."""
    buckets = deleting.video_buckets(get_settings())
    deleting.delete_video(_video(request, video_id), buckets, request.auth.name)
    return Status(204, None)


def _video(request: ApiRequest, video_id: uuid.UUID) -> Video:
    video = Video.objects.filter(pk=video_id, collection=collection_asked(request)).first()
    if video is None:
        raise Http404(f"There is no video {video_id}.")
    return video
