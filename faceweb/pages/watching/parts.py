"""The parts of a video's page: who is seen when, and the faces of one frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from faceweb.models import Face, Video
from faceweb.models.videos import JsonList, JsonObject
from faceweb.pages.boxes import ShownFace, boxes_of
from faceweb.pages.faces.picture import offers
from faceweb.pages.faces.seen_picture import frame_seen
from faceweb.videos import timeline
from faceweb.videos.answers import frames_now, videos_now
from faceweb.videos.people import strangers_seen
from faceweb.videos.pictures import frame_size
from foundation.config import get_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedFrame:
    """The boxes that are drawn over the film from one second until another."""

    start: float
    end: float
    boxes: Sequence[ShownFace]


def video_context(request: HttpRequest, video: Video, also: str | None = None) -> JsonObject:
    """What the page of a video needs. `also` is the id of who was just named in it."""
    [shown] = videos_now([video])
    faces = list(
        video.faces.select_related("person__merged_into").defer("embedding").order_by("number")
    )
    frames = frames_now(shown)
    size = frame_size(video, get_settings()) if frames else (0, 0)
    return {
        "video": shown,
        "lanes": [*timeline.lanes_of(shown.people, frames), *_strangers(video, faces, frames)],
        "frames": timeline.frames_of(frames),
        "boxed": list(_boxed(faces, frames, size)),
        "size": size,
        "width": timeline.WIDTH,
        "end": timeline.end_of(frames) if frames else 0.0,
        **offers(request, also),
    }


def seen_part(request: HttpRequest, video: Video, also: str | None = None) -> HttpResponse:
    """Who is seen when, and the boxes over the film: all but the film itself."""
    context = {**video_context(request, video, also), "is_part": True}
    return render(request, "faceweb/video_seen.html", context)


def frame_part(
    request: HttpRequest, video: Video, number: int, also: str | None = None
) -> HttpResponse:
    """One frame with its faces, to be named and corrected."""
    if not any(frame["number"] == number for frame in video.frames):
        raise Http404
    seen = frame_seen(video, number, frame_size(video, get_settings()))
    return render(request, "faceweb/picture.html", {"seen": seen, **offers(request, also)})


def _strangers(video: Video, faces: Sequence[Face], frames: JsonList) -> list[timeline.Lane]:
    found = strangers_seen(video, faces)
    lanes = timeline.lanes_of([person for person, _ in found], frames)
    return [replace(one, faces=theirs) for one, (_, theirs) in zip(lanes, found, strict=False)]


def _boxed(faces: Sequence[Face], frames: JsonList, size: tuple[int, int]) -> Iterator[BoxedFrame]:
    ends = timeline.ends_of(frames) if frames else {}
    for frame in frames:
        seen = [face for face in faces if face.frame == frame["number"]]
        if seen:
            start = float(frame["seconds"])
            yield BoxedFrame(start=start, end=ends[start], boxes=boxes_of(seen, size[0]))
