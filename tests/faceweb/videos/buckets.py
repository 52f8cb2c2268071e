"""The three buckets of videos in memory, and what the back ends write into them."""

from __future__ import annotations

from collections.abc import Sequence

from faceweb.models import Subject, Video
from faceweb.videos.deleting import VideoBuckets
from recognition.video.merging import SeenFace, SeenFrame, merge
from tests.support.fakes import MemoryBucket
from workers.videos import layout, results


class MemoryVideoBuckets:
    """Videos, frames and results as dicts."""

    def __init__(self) -> None:
        self.input, self.stage, self.output = MemoryBucket(), MemoryBucket(), MemoryBucket()
        self.ids: dict[str | None, str] = {}
        """Whom the workers' gallery knows that the database has under no such name."""

    @property
    def all(self) -> VideoBuckets:
        return VideoBuckets(input=self.input, stage=self.stage, output=self.output)  # type: ignore[arg-type]

    @property
    def keys(self) -> list[str]:
        return [*self.input.objects, *self.stage.objects, *self.output.objects]

    def store_frame(self, name: str, number: int, person: str | None, last: bool = False) -> None:
        """A frame, and who was seen in it."""
        self.stage.objects[f"{name}/output-{number:02}.jpg"] = b"frame"
        mark = f"{number:05}{'-last' if last else ''}"
        seen = results.encode_frame(self._frame(name, number, person), 0, "")
        self.stage.objects[f"{name}/seen-abc/{mark}.json"] = seen

    def answer(self, name: str, people: Sequence[str | None]) -> None:
        """The result of a video with one frame a second; None is somebody unknown."""
        for number, person in enumerate(people):
            self.store_frame(name, number, person, last=number == len(people) - 1)
        frames = [self._frame(name, number, person) for number, person in enumerate(people)]
        seen = merge(frames)
        document = results.video_json(f"{name}.mp4", frames, seen, 1, "")
        self.output.objects[layout.json_key(name)] = document
        self.output.objects[layout.text_key(name)] = seen.answer.encode()

    def _frame(self, name: str, number: int, person: str | None) -> SeenFrame:
        face = SeenFace(
            name=person, person_id=self._id_of(person), box=(1, 2, 3, 4), probability=0.99,
            distance=0.3, similarity=0.8,
        )  # fmt: skip
        file = f"{name}/output-{number:02}.jpg"
        return SeenFrame(number=number, file=file, seconds=float(number), faces=(face,))

    def _id_of(self, name: str | None) -> str | None:
        """The id of who is called so, or of somebody new."""
        known = Subject.objects.filter(name=name, examples__gt=0).values_list("pk", flat=True)
        return self.ids.get(name) or known.first() or (name and name.casefold())


def name_of(video: Video) -> str:
    """What everything of a video that was sent is named after."""
    return layout.sent_key(video.pk)
