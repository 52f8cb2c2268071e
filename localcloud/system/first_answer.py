"""Whether the system works: a sample picture goes all the way through it, and its name is right."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faceweb.intake.submission import submit
from faceweb.intake.uploads import checked_upload
from faceweb.jobs.departures import send_task
from faceweb.jobs.erasing import delete_picture
from faceweb.models import OPEN_STATES, Job, JobState
from foundation.aws.storage import gallery_files, in_bucket
from foundation.config import Settings
from recognition.gallery.gallery_files import MANIFEST
from recognition.gallery.gallery_manifest import decode_manifest

PATIENCE_SECONDS = 180.0
"""An instance boots meanwhile, and may compile the engine."""

LOOK_SECONDS = 0.05

NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """A picture, what the system said of it, and what it should have said (None: anything)."""

    picture: Path
    result: str
    expected: str | None

    @property
    def is_right(self) -> bool:
        """Whether it is the name that was expected, or any answer where none was."""
        return self.result == self.expected or (self.expected is None and self.result != NO_ANSWER)


class Question:
    """A sample picture on its way through S3, queues, a worker and the web tier.

    As a context it is forgotten at the end: the history shows what people sent.
    """

    def __init__(self, picture: Path, settings: Settings) -> None:
        upload = checked_upload(picture.name, picture.read_bytes(), settings)
        self._picture, self._settings = picture, settings
        self._job = submit(upload, uuid.uuid4(), in_bucket(settings), send_task)

    def __enter__(self) -> Question:
        return self

    def __exit__(self, *_: object) -> None:
        delete_picture(self._job, self._settings)
        self._job.delete()

    def answer(self, person: str, keep_running: Callable[[], None]) -> FirstAnswer:
        """Wait for the answer.

        Somebody may have enrolled others and erased the sample people: any answer is right then.
        """
        result = _result(self._job, keep_running)
        expected = person if person in _enrolled(self._settings) else None
        return FirstAnswer(picture=self._picture, result=result, expected=expected)


def _result(job: Job, keep_running: Callable[[], None]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        job.refresh_from_db(fields=["state", "result"])
        if job.state not in OPEN_STATES:
            return job.result if job.state == JobState.SUCCEEDED else NO_ANSWER
        keep_running()
        time.sleep(LOOK_SECONDS)
    return NO_ANSWER


def _enrolled(settings: Settings) -> set[str]:
    manifest = gallery_files(settings).read(MANIFEST)
    if manifest is None:
        return set()
    return {person.name for person in decode_manifest(manifest).people.values()}
