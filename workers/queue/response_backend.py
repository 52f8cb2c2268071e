"""Celery's result backend over SQS: one JSON message on the response queue per finished task.

Celery stores a result before it acknowledges the task (`task_acks_late`), so a task whose reply
was not sent is delivered again. Celery brings no result backend for SQS.
"""

from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from celery import states
from celery.backends.base import BaseBackend
from celery.exceptions import Ignore, Reject, Retry

from foundation.errors import ComesAgain, TookTooLong
from workers.replying import failure_text, send_reply
from workers.videos import failures as video_failures

UNREPLIED = (Reject, Ignore, Retry, ComesAgain)
"""Outcomes after which the task comes again (or must not be heard of). Celery also hands over a
failure to send a reply, as the task's own: that must not become the reply."""


class SQSResponseBackend(BaseBackend):
    """Sends results; it never reads them, because the web tier's collector does."""

    supports_autoexpire = True

    def store_result(
        self,
        task_id: str,
        result: object,
        state: str,
        traceback: object = None,
        request: object = None,
        **kwargs: object,
    ) -> object:
        """Send the reply. Raises ResponseNotSent when the queue does not take it."""
        if video_failures.is_step(request):
            if state == states.FAILURE and not comes_again(result):
                video_failures.note_failure(request, result)
            return result
        text = reply_text(task_id, result, state)
        if text is not None:
            send_reply(task_id, text)
        return result

    def _get_task_meta_for(self, task_id: str) -> dict[str, object]:
        return {"status": states.PENDING, "result": None}

    def get_task_meta(self, task_id: str, cache: bool = True) -> dict[str, object]:
        """Say that the result is not known here, since only the collector reads it."""
        return self._get_task_meta_for(task_id)


def comes_again(error: object) -> bool:
    """Whether an error, as it is or in billiard's wrapper, ends only this attempt."""
    return isinstance(error, UNREPLIED) or isinstance(getattr(error, "exc", None), UNREPLIED)


def reply_text(task_id: str, result: object, state: str) -> str | None:
    """The message for what became of a task, or None where there is nothing to say yet.

    A task's own result is the reply already; a failure becomes one here.
    """
    if state == states.SUCCESS:
        return str(result)
    if state != states.FAILURE or comes_again(result):
        return None
    is_limit = isinstance(result, TimeLimitExceeded | SoftTimeLimitExceeded)
    return failure_text(task_id, TookTooLong() if is_limit else result)
