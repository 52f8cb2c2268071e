"""The sweep: finds jobs that were forgotten between two steps, and dead letters.

Runs in every web process; a job is claimed by a conditional update, so only one of them acts.
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from faceweb.intake.arriving import look_after
from faceweb.jobs.departures import FORGOTTEN, enqueue, send_task
from faceweb.models import DeadLetter, Job, JobState, Video
from faceweb.replies import responses
from faceweb.replies.collector import QueueMessage
from faceweb.replies.queues import DEAD_LETTER_HIDDEN_SECONDS, SqsQueue
from faceweb.replies.responses import JobOutcome
from faceweb.replies.threads import repeat
from faceweb.videos.following import fail_video
from foundation import messages, task_messages
from foundation.aws.storage import in_bucket
from foundation.config import Settings
from foundation.errors import MalformedMessage
from foundation.parts import in_parts

log = structlog.get_logger()

INTERVAL_SECONDS = 5.0
BATCH = 200


class Sweep:
    """Sends forgotten jobs again, and turns dead letters into failed jobs."""

    def __init__(
        self,
        settings: Settings,
        request_queue: SqsQueue,
        dead_letter_queue: SqsQueue,
        on_finished: Callable[[Sequence[JobOutcome]], None],
    ) -> None:
        self._settings = settings
        self._request_queue = request_queue
        self._dead_letter_queue = dead_letter_queue
        self._on_finished = on_finished
        self._queue_was_empty = False

    def run(self, stop: threading.Event) -> None:
        """Sweep until told to stop; an error is logged and waited out."""
        repeat(self.sweep_once, INTERVAL_SECONDS, stop, failed="sweep_failed")

    def sweep_once(self) -> None:
        """One look at dead letters, at jobs that were never queued, and at lost ones."""
        self.note_dead_letters()
        self._send_again(_never_queued())
        if self._queue_stays_empty():
            self._send_again(_unanswered(self._settings.resend_after_seconds))
        # The last, for it alone asks S3: an outage of that holds up no task.
        look_after(in_bucket(self._settings), send_task, self._settings, timezone.now())

    def _queue_stays_empty(self) -> bool:
        """Whether two looks in a row saw an empty queue: SQS's counts are noisy."""
        empty = self._request_queue.depth().total == 0
        stays = empty and self._queue_was_empty
        self._queue_was_empty = empty
        return stays

    def _send_again(self, overdue: Q) -> None:
        late = Job.objects.filter(overdue).order_by("created_at")[:BATCH]
        claimed = [job for job in late if _claim(job)]
        given_up = [job for job in claimed if job.sends >= self._settings.max_sends]
        for job in given_up:
            reason = f"No answer came after it was sent {job.sends} times."
            self._on_finished(responses.fail_job(job.id, messages.INTERNAL_ERROR, reason))
        for job in enqueue([job for job in claimed if job not in given_up]):
            log.warning("job_sent_again", job_id=str(job.id), sends=job.sends + 1)

    def note_dead_letters(self) -> None:
        """Write dead letters down, once each, and fail their jobs. They stay on their queue until
        somebody resolves them in the admin."""
        while letters := self._dead_letter_queue.receive():
            resolved = _resolved_among(letters)
            self._dead_letter_queue.delete(resolved)
            for letter in (one for one in letters if one not in resolved):
                self._on_finished(record_dead_letter(letter, self._settings.max_receive_count))
                self._dead_letter_queue.hide([letter], DEAD_LETTER_HIDDEN_SECONDS)


def _never_queued() -> Q:
    """Stored a while ago, and neither queued nor tried again just now."""
    before = timezone.now() - FORGOTTEN
    return Q(state=JobState.STORED, created_at__lt=before) & (
        Q(sent_at=None) | Q(sent_at__lt=before)
    )


def _unanswered(seconds: float) -> Q:
    return Q(state=JobState.QUEUED, sent_at__lt=timezone.now() - timedelta(seconds=seconds))


def _claim(job: Job) -> bool:
    """Take a job for sending; False when another process was quicker."""
    unchanged = Job.objects.filter(pk=job.pk, state=job.state, sent_at=job.sent_at)
    return unchanged.update(sent_at=timezone.now()) == 1


def _resolved_among(letters: Sequence[QueueMessage]) -> list[QueueMessage]:
    ids = [letter.message_id for letter in letters]
    known = DeadLetter.objects.filter(pk__in=ids, resolved_at__isnull=False)
    resolved = set(known.values_list("pk", flat=True))
    return [letter for letter in letters if letter.message_id in resolved]


def record_dead_letter(letter: QueueMessage, deliveries: int) -> list[JobOutcome]:
    """Note one dead letter and end its job. Seen again, it changes nothing.

    A reply that died (because no web process could write it down) is still the job's answer.
    """
    job_id: uuid.UUID | None
    if reply := _reply_in(letter):
        job_id, reason = reply.job_id, "The reply could not be written down in time."
        outcomes = responses.record_replies([reply])
    elif (job_id := task_messages.job_id_of_task(letter.body)) and _is_known(job_id):
        reason = f"{deliveries} workers were given the picture, and none could finish it."
        outcomes = responses.fail_job(job_id, messages.DEAD_LETTER, reason)
    elif (video_id := task_messages.video_id_of_task(letter.body)) and _is_video(video_id):
        reason = f"{deliveries} workers were given a step of the video, and none could finish it."
        fail_video(video_id, messages.DEAD_LETTER, reason)
        job_id, outcomes = None, []
    else:
        job_id, reason, outcomes = None, "The message belongs to no job.", []
    _note(letter, job_id, reason)
    return outcomes


def _reply_in(letter: QueueMessage) -> messages.Reply | None:
    try:
        return messages.decode_reply(letter.body)
    except MalformedMessage:
        return None


def _is_known(job_id: uuid.UUID) -> bool:
    return Job.objects.filter(pk=job_id).exists()


def _is_video(video_id: uuid.UUID) -> bool:
    return Video.objects.filter(pk=video_id).exists()


def _note(letter: QueueMessage, job_id: uuid.UUID | None, reason: str) -> None:
    _, is_new = DeadLetter.objects.get_or_create(
        message_id=letter.message_id,
        defaults={
            "job": Job.objects.filter(pk=job_id).first() if job_id else None,
            "reason": reason,
            "body": messages.storable(letter.body),
            "seen_at": timezone.now(),
        },
    )
    if is_new:
        log.error("dead_letter", message_id=letter.message_id, job_id=str(job_id), reason=reason)


def send_open_jobs_now() -> int:
    """Send every open job again at once: for when the queue itself was lost.

    Returns how many were sent.
    """
    is_open = Q(state__in=(JobState.STORED, JobState.QUEUED))
    jobs = list(Job.objects.filter(is_open).order_by("created_at"))
    return sum(len(enqueue(part)) for part in in_parts(jobs, BATCH))
