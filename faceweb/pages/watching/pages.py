"""The page of a video, its film in parts, and its frames and faces as pictures."""

import uuid
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from faceweb.access import audit
from faceweb.access.permissions import VIEW_VIDEO
from faceweb.jobs.pictures import face_cutout, thumbnail
from faceweb.models import Face, Video
from faceweb.pages.access import SAFE_PICTURE, drawn, page, video_here, visitor, wants_part
from faceweb.pages.watching.parts import frame_part, video_context
from faceweb.videos.pictures import NoSuchPart, film_part, frame_picture, wanted_part
from foundation.config import get_settings
from foundation.errors import ObjectMissing

FRAME_PIXELS, LARGE_PIXELS = 320, 1600
DELETED = "The frame was deleted."


@page(VIEW_VIDEO)
def video_page(request: HttpRequest, video_id: uuid.UUID) -> HttpResponse:
    """One video; to its own script, how far it is."""
    video = video_here(request, video_id)
    if wants_part(request):
        return _followed(request, video)
    audit.record_look(visitor(request), "video seen", video_id)
    context = video_context(request, video, request.GET.get("also"))
    return render(request, "faceweb/video.html", context)


def _followed(request: HttpRequest, video: Video) -> HttpResponse:
    """How far a video is; the whole page again once it has ended."""
    if video.is_final:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "faceweb/video_following.html", {"video": video})


@require_safe
@page(VIEW_VIDEO)
def film(request: HttpRequest, video_id: uuid.UUID) -> HttpResponse:
    """A part of the video as it was sent, for a player: never all of it in memory."""
    video = video_here(request, video_id, pictures_deleted=False)
    size = video.size_bytes
    try:
        part = wanted_part(request.headers.get("Range", ""), size)
        content = film_part(video, part, get_settings())
    except NoSuchPart:
        sentence = "Ask for a part of the video: Range: bytes=0-\n"
        return HttpResponse(
            sentence, status=416, content_type="text/plain",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )  # fmt: skip
    except ObjectMissing:
        raise Http404("The video was deleted.") from None
    if part.start == 0:
        audit.record_look(visitor(request), "video played", video_id)
    where = f"bytes {part.start}-{part.stop - 1}/{size}"
    headers = {**SAFE_PICTURE, "Content-Range": where, "Accept-Ranges": "bytes"}
    return HttpResponse(content, status=206, content_type="video/mp4", headers=headers)


@page(VIEW_VIDEO)
def frame(
    request: HttpRequest, video_id: uuid.UUID, number: int, pixels: int = FRAME_PIXELS
) -> HttpResponse:
    """One frame as lists show it, or as it is opened."""
    return drawn(_frame(request, video_id, number), partial(thumbnail, pixels=pixels))


@page(VIEW_VIDEO)
def face(request: HttpRequest, video_id: uuid.UUID, number: int, place: int) -> HttpResponse:
    """One face of a frame, cut out."""
    found = get_object_or_404(Face, video=video_id, frame=number, number=place)
    return drawn(_frame(request, video_id, number), partial(face_cutout, box=found.box))


@require_safe
@page(VIEW_VIDEO)
def faces(request: HttpRequest, video_id: uuid.UUID, number: int) -> HttpResponse:
    """The faces of one frame as a part of a page."""
    video = video_here(request, video_id)
    audit.record_look(visitor(request), "video seen", video_id)
    return frame_part(request, video, number)


def _frame(request: HttpRequest, video_id: uuid.UUID, number: int) -> bytes:
    video = video_here(request, video_id, pictures_deleted=False)
    audit.record_look(visitor(request), "video's frame seen", video_id)
    try:
        return frame_picture(video, number, get_settings())
    except ObjectMissing:
        raise Http404(DELETED) from None
