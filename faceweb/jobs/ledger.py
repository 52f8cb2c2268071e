"""The scaler's view of the jobs: what is open, what came, how long the work took."""

from datetime import UTC, datetime

from django.db import DatabaseError

from faceweb.models import Job, JobState
from foundation.fleet.functions import FUNCTION_PREFIX
from scaler.instances.fleet import Unseen
from scaler.record.ledger import Answer, LedgerReading, last_answers, mean_service

RECENT_ANSWERS = 200


class JobTable:
    """A `scaler.record.ledger.JobLedger` that reads the table of jobs.

    Parameters:
        forget_after_seconds: a job that was sent so long ago counts no more as outstanding; if
            its message is still on the queue, the queue's depth shows it.
    """

    def __init__(self, forget_after_seconds: float) -> None:
        self._forget_after_seconds = forget_after_seconds

    def read(self, since: float, now: float) -> LedgerReading:
        """What the table says of jobs since a moment (POSIX seconds). Raises Unseen."""
        try:
            oldest = _moment(now - self._forget_after_seconds)
            succeeded = _answered(JobState.SUCCEEDED)
            return LedgerReading(
                outstanding=Job.objects.filter(state=JobState.QUEUED, sent_at__gt=oldest).count(),
                arrived=Job.objects.filter(created_at__gt=_moment(since)).count(),
                service_seconds=mean_service([one for one in succeeded if not _by_function(one)]),
                function_service_seconds=mean_service(list(filter(_by_function, succeeded))),
                last_busy=last_answers([*succeeded, *_answered(JobState.FAILED)]),
            )
        except DatabaseError as error:
            raise Unseen(
                f"the database does not say what is open: {error} "
                "(manage.py migrate makes its tables)"
            ) from error

    def has_open(self) -> bool:
        """Whether a job waits for a worker. Raises Unseen."""
        try:
            return Job.objects.filter(state=JobState.QUEUED).exists()
        except DatabaseError as error:
            raise Unseen(str(error)) from error

    def next_follows(self, since: float, within_seconds: float) -> bool:
        """Whether the oldest open job was sent after a moment, and so soon after the newest answer.
        Raises Unseen."""
        opened = Job.objects.filter(state=JobState.QUEUED, sent_at__isnull=False)
        answered = Job.objects.filter(answered_at__isnull=False)
        try:
            sent = opened.order_by("sent_at").values_list("sent_at", flat=True).first()
            if sent is None or sent <= _moment(since):
                return False
            newest = answered.order_by("-answered_at").values_list("answered_at", flat=True).first()
        except DatabaseError as error:
            raise Unseen(str(error)) from error
        return newest is not None and (sent - newest).total_seconds() <= within_seconds


def _by_function(answer: Answer) -> bool:
    return answer[0].startswith(FUNCTION_PREFIX)


def _answered(state: object) -> list[Answer]:
    """The newest answers, by way of the index on (state, last sent)."""
    newest = Job.objects.filter(state=state).order_by("-sent_at")
    fields = ("instance_id", "started_at", "finished_at", "answered_at")
    return list(newest.values_list(*fields)[:RECENT_ANSWERS])


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
