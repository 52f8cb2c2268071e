"""Which videos a list shows."""

from dataclasses import dataclass

from django.db.models import Q

from faceweb.jobs.paging import Source, newest, showing
from faceweb.models import Video
from faceweb.people.subject_list import ids_called, ids_of
from foundation.collections import DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFilter:
    """Which videos; None does not restrict."""

    collection: str = DEFAULT
    state: str | None = None
    result: str | None = None
    person: str | None = None
    filename: str | None = None

    def found(self) -> list[Source[Video]]:
        """The videos' sources, without their frames, which no list shows. A result that is
        somebody's name finds all videos of that person."""
        videos = Video.objects.filter(self._query()).defer("frames")
        if self.person is not None:
            return [showing(videos, one, "video") for one in ids_of(self.person)]
        if self.result is None:
            return [newest(videos)]
        called = [showing(videos, one, "video") for one in ids_called(self.result, self.collection)]
        return [newest(videos.filter(result=self.result)), *called]

    def _query(self) -> Q:
        wanted = {
            "collection": self.collection,
            "state": self.state,
            "filename__icontains": self.filename,
        }
        return Q(**{name: value for name, value in wanted.items() if value is not None})
