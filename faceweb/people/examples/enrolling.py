"""Runs an enrolment to its end, with its own ends of the queues: works beside a web tier or
without one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from faceweb.jobs.submission import send_task
from faceweb.people.examples.embedding_run import replies_collected
from faceweb.people.examples.enrolment import Enrolment, EnrolmentSummary
from foundation.aws.storage import gallery_bucket, gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from recognition.enrolment.labelled_pictures import LabelledPicture

Advance = Callable[[int, int], None]
"""Told how many pictures were sent, and how many are done."""


def enrol(
    pictures: Sequence[LabelledPicture],
    settings: Settings,
    advance: Advance,
    patience_seconds: float,
    only_one_face: bool = False,
    collection: str = DEFAULT,
) -> EnrolmentSummary:
    """Send all pictures, wait for their embeddings, and extend the gallery.

    Pictures that are not done after `patience_seconds` without any progress are left out, and so
    are those of several faces where `only_one_face` is asked for.
    """
    bucket, files = gallery_bucket(settings), gallery_files(settings, collection)
    enrolment = Enrolment(settings, bucket, files, send_task, only_one_face, collection)
    with replies_collected(settings):
        try:
            for number, picture in enumerate(pictures, start=1):
                enrolment.submit(picture)
                advance(number, 0)
            enrolment.run.wait(lambda done: advance(len(pictures), done), patience_seconds)
            summary = enrolment.conclude()
        except BaseException:
            enrolment.run.forget()
            raise
    # Every picture that a worker takes from now on is compared with the new gallery.
    time.sleep(settings.gallery_check_seconds)
    return summary
