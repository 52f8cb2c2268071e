"""A picture, or a frame of a video, as the part of a page that shows its faces needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from faceweb.models import Face, Job, Video
from faceweb.pages.boxes import ShownFace, boxes_of
from faceweb.people.faces.shown_faces import answer_now, answer_of, note_candidates, shown_faces
from faceweb.videos.timeline import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPicture:
    """What is shown, where its picture is, and what its forms send back to be shown again.

    `field` and `value` are the form's. `image` is empty where the picture was deleted.
    """

    key: str
    field: str
    value: str
    title: str
    answer: str
    state: str
    error: str
    is_final: bool
    address: str
    image: str
    width: int
    height: int
    boxes: Sequence[ShownFace]

    @property
    def to_name(self) -> int:
        """How many faces wait for a name."""
        return sum(box.can_be_named for box in self.boxes)


def picture_seen(job: Job) -> SeenPicture:
    """What a page shows of the picture of a job."""
    shown = job.width and not job.picture_deleted
    return SeenPicture(
        key=job.pk.hex,
        field="picture",
        value=str(job.pk),
        title=job.filename,
        answer=answer_now(job) or job.get_state_display(),
        state=job.state,
        error=job.error,
        is_final=job.is_final,
        address=reverse("job-faces", args=[job.pk]),
        image=reverse("picture", args=[job.pk]) if shown else "",
        width=job.width,
        height=job.height,
        boxes=boxes_of(shown_faces(job), job.width),
    )


def frame_seen(video: Video, number: int, size: tuple[int, int]) -> SeenPicture:
    """A frame of a video that has ended. `size` is its width and height."""
    found = Face.objects.filter(video=video, frame=number).select_related("person__merged_into")
    faces = list(found.defer("embedding").order_by("number"))
    note_candidates(faces)
    seconds = next((one["seconds"] for one in video.frames if one["number"] == number), 0.0)
    return SeenPicture(
        key=f"{video.pk.hex}-{number}",
        field="frame",
        value=f"{video.pk}/{number}",
        title=f"{video.filename} at {clock(seconds)}",
        answer=answer_of(faces),
        state=video.state,
        error="",
        is_final=True,
        address=reverse("frame-faces", args=[video.pk, number]),
        image=reverse("frame-picture", args=[video.pk, number]) if size[0] else "",
        width=size[0],
        height=size[1],
        boxes=boxes_of(faces, size[0]),
    )
