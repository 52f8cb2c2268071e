"""Runs a job again: a new job on the same picture, so that the old answer stays as it was."""

from django.utils import timezone

from faceweb.jobs.departures import SendTask
from faceweb.models import Job

COPIED = (
    "collection_id", "kind", "filename", "input_key", "other_key", "output_key", "options",
    "sha256", "size_bytes", "width", "height",
)  # fmt: skip


class CantRunAgain(Exception):
    """A job can't be run again; the text says why."""


def run_again(job: Job, send: SendTask) -> Job:
    """Queue a new job on a finished job's picture, and return it. Raises CantRunAgain."""
    if not job.is_final:
        raise CantRunAgain(f"{job.filename} has no answer yet: it is still {job.state}")
    if job.picture_deleted:
        raise CantRunAgain(f"the picture of {job.filename} was deleted: send it again")
    copied = {name: getattr(job, name) for name in COPIED}
    again = Job.objects.create(created_at=timezone.now(), **copied)
    send(again)
    return again
