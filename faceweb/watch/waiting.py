"""Why a picture has no answer yet, and how long that may take: for the one who waits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from faceweb.models import OPEN_STATES, Job
from foundation.config import Settings
from scaler.instances.refusals import QUOTA
from scaler.models import Kind, Lifeline, Look
from scaler.record.lifelines import usual_start

STARTS_COUNTED = 5
MOST_PERCENT = 97
"""A bar that is full while one still waits tells nothing."""
MOST_AHEAD = 10_000
LOOK_IS_OLD = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A sentence, and how much of the time is over, in percent; None where nobody can tell."""

    sentence: str
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What answers, or will.

    Parameters:
        starting: when each machine was launched that is not ready.
        ready, functions: how many machines, and how many functions, answer or begin to.
        maximum: the most machines.
        start_seconds: how long a start usually takes.
        work_seconds: how long all that is open takes the ready machines.
        refused: why EC2 launched none at the last try, by its code.
    """

    starting: Sequence[datetime] = ()
    ready: int = 0
    functions: int = 0
    maximum: int = 20
    start_seconds: float = 30.0
    work_seconds: float = 0.0
    refused: str = ""


def waiting_now(settings: Settings) -> Waiting:
    """What is waited for now, by what the scaler saw."""
    return explained(_fleet(settings), timezone.now())


def waiting_json(job: Job, settings: Settings) -> dict[str, object] | None:
    """What a job waits for, as the API shows it; None once it has ended."""
    return None if job.is_final else asdict(waiting_now(settings))


def look_now() -> Look | None:
    """What the scaler saw last; None when that is old, because nobody knows then."""
    return Look.objects.filter(at__gt=timezone.now() - LOOK_IS_OLD).first()


def _fleet(settings: Settings) -> Fleet:
    living = Lifeline.objects.filter(Q(ended_at=None), leaving_at=None)
    lives = list(living.values_list("kind", "launched_at", "ready_at"))
    machines = [(launched, ready) for kind, launched, ready in lives if kind == Kind.INSTANCE]
    serving = sum(ready is not None for _, ready in machines)
    look = look_now()
    open_jobs = Job.objects.filter(state__in=OPEN_STATES).order_by()[:MOST_AHEAD].count()
    slots = max(serving, 1) * settings.worker_processes
    start = usual_start(Kind.INSTANCE, STARTS_COUNTED)
    return Fleet(
        starting=[launched for launched, ready in machines if ready is None],
        ready=serving,
        functions=len(lives) - len(machines),
        maximum=settings.scaler_max,
        start_seconds=max(start or settings.expected_boot_seconds, 1.0),
        work_seconds=open_jobs * settings.expected_service_seconds / slots,
        refused=look.refused if look else "",
    )


def explained(fleet: Fleet, now: datetime) -> Waiting:
    """Say what is waited for."""
    if fleet.ready >= fleet.maximum > 0:
        seconds = max(fleet.work_seconds, 1.0)
        text = f"{fleet.ready} of {fleet.maximum} machines are busy: about {seconds:.0f} seconds."
        return Waiting(sentence=text)
    if fleet.ready:
        return Waiting(sentence="A machine is running. Your picture is in the queue.")
    if fleet.functions:
        return Waiting(sentence="A function is answering. Your picture is in the queue.")
    if fleet.starting:
        return _starting(fleet, now)
    if fleet.refused in QUOTA:
        text = "The account's quota of machines is reached. Your picture waits until one is free."
        return Waiting(sentence=text)
    if fleet.refused:
        text = "AWS has no machine just now. The start is tried again, and your picture waits."
        return Waiting(sentence=text)
    text = f"A machine is being started for your picture: about {fleet.start_seconds:.0f} seconds."
    return Waiting(sentence=text, percent=0)


def _starting(fleet: Fleet, now: datetime) -> Waiting:
    over = max((now - min(fleet.starting)).total_seconds(), 0.0)
    percent = min(round(100 * over / fleet.start_seconds), MOST_PERCENT)
    left = fleet.start_seconds - over
    text = f"about {left:.0f} seconds more" if left >= 1 else "it will be ready in a moment"
    return Waiting(sentence=f"A machine is starting: {text}.", percent=percent)
