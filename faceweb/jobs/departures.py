"""Sends tasks to the request queue. Those of a burst gather, and go with one call.

A job is safe before its task is sent: what does not arrive is found by the sweep, and sent again.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

import structlog
from django.db import connection
from django.utils import timezone

from faceweb.models import Job, JobKind, JobState
from faceweb.replies.gathering import Gathering
from faceweb.replies.statements import with_keys
from foundation import messages
from foundation.parts import in_parts
from foundation.task_messages import Task
from workers.queue import sending

log = structlog.get_logger()

FORGOTTEN = timedelta(seconds=10)
"""Jobs that were not sent for longer are sent by the sweep."""
SHORT_KEY = 150
"""In bytes: so much fits twice into a message of 1 KB."""


class SendTask(Protocol):
    """Has jobs' tasks put on the request queue, now or soon."""

    def __call__(self, *jobs: Job) -> None:
        """Those of several jobs go together."""


def enqueue(jobs: Sequence[Job], is_ours: Callable[[Job], bool] = lambda _: True) -> list[Job]:
    """Send the tasks of jobs that have not ended, and note it. Returns the jobs that were sent, and
    logs what the queue did not take. `is_ours` is asked just before a job goes."""
    is_open = [job for job in jobs if not job.is_final]
    sent: list[Job] = []
    for part in in_parts(is_open, sending.AT_ONCE):
        if accepted := _accepted([job for job in part if is_ours(job)]):
            _note_sent(accepted)  # at once: the next call may hang, and the sweep sends the others
            sent += accepted
    return sent


def _accepted(jobs: Sequence[Job]) -> list[Job]:
    """Those of up to ten jobs whose tasks the queue took."""
    try:
        refused = sending.send_tasks([task_of(job) for job in jobs]) if jobs else {}
    except Exception as error:  # noqa: BLE001 - the jobs are safe, whatever it was
        refused = {job.id: str(error) for job in jobs}
    for job_id, why in refused.items():
        log.warning("job_not_queued", job_id=str(job_id), error=why)
    return [job for job in jobs if job.id not in refused]


def _note_sent(jobs: Sequence[Job]) -> None:
    """Write down that tasks were sent; an answer may already have come."""
    now = Job._meta.get_field("sent_at").get_db_prep_value(timezone.now(), connection)
    with_keys(
        Job,
        "UPDATE {table} SET state = CASE WHEN state = %s THEN %s ELSE state END, "
        "queued_at = COALESCE(queued_at, %s), sent_at = %s, sends = sends + 1 WHERE {keys}",
        [job.pk for job in jobs],
        JobState.STORED.value, JobState.QUEUED.value, now, now,
    )  # fmt: skip


def send_soon(jobs: Sequence[Job]) -> None:
    """Send what gathered, except jobs that the sweep has sent by now: a call may take long."""
    enqueue(jobs, lambda job: job.created_at > timezone.now() - FORGOTTEN)


def departures(waiting: Callable[[], int]) -> Gathering[Job]:
    """The jobs whose tasks a process is about to send."""
    return Gathering(send_soon, waiting, _left_to_the_sweep)


def _left_to_the_sweep(job: Job) -> None:
    log.warning("job_not_queued", job_id=str(job.id), error="the queue hangs")


_running: Gathering[Job] | None = None


def depart_by(departures: Gathering[Job]) -> None:
    """Have this process's tasks sent by these departures."""
    global _running
    _running = departures


def send_task(*jobs: Job) -> None:
    """Have jobs' tasks sent: soon where a web tier runs, else at once."""
    if _running is None:
        enqueue(jobs)
    else:
        _running.add_from_thread(*jobs)


def task_of(job: Job) -> Task:
    """The task of a job, under the job's id."""
    options = {"options": job.options} if job.options else {}
    named: dict[str, object] = {"input_key": job.input_key}
    match job.kind:
        case JobKind.EMBED:
            name, named = messages.EMBED_TASK, named | job.options
        case JobKind.DETECT:
            name, named = messages.DETECT_TASK, named | options
        case JobKind.VERIFY:
            name, named = messages.VERIFY_TASK, named | {"other_key": job.other_key} | options
        case JobKind.SEARCH:
            name, named = messages.SEARCH_TASK, named | {"options": job.options}
        case _:
            length = len(job.input_key.encode()) + 3 * job.input_key.count('"')
            if length <= SHORT_KEY:  # workers of the version before ask for it
                named["output_key"] = job.output_key
            name, named = messages.RECOGNISE_TASK, named | options
    return Task(name=name, job_id=job.id, named=named)
