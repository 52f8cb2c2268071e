"""A burst of sample pictures, so that anyone on a system of their own sees the fleet grow."""

import uuid
from itertools import cycle, islice

from django.utils import timezone

from faceweb.access import audit
from faceweb.intake.submission import submit
from faceweb.intake.uploads import Upload, checked_upload
from faceweb.jobs.departures import send_task
from faceweb.models import OPEN_STATES, Batch, Job
from foundation.aws.storage import in_bucket
from foundation.config import Settings

PICTURES = 100


class BurstRefused(Exception):
    """No burst now; the text says why."""


def is_possible(settings: Settings) -> bool:
    """True on an emulated AWS with its sample pictures, where a burst costs nothing."""
    return settings.aws_endpoint_url is not None and bool(_samples(settings))


def send_burst(settings: Settings, actor: str, collection: str) -> Batch:
    """Send the sample pictures in turn, PICTURES in all. Returns them as a batch of the collection.

    Raises BurstRefused while that much waits already, and botocore's errors.
    """
    if Job.objects.filter(state__in=OPEN_STATES)[:PICTURES].count() >= PICTURES:
        raise BurstRefused("The last burst is still being answered. Send the next one after it.")
    batch = Batch.objects.create(
        actor=actor, made_at=timezone.now(), expected=PICTURES, collection_id=collection
    )
    audit.record(actor, "burst sent", batch.pk, pictures=PICTURES)
    bucket = in_bucket(settings)
    for upload in islice(cycle(_samples(settings)), PICTURES):
        job = submit(upload, uuid.uuid4(), bucket, send_task, collection=collection)
        batch.pictures.create(job=job)
    return batch


def _samples(settings: Settings) -> list[Upload]:
    """The pictures that `make run` wrote down; none elsewhere."""
    files = sorted((settings.var_dir / "samples").glob("*.jpg"))
    return [checked_upload(file.name, file.read_bytes(), settings) for file in files]
