"""What is done for people in the background of every web process, a little at a time."""

import threading
import time
from collections.abc import Callable

import structlog
from django.utils import timezone

from faceweb.collections.deleting import go_on as go_on_deleting
from faceweb.jobs.batches import forget_old_batches
from faceweb.jobs.erasing import apply_retention_daily, forget_lost_enrolments
from faceweb.people.correcting.corrections import forget_old_changes
from faceweb.people.erasure.places import places_of
from faceweb.people.erasure.running import go_on_with_due
from faceweb.people.strangers.saying import dismiss_alikes
from faceweb.people.subject_list import refresh_people
from faceweb.replies.leases import LeaseTaken
from faceweb.replies.threads import repeat
from foundation.aws.storage import gallery_files
from foundation.config import Settings

log = structlog.get_logger()

INTERVAL_SECONDS = 5.0
FAILED = "upkeep_failed"
COPY_SECONDS = 60.0


class Upkeep:
    """Copies the gallery's names, dismisses strangers, goes on with erasing, and deletes what is
    old."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._copied_at: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; an error is logged and waited out."""
        repeat(self.once, INTERVAL_SECONDS, stop, failed=FAILED)

    def once(self) -> None:
        """One round. Somebody else who is at the same work does it for all. Work that fails, as at
        a damaged gallery, keeps none of the other from being done."""
        now = timezone.now()
        for work in (
            self._copy_people,
            lambda: go_on_with_due(places_of(self._settings), now),
            lambda: forget_lost_enrolments(self._settings, now),
            lambda: forget_old_changes(now),
            dismiss_alikes,
            lambda: forget_old_batches(now),
            lambda: go_on_deleting(self._settings, now),
            lambda: apply_retention_daily(self._settings, now),
        ):
            try:
                work()
            except LeaseTaken:
                pass
            except Exception as error:  # noqa: BLE001 - see above
                log.error(FAILED, error=f"{type(error).__name__}: {error}")

    def _copy_people(self) -> None:
        now = self._clock()
        if self._copied_at is None or now - self._copied_at >= COPY_SECONDS:
            refresh_people(gallery_files(self._settings))
            self._copied_at = now
