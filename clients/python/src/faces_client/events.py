"""Server-sent events: lines in, jobs out. It reads nothing itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

from faces_client import models


class EventReader:
    """Gathers the lines of one event until the empty line that ends it."""

    def __init__(self) -> None:
        self._data: list[str] = []

    def read(self, line: str) -> Iterator[models.Job]:
        """The job of an event that this line ends."""
        if line.startswith("data:"):
            self._data.append(line.removeprefix("data:").strip())
        elif not line and self._data:
            text, self._data = "\n".join(self._data), []
            yield models.job(json.loads(text))
