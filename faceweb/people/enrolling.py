"""Runs an enrolment to its end, with its own ends of the queues: works beside a web tier or
without one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from faceweb import queues, responses
from faceweb.people.enrolment import Enrolment, EnrolmentSummary, LabelledPicture
from faceweb.submission import send_task
from faceweb.threads import background
from workers.config import Settings
from workers.storage import gallery_bucket, gallery_files

POLL_SECONDS = 0.2

Advance = Callable[[int, int], None]
"""Told how many pictures were sent, and how many are done."""


def enrol(
    pictures: Sequence[LabelledPicture],
    settings: Settings,
    advance: Advance,
    patience_seconds: float,
) -> EnrolmentSummary:
    """Send all pictures, wait for their embeddings, and extend the gallery.

    Pictures that are not done after `patience_seconds` without any progress are left out.
    """
    stop = threading.Event()
    collector = responses.ResponseCollector(queues.response_queue(settings), lambda _: None)
    thread = background("enrol-collector", collector.run, stop)
    enrolment = Enrolment(settings, gallery_bucket(settings), gallery_files(settings), send_task)
    try:
        for number, picture in enumerate(pictures, start=1):
            enrolment.submit(picture)
            advance(number, 0)
        _wait(enrolment, len(pictures), advance, patience_seconds)
        summary = enrolment.conclude()
        # Every picture that a worker takes from now on is compared with the new gallery.
        time.sleep(settings.gallery_check_seconds)
        return summary
    except BaseException:
        enrolment.abandon()
        raise
    finally:
        stop.set()
        thread.join(queues.RESPONSE_WAIT_SECONDS + 1)


def _wait(enrolment: Enrolment, total: int, advance: Advance, patience_seconds: float) -> None:
    expected = total - len(enrolment.summary.left_out)
    finished, last_progress = 0, time.monotonic()
    while finished < expected and time.monotonic() - last_progress < patience_seconds:
        time.sleep(POLL_SECONDS)
        now_finished = enrolment.finished()
        if now_finished > finished:
            finished, last_progress = now_finished, time.monotonic()
            advance(total, finished)
