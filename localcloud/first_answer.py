"""Whether the system works: a sample picture goes all the way through it, and its name is right."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faceweb.erasing import delete_picture
from faceweb.models import OPEN_STATES, Job, JobState
from faceweb.submission import send_task, submit
from faceweb.uploads import checked_upload
from recognition.gallery_files import MANIFEST
from recognition.gallery_manifest import decode_manifest
from workers.config import Settings
from workers.storage import gallery_files, in_bucket

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
        return self.result == self.expected or (self.expected is None and self.result != NO_ANSWER)


def first_answer(
    picture: Path, person: str, settings: Settings, keep_running: Callable[[], None]
) -> FirstAnswer:
    """Send a sample picture through S3, queues, a worker and the web tier, and forget it again.

    Somebody may have enrolled others and erased the sample people: any answer is right then.
    """
    upload = checked_upload(picture.name, picture.read_bytes(), settings)
    job = submit(upload, uuid.uuid4(), in_bucket(settings), send_task)
    try:
        result = _result(job, keep_running)
    finally:
        delete_picture(job, settings)
        job.delete()
    expected = person if person in _enrolled(settings) else None
    return FirstAnswer(picture=picture, result=result, expected=expected)


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
