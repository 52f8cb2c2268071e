"""The product, broken on purpose: what a simulation that finds nothing would have to find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from celery.exceptions import Ignore, Reject, Retry

from faceweb.models import Job, JobState
from faceweb.replies import collector, responses
from faceweb.replies.sweep import Sweep
from faceweb.replies.waiters import Waiters
from foundation import messages
from workers.queue import request, response_backend


@contextmanager
def acknowledged_before_the_work() -> Iterator[None]:
    """A task is taken off its queue when it begins: it is lost with its process."""
    accepted = request.ReplyBeforeAcknowledge.on_accepted

    def on_accepted(self: request.ReplyBeforeAcknowledge, pid: int, at: float) -> object:
        answer = accepted(self, pid, at)
        self.acknowledge()
        return answer

    with (
        mock.patch.object(request.ReplyBeforeAcknowledge, "on_accepted", on_accepted),
        _without_sending_again(),
    ):
        yield


@contextmanager
def _without_sending_again() -> Iterator[None]:
    """The sweep would send a lost job again, and so hide that it was lost."""
    with mock.patch.object(Sweep, "_send_again", lambda self, overdue: None):
        yield


@contextmanager
def waiter_woken_only_by_its_own_collector() -> Iterator[None]:
    """What another web process wrote down is not looked for: its clients wait for nothing."""

    async def watch(self: Waiters, find_finished: object) -> None:
        return

    with mock.patch.object(Waiters, "watch_other_processes", watch):
        yield


@contextmanager
def replies_deleted_before_they_are_written_down() -> Iterator[None]:
    """A crash, or a database that is away, between the two loses the reply."""

    def collect_once(self: collector.ResponseCollector) -> int:
        received = self._queue.receive()
        self._queue.delete(received)
        replies = [messages.decode_reply(message.body) for message in received]
        self._on_finished(responses.record_replies(replies))
        return len(received)

    with (
        mock.patch.object(collector.ResponseCollector, "collect_once", collect_once),
        _without_sending_again(),
    ):
        yield


@contextmanager
def lost_jobs_never_sent_again() -> Iterator[None]:
    """A job that was stored and not queued, or whose task vanished, waits for ever."""
    with _without_sending_again():
        yield


@contextmanager
def a_late_answer_overwrites_the_first() -> Iterator[None]:
    """Each reply is written down, also where the job has ended."""
    lock_jobs = responses.lock_jobs

    def as_open(ids: Iterable[object]) -> list[Job]:
        jobs = lock_jobs(ids)
        for job in jobs:
            job.state = JobState.QUEUED
        return jobs

    with mock.patch.object(responses, "lock_jobs", as_open):
        yield


@contextmanager
def an_unsent_reply_becomes_a_failure() -> Iterator[None]:
    """As it was: Celery gave the error of sending a reply to the backend, as the task's own."""
    only_celerys = (Reject, Ignore, Retry)
    with mock.patch.object(response_backend, "UNREPLIED", only_celerys):
        yield


MUTATIONS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "acknowledged before the work": acknowledged_before_the_work,
    "waiters not told by other processes": waiter_woken_only_by_its_own_collector,
    "replies deleted before they are written down": replies_deleted_before_they_are_written_down,
    "lost jobs never sent again": lost_jobs_never_sent_again,
    "a late answer overwrites the first": a_late_answer_overwrites_the_first,
    "an unsent reply becomes a failure": an_unsent_reply_becomes_a_failure,
}
