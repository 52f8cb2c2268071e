"""The page of videos, and `POST /videos`, for pages and programs."""

import uuid

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import messages as notes
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from faceweb.access import audit
from faceweb.access.callers import Scope
from faceweb.access.identity import CallerRefused, collection_of, require
from faceweb.access.permissions import ADD_VIDEO, DELETE_VIDEO, VIEW_VIDEO
from faceweb.intake.uploads import UploadRefused
from faceweb.jobs.paging import rows_after
from faceweb.models import Video
from faceweb.pages.access import else_first, page, video_here, visitor, wants_part
from faceweb.pages.watching.pages import video_page
from faceweb.replies.patience import in_time
from faceweb.replies.threads import run_in_thread
from faceweb.videos.answers import video_json, videos_now
from faceweb.videos.deleting import delete_video, video_buckets
from faceweb.videos.lists import VideoFilter
from faceweb.videos.storing import sender, store
from faceweb.videos.uploads import DEFAULT_FRAMES, VideoUpload, read_video
from foundation.aws.storage import Bucket, video_input_bucket
from foundation.config import get_settings
from recognition.video.plan import FramePlan

log = structlog.get_logger()

PAGE = 24


@csrf_exempt
async def videos(request: HttpRequest) -> HttpResponseBase:
    """`POST /videos` takes a video and says where its result will be; `GET` is the page."""
    if request.method == "POST":
        return await _take(request)
    if request.method in ("GET", "HEAD"):
        return await _list(request)
    return _refusal(405, "POST a video here, or GET the page.", Allow="GET, HEAD, POST")


async def _take(request: HttpRequest) -> HttpResponse:
    """A large video takes its time, so storage is first asked whether it is there at all."""
    settings = get_settings()
    bucket = video_input_bucket(settings)
    try:
        caller = await run_in_thread(require, request, Scope.RECOGNISE, ADD_VIDEO)
        upload = await run_in_thread(read_video, request, settings)
        with in_time():
            await run_in_thread(bucket.exists)
        return await run_in_thread(_store, request, upload, bucket, caller.collection)
    except CallerRefused as refusal:
        return _refusal(refusal.status, refusal.sentence, **refusal.headers)
    except UploadRefused as refusal:
        return _refusal(refusal.status, refusal.sentence)
    except (BotoCoreError, ClientError, DatabaseError, TimeoutError) as error:
        log.error("video_not_accepted", error=str(error))
        sentence = "The video was not taken, because storage does not answer. Send it again soon."
        return _refusal(503, sentence, **{"Retry-After": "5"})


def _store(
    request: HttpRequest, upload: VideoUpload, bucket: Bucket, collection: str
) -> HttpResponse:
    settings = get_settings()
    video = store(upload, settings, bucket, sender(settings), collection)
    where = request.build_absolute_uri(video.get_absolute_url())
    if _is_browser(request):
        return redirect(video)
    return JsonResponse(video.as_json([]), status=202, headers={"Location": where})


def _refusal(status: int, sentence: str, **headers: str) -> JsonResponse:
    return JsonResponse({"message": sentence}, status=status, headers=headers)


def _is_browser(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "")


@page(VIEW_VIDEO)
def _list(request: HttpRequest) -> HttpResponse:
    found = VideoFilter(collection=collection_of(request)).found()
    rows, more = else_first(lambda place: rows_after(found, place, PAGE), request.GET.get("cursor"))
    if wants_part(request):  # the page follows its videos: one look
        audit.record_look(visitor(request), "videos listed", "")
    else:
        audit.record(visitor(request), "videos listed", count=len(rows))
    settings = get_settings()
    plan = FramePlan(
        frames=settings.frames_per_video, interval_seconds=settings.frame_interval_seconds
    )
    context = {
        "videos": videos_now(rows),
        "more": more,
        "following": not all(one.is_final for one in rows),
        "settings": settings,
        "frames": DEFAULT_FRAMES if plan.only_first else plan.frames,
        "interval": plan.interval_seconds,
    }
    return render(request, "faceweb/videos.html", context)


@require_safe
async def video(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """One video: a page for browsers, JSON for all others."""
    if _is_browser(request):
        return await video_page(request, video_id)
    return await run_in_thread(_json, request, video_id)


def _json(request: HttpRequest, video_id: uuid.UUID) -> JsonResponse:
    try:
        caller = require(request, Scope.RECOGNISE, VIEW_VIDEO)
    except CallerRefused as refusal:
        return _refusal(refusal.status, refusal.sentence, **refusal.headers)
    found = Video.objects.filter(pk=video_id, collection=caller.collection).first()
    if found is None:
        return _refusal(404, f"There is no video {video_id}.")
    return JsonResponse(video_json(found))


@require_POST
@page(DELETE_VIDEO)
def delete(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """Delete a video with its frames and results."""
    found = video_here(request, video_id)
    try:
        delete_video(found, video_buckets(get_settings()), visitor(request))
    except (BotoCoreError, ClientError):
        notes.error(request, "Storage does not answer, so the video is still there. Try again.")
        return redirect(found)
    notes.success(request, f"{found.filename} was deleted, with its frames and results.")
    return redirect("videos")
