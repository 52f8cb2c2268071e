"""Pictures that the workers embed for the gallery: sent as jobs, gathered, and forgotten again."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from faceweb.intake.arriving import take_messages
from faceweb.intake.submission import stored_privately, taken, write_and_queue
from faceweb.intake.uploads import Upload
from faceweb.jobs.departures import SendTask, send_task
from faceweb.models import Job, JobKind, has_ended
from faceweb.replies import queues
from faceweb.replies.collector import ResponseCollector
from faceweb.replies.responses import JobOutcome
from faceweb.replies.threads import background
from foundation.aws.storage import Bucket
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.parts import in_parts

POLL_SECONDS = 0.2
IDS_AT_ONCE = 500
"""SQLite takes no more than some hundred values in one query."""

Label = TypeVar("Label")


@dataclass(slots=True)
class EmbeddingRun(Generic[Label]):
    """Pictures on their way, each with the label that its sender knows it by.

    Parameters:
        model: the model that embeds them; the gallery's own by default.
    """

    bucket: Bucket
    send: SendTask
    model: str | None = None
    collection: str = DEFAULT
    _labels: dict[uuid.UUID, Label] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many pictures were sent."""
        return len(self._labels)

    def submit(self, upload: Upload, label: Label) -> None:
        """Send one picture to the workers."""
        options = {"model": self.model} if self.model else {}
        [job] = taken(
            stored_privately(
                JobKind.EMBED, uuid.uuid4(), self.bucket, upload,
                options=options, collection=self.collection,
            )
        )  # fmt: skip
        self._labels[write_and_queue(job, self.send).id] = label

    def finished(self) -> int:
        """How many of the pictures are done."""
        return sum(
            Job.objects.filter(has_ended(), pk__in=part).count()
            for part in in_parts(list(self._labels), IDS_AT_ONCE)
        )

    def wait(self, advance: Callable[[int], None], patience_seconds: float) -> None:
        """Return when all are done, or none was for `patience_seconds`."""
        finished, last_progress = 0, time.monotonic()
        while finished < len(self) and time.monotonic() - last_progress < patience_seconds:
            time.sleep(POLL_SECONDS)
            now_finished = self.finished()
            if now_finished > finished:
                finished, last_progress = now_finished, time.monotonic()
                advance(finished)

    def results(self) -> Iterator[tuple[Label, Job]]:
        """Each picture's label and job, finished or not, in the order of sending."""
        for part in in_parts(list(self._labels), IDS_AT_ONCE):
            jobs = Job.objects.prefetch_related("faces").in_bulk(part)
            for job_id in part:
                if job_id in jobs:
                    yield self._labels[job_id], jobs[job_id]

    def forget(self) -> None:
        """Take pictures and embeddings out again: only the gallery keeps what it needs."""
        for _, job in self.results():
            self.bucket.delete(job.input_key)
            job.faces.update(embedding=None)
            Job.objects.filter(pk=job.pk).update(picture_deleted=True)


@contextmanager
def replies_collected(settings: Settings) -> Iterator[None]:
    """Take messages from the response queue, as the web tier does: a command works beside one or
    without one. It may get what S3 tells of pictures that arrived, too."""
    stop = threading.Event()
    thread = background("command-collector", collector(settings).run, stop)
    try:
        yield
    finally:
        stop.set()
        thread.join(queues.RESPONSE_WAIT_SECONDS + 1)


def collector(settings: Settings) -> ResponseCollector:
    """A command's collector: nobody waits here."""
    return ResponseCollector(
        queues.response_queue(settings),
        _nobody_waits,
        arrive=lambda texts: take_messages(texts, send_task, settings, _nobody_waits),
    )


def _nobody_waits(_: Sequence[JobOutcome]) -> None:
    """Clients wait in the web tier, which finds these answers in the database."""
