"""What must hold of every world that has ended. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from faceweb.intake.submission import TOO_LATE
from faceweb.models import Job
from foundation import messages
from tests.protocol.faults import Weather
from tests.protocol.pictures import NAMED, Content
from tests.protocol.web_tier import ANSWERED, NOT_YET, SEND_AGAIN, Client, result_of
from tests.protocol.world import Ending

GIVEN_UP = (messages.DEAD_LETTER, messages.INTERNAL_ERROR)
"""Ends of a picture that faults kept from being answered: three deliveries, or three sends."""


SENT_IN_VAIN = "No answer came after it was sent"
"""The sweep's word for a job that it gave up."""

LONGEST_WAY_SECONDS = 10.0
"""From an answer in the database to whoever waits for it, in whichever process."""


def judge(ending: Ending) -> list[str]:
    """Everything that is wrong; nothing, if the protocol keeps its promise."""
    return [
        *ending.violations,
        *_of_drain(ending),
        *(wrong for client in ending.clients.all for wrong in _of_client(client, ending)),
        *(wrong for client in ending.clients.all for wrong in _of_waiting(client, ending)),
        *(wrong for job in ending.jobs for wrong in _of_job(job, ending)),
    ]


def _of_drain(ending: Ending) -> Iterator[str]:
    if not ending.drained:
        yield f"not drained after {ending.elapsed:.0f} s: {ending.queued}"


def _of_client(client: Client, ending: Ending) -> Iterator[str]:
    """Sent = answered + dead-lettered + waiting: of every client that was served there is a job,
    and it was told what the job says."""
    if client.answer is None:
        yield f"{client.name} was told nothing"
        return
    status, text = client.answer
    ends = {_end(job) for job in ending.jobs if job.filename == client.name}
    if not ends:
        yield f"{client.name} was told {status} {text}, and there is no job"
    elif status == ANSWERED and result_of(text) not in ends:
        yield f"{client.name} was told {text}, its jobs say {ends}"
    elif status == ANSWERED and result_of(text) != client.content:
        yield f"{client.name} ({client.content}) was told {text}"
    elif status not in (ANSWERED, NOT_YET, 422, 502):
        yield f"{client.name} was told {status} {text}"


def _of_waiting(client: Client, ending: Ending) -> Iterator[str]:
    """Nobody is told "not yet" of a job that has long ended, unless something was stopped, slow or
    away meanwhile."""
    weather = ending.weather
    if client.answer is None or client.answer[0] != NOT_YET:
        return
    if weather.stopped or weather.slow or weather.database:
        return
    for job in ending.jobs:
        if str(job.pk) in client.answer[1] and job.answered_at is not None:
            late = client.served_at - job.answered_at.timestamp()
            if late > LONGEST_WAY_SECONDS:
                yield f"{client.name} was told 'not yet' {late:.0f} s after its job had ended"


def _of_job(job: Job, ending: Ending) -> Iterator[str]:
    client = next(c for c in ending.clients.all if c.name == job.filename)
    content = client.content
    if job.error == TOO_LATE:
        if all(status != SEND_AGAIN for status, _ in client.told):
            yield f"job {job.pk} ({content}) was cancelled, and its client not told to send again"
    elif not job.is_final:
        yield f"job {job.pk} ({job.filename}) is {job.state} for ever"
    elif _end(job) not in right_ends(content, ending.weather):
        yield f"job {job.pk} ({content}) ended as {_end(job)}: {job.error}"
    elif job.error_kind == messages.INTERNAL_ERROR and not job.error.startswith(SENT_IN_VAIN):
        yield f"job {job.pk} ({content}) failed by an error of ours: {job.error}"
    elif content in NAMED and job.state == messages.FAILED and not _may_fail(job, ending):
        yield f"job {job.pk} ({content}) failed without a fault: {job.error}"
    elif job.state == messages.SUCCEEDED and ending.answers.get(job.output_key) != job.result:
        yield f"job {job.pk}: the bucket says {ending.answers.get(job.output_key)}"
    elif job.error_kind == messages.DEAD_LETTER and not any(
        letter.job_id == job.pk for letter in ending.dead_letters
    ):
        yield f"job {job.pk} failed as a dead letter, and none is noted"


def _may_fail(job: Job, ending: Ending) -> bool:
    """Whether a good picture has a reason to fail. Slow storage is noted as no fault."""
    is_slow = job.error_kind == messages.TOO_SLOW and ending.weather.slow
    return bool(is_slow or sum(ending.injected.values()))


def _end(job: Job) -> str:
    return job.error_kind or job.result


def right_ends(content: Content, weather: Weather) -> tuple[str, ...]:
    """What may become of a picture. A function's time limit runs by the clock, also while storage
    is slow or the process stands still."""
    late = (messages.TOO_SLOW,) if weather.slow or weather.stopped else ()
    match content:
        case Content.BROKEN:
            return (messages.BAD_PICTURE, *late, *GIVEN_UP)
        case Content.DEADLY:
            return (*late, *GIVEN_UP)
        case Content.ENDLESS:
            return (messages.TOO_SLOW, *GIVEN_UP)
        case _:
            return (content.value, *late, *GIVEN_UP)
