"""Puts a scaler together from the settings: the one place that knows all the real parts."""

import time
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from foundation import aws
from foundation.aws.queue_depth import QueueDepth, queue_depth
from foundation.config import Settings
from foundation.fleet.functions import burst_timeout_seconds
from foundation.fleet.identity import worker_name
from foundation.fleet.schedule import parse_schedule
from foundation.workers_settings import function_variables
from scaler.deciding.values import Limits
from scaler.instances.ec2 import EC2Fleet
from scaler.instances.fleet import Fleet, Unseen
from scaler.instances.functions import LambdaFunctions
from scaler.instances.launching import LaunchPlan, launch_plan
from scaler.instances.prices import FUNCTION_REQUEST, USUAL_TYPE, function_second, machine_hour
from scaler.lease import ScalerLease
from scaler.loop import Scaler
from scaler.observing import Observer
from scaler.record import orders
from scaler.record.history import StoredHistory
from scaler.record.ledger import forget_after


def limits_of(settings: Settings) -> Limits:
    """The policy's limits, as configured."""
    return Limits(
        minimum=settings.scaler_min,
        maximum=settings.scaler_max,
        slots_per_instance=settings.worker_processes,
        target_latency_seconds=settings.target_latency_seconds,
        interval_seconds=settings.scaler_interval_seconds,
        scale_in_delay_seconds=settings.scaler_scale_in_delay_seconds,
        minimum_billed_seconds=settings.minimum_billed_seconds,
        boot_timeout_seconds=settings.boot_timeout_seconds,
        drain_timeout_seconds=settings.drain_timeout_seconds,
        longest_task_seconds=settings.task_time_limit_seconds,
        hang_seconds=_hang_seconds(settings),
        boot_seconds=settings.expected_boot_seconds,
        service_seconds=settings.expected_service_seconds,
        function_maximum=settings.burst_concurrency if settings.has_functions else 0,
        function_run_seconds=settings.burst_run_seconds,
        function_second_dollars=function_second(settings.burst_memory_mb, settings.aws_region),
        function_start_dollars=FUNCTION_REQUEST,
        function_dollars_a_day=settings.burst_dollars_a_day,
        instance_second_dollars=machine_hour(_first_type(settings)) / 3600,
    )


def _first_type(settings: Settings) -> str:
    return settings.instance_types.split(",")[0].strip() or USUAL_TYPE


def _hang_seconds(settings: Settings) -> float:
    """No healthy worker is silent for so long while a job is open.

    A job may be hidden by another worker for the visibility timeout, and a task has its limit.
    """
    longest = max(settings.visibility_timeout_seconds, settings.task_time_limit_seconds)
    if settings.video_backend == "celery":
        longest = max(longest, settings.video_time_limit_seconds)
    return longest + 3 * settings.scaler_interval_seconds


def fleet_of(settings: Settings, plan: LaunchPlan | None = None) -> EC2Fleet:
    """The fleet; without a plan to look at."""
    return EC2Fleet(aws.client("ec2", settings), settings.faceweb_id, plan, time.time)


def functions_of(settings: Settings) -> LambdaFunctions | None:
    """The functions, to invoke and to look at; None where BURST=off."""
    if not settings.has_functions:
        return None
    most, longest = settings.burst_concurrency, burst_timeout_seconds(settings)
    client, variables = aws.client("lambda", settings), function_variables(settings)
    task = settings.task_time_limit_seconds
    name = settings.burst_function
    return LambdaFunctions(client, name, most, longest, task, time.time, variables)


def observer(
    settings: Settings,
    fleet: Fleet,
    functions: LambdaFunctions | None,
    limits: Limits | None = None,
) -> Observer:
    """Looks at the real queue, jobs, fleet and functions."""
    job_ledger = import_string(django_settings.SCALER_LEDGER)
    ledger = job_ledger(forget_after(settings.resend_after_seconds, settings.max_sends))
    depth = partial(request_depth, settings)
    return Observer(depth, ledger, fleet, time.time, functions, limits)


def request_depth(settings: Settings) -> QueueDepth:
    """How deep the request queue is. Raises Unseen."""
    queue = settings.request_queue
    try:
        return queue_depth(queue, settings)
    except (BotoCoreError, ClientError) as error:
        raise Unseen(f"SQS does not say how deep {queue} is: {error}") from error


def make_scaler(settings: Settings, limits: Limits, *, is_dry: bool = False) -> Scaler:
    """The real scaler. A dry one decides, but is asked for no step: it needs nothing to launch, and
    no orders. Raises LaunchNotConfigured."""
    fleet = fleet_of(settings, None if is_dry else launch_plan(settings))
    functions = functions_of(settings)
    return Scaler(
        observer(settings, fleet, functions, limits),
        fleet,
        ScalerLease(settings.faceweb_id, worker_name(), time.time),
        StoredHistory(worker_name()),
        limits,
        time.time,
        functions,
        orders.Standing if is_dry else orders.standing,
        parse_schedule(settings.scaler_schedule),
    )
