"""Runs a change of model to its end, with its own ends of the queues."""

from __future__ import annotations

import time
from collections.abc import Callable

from faceweb.jobs.submission import send_task
from faceweb.people.examples.embedding_run import replies_collected
from faceweb.people.examples.model_change import ExampleOf, Losses, ModelChange
from foundation.aws.storage import gallery_bucket, gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.errors import GalleryChanged
from recognition.gallery.gallery import Gallery
from recognition.types import Embedding

ATTEMPTS = 5

Advance = Callable[[int, int, int], None]
"""Told how many examples there are, how many were sent, and how many are embedded."""

Agree = Callable[[Losses], bool]
"""Asked whether to go on although some are lost."""


class NotAgreed(Exception):
    """The change was called off; nothing was changed."""


def change_model(
    model: str,
    settings: Settings,
    advance: Advance,
    agree: Agree,
    patience_seconds: float,
    collection: str = DEFAULT,
) -> Gallery:
    """Embed everybody with another model, and swap the gallery. Raises GalleryError, NotAgreed.

    What was added to the gallery meanwhile is embedded, too.
    """
    bucket, files = gallery_bucket(settings), gallery_files(settings, collection)
    change = ModelChange(settings, bucket, files, send_task, model, collection)
    with replies_collected(settings):
        try:
            gallery = _changed(change, advance, agree, patience_seconds)
        finally:
            change.run.forget()
    time.sleep(settings.gallery_check_seconds)  # then every worker has seen the new gallery
    return gallery


def _changed(
    change: ModelChange, advance: Advance, agree: Agree, patience_seconds: float
) -> Gallery:
    agreed = Losses()
    for _ in range(ATTEMPTS):
        gallery = change.gallery()
        embedded = _embedded(change, gallery, advance, patience_seconds)
        losses = change.losses(gallery)
        if losses != agreed:
            if not agree(losses):
                raise NotAgreed
            agreed = losses
        try:
            return change.swap(gallery, embedded, "changemodel")
        except GalleryChanged:
            continue
    raise GalleryChanged("somebody changes the gallery all the time: try again later")


def _embedded(
    change: ModelChange, gallery: Gallery, advance: Advance, patience_seconds: float
) -> dict[ExampleOf, Embedding]:
    total = gallery.example_count
    change.submit(gallery, lambda sent: advance(total, sent, 0))
    change.run.wait(lambda done: advance(total, total, done), patience_seconds)
    return change.embedded()
