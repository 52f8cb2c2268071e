"""Which videos a list shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from faceweb.models import Face, Video
from faceweb.people.subject_list import ids_called, ids_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFilter:
    """Which videos; None does not restrict."""

    state: str | None = None
    result: str | None = None
    person: str | None = None
    filename: str | None = None

    def found(self) -> list[QuerySet[Video]]:
        """The videos, without their frames, which no list shows.

        A result that is somebody's name finds all videos with that person in them.
        """
        videos = Video.objects.filter(self._query()).defer("frames")
        if self.person is not None:
            return [videos.filter(pk__in=_seen(ids_of(self.person)))]
        if self.result is None:
            return [videos]
        called = ids_called(self.result)
        return [videos.filter(result=self.result), videos.filter(pk__in=_seen(called))]

    def _query(self) -> Q:
        wanted = {
            "state": self.state,
            "filename__icontains": self.filename,
        }
        return Q(**{name: value for name, value in wanted.items() if value is not None})


def _seen(person_ids: Sequence[str]) -> QuerySet[Face, Any]:
    faces = Face.objects.filter(person__in=person_ids, video__isnull=False)
    return faces.values("video_id").order_by()
