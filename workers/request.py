"""How the worker's parent process ends a task whose reply could not be sent.

Celery acknowledges a task that failed. A failure to reply is the one that must not be: the task
goes back to its queue, and after MAX_RECEIVE_COUNT deliveries to the dead-letter queue.
"""

from __future__ import annotations

from typing import Any

from celery import Task
from celery.worker.request import Request

from workers.errors import ResponseNotSent


def _cause(exc_info: Any) -> BaseException:
    error = exc_info.exception
    return getattr(error, "exc", error)


class ReplyBeforeAcknowledge(Request):
    """A request that is only acknowledged once its reply is on the response queue."""

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(_cause(exc_info), ResponseNotSent):
            return self.reject(requeue=False)
        return super().on_failure(exc_info, *args, **kwargs)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        try:
            return super().on_timeout(soft, timeout)
        except ResponseNotSent:
            return self.reject(requeue=False)


class RepliedTask(Task):
    """Base class of our tasks."""

    Request = ReplyBeforeAcknowledge
