"""Which videos a list shows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from faceweb.models import Video


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFilter:
    """Which videos; None does not restrict."""

    state: str | None = None
    result: str | None = None
    filename: str | None = None

    def found(self) -> QuerySet[Video]:
        """Without their frames, which no list shows."""
        wanted = {
            "state": self.state,
            "result": self.result,
            "filename__icontains": self.filename,
        }
        asked = {name: value for name, value in wanted.items() if value is not None}
        return Video.objects.filter(**asked).defer("frames")
