"""Takes tasks off the request queue and does them, as an app instance does, without Celery.

The rules are those of `workers.queue.request`. A message is deleted after its reply was sent, and
kept hidden while its task works. It stays on the queue where it must come again.
"""

from collections.abc import Callable

import structlog

from foundation import aws
from foundation.aws.typed import MessageTypeDef
from foundation.config import Settings
from foundation.errors import ComesAgain, MalformedMessage
from foundation.fleet.functions import GRACE_SECONDS
from foundation.messages import VIDEO_TASKS
from foundation.task_messages import Task, decode_task, job_id_of_task
from workers.queue.hiding import hand_back
from workers.queue.in_hand import LAST_SECONDS, InHand, Life, Repeat, in_thread
from workers.replying import failure_text, send_reply
from workers.work import TASKS

log = structlog.get_logger()


class NotForUs(Exception):
    """A step of a video, which may take longer than this process lives."""


class Consumer:
    """Does one task after the other. `answered` counts the replies."""

    def __init__(self, settings: Settings, life: Life, repeat: Repeat = in_thread) -> None:
        self._settings, self._life, self._repeat = settings, life, repeat
        self.answered = 0

    def run(self) -> None:
        """Until the queue is empty, for BURST_RUN_SECONDS at most. Raises botocore's errors."""
        until = self._life.now() + self._settings.burst_run_seconds
        while self._life.now() < until and self._life.seconds_left() > 2 * LAST_SECONDS:
            message = self._next()
            if message is None:
                return
            try:
                self.take(message)
            except NotForUs:
                return

    def _next(self) -> MessageTypeDef | None:
        found = aws.client("sqs", self._settings).receive_message(
            QueueUrl=aws.queue_url(self._settings.request_queue, self._settings),
            MaxNumberOfMessages=1,
            WaitTimeSeconds=0 if self.answered else GRACE_SECONDS,
            VisibilityTimeout=self._settings.visibility_timeout_seconds,
        )
        return next(iter(found.get("Messages", [])), None)

    def take(self, message: MessageTypeDef) -> None:
        """Do a message's task, and settle the message. Raises NotForUs."""
        try:
            task = decode_task(message["Body"])
            work = _work_of(task)
        except MalformedMessage as error:
            return _refuse(message, error)
        except NotForUs:
            hand_back(message["ReceiptHandle"])
            raise
        job_id = str(task.job_id)
        in_hand = InHand(job_id, message["ReceiptHandle"], self._settings, self._life)
        end = self._repeat(in_hand.beat, in_hand.pause_seconds)
        try:
            self.answered += in_hand.reply(_answer(job_id, task, work))
        finally:
            end()


def _work_of(task: Task) -> Callable[..., str]:
    if task.name in VIDEO_TASKS:
        raise NotForUs
    if task.name not in TASKS:
        raise MalformedMessage(f"{task.name[:40]!r} is no task of ours")
    return TASKS[task.name]


def _refuse(message: MessageTypeDef, error: MalformedMessage) -> None:
    """A message that names no work of ours stays, as with Celery; its job fails with the reason."""
    log.warning("request_malformed", message_id=message.get("MessageId"), error=str(error))
    if job_id := job_id_of_task(message["Body"]):
        try:
            send_reply(str(job_id), failure_text(str(job_id), error))
        except ComesAgain:
            return


def _answer(job_id: str, task: Task, work: Callable[..., str]) -> str | None:
    """The reply's text; None where nothing may be said, because the task comes again."""
    try:
        return work(job_id, *task.arguments, **task.named)
    except ComesAgain:
        return None
    except Exception as error:  # noqa: BLE001 - whatever it is, its sender is told
        log.warning("task_failed", job_id=job_id, error=type(error).__name__)
        return failure_text(job_id, error)
