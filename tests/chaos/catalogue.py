"""Every fault that a run may inject, and those that it can't here, with the reason."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foundation.fleet.functions import burst_timeout_seconds
from tests.chaos import aws_faults as aws
from tests.chaos.aws_faults import AwsFails, WithoutInstances, of_call, of_service
from tests.chaos.fault import Fault
from tests.chaos.machine_faults import BadPicture, DatabaseRestarted, DiskFull
from tests.chaos.process_faults import Killed, KilledAtCall, PausedAtCall
from tests.chaos.stage import Stage
from tests.chaos.traffic import Traffic
from tests.system import fault_proxy

NAMES = {"sqs": "SQS", "s3": "S3", "ec2": "EC2"}
PAUSE_MARGIN_SECONDS = 3.0
LAMBDA_HOLD_SECONDS = 20.0
"""The scaler calls Lambda seldom: a fault as short as the others may meet no call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Faults by name, and the names of those that are left out with why."""

    faults: Mapping[str, Fault]
    left_out: Mapping[str, str]


def catalogue(stage: Stage, traffic: Traffic, seed: int, longest_latency: float) -> Catalogue:
    """All faults of this run."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    left_out: dict[str, str] = {}
    faults: list[Fault] = [
        *_workers(stage),
        *_functions(stage),
        *_others(stage, traffic),
        *_aws(stage, chance, longest_latency),
        *_pictures(stage, traffic, seed),
    ]
    if stage.postgresql:
        faults.append(DatabaseRestarted(stage.postgresql))
    else:
        left_out[DatabaseRestarted.name] = "PostgreSQL is not installed"
    if stage.is_small:
        faults.append(DiskFull(stage.var_dir))
    else:
        left_out[DiskFull.name] = "no file system can be mounted here"
    return Catalogue(faults={fault.name: fault for fault in faults}, left_out=left_out)


def _workers(stage: Stage) -> Sequence[Fault]:
    settings, proxy = stage.settings, stage.proxy
    fetches = of_call("GET", settings.in_bucket)
    return [
        KilledAtCall(
            "pool process killed in mid-task", proxy, fetches,
            carried_out=True, whole_group=False,
        ),
        KilledAtCall(
            "worker killed in mid-task", proxy, fetches, carried_out=True, whole_group=True
        ),
        KilledAtCall(
            "worker killed before its reply", proxy,
            of_call("SendMessage", settings.response_queue), carried_out=False, whole_group=True,
        ),
        KilledAtCall(
            "worker killed before it acknowledged", proxy,
            of_call("DeleteMessageBatch", settings.request_queue),
            carried_out=False, whole_group=False,
        ),
        Killed(
            "all workers killed", lambda: [p.pid for p in stage.workers()], whole_group=True
        ),
        PausedAtCall(
            "worker paused past its visibility timeout", proxy, fetches,
            settings.visibility_timeout_seconds + PAUSE_MARGIN_SECONDS,
        ),
    ]  # fmt: skip


def _functions(stage: Stage) -> Sequence[Fault]:
    settings, proxy = stage.settings, stage.proxy
    fetches = of_call("GET", settings.in_bucket)

    def functions() -> list[int]:
        return [process.pid for process in stage.functions()]

    def is_function(pid: int) -> bool:
        return pid in functions()

    faults: list[Fault] = [
        Killed("all functions killed", functions, whole_group=True),
        KilledAtCall(
            "function killed in mid-task", proxy, fetches,
            carried_out=True, whole_group=True, whom=is_function,
        ),
        PausedAtCall(
            "function hangs past its time-out", proxy, fetches,
            burst_timeout_seconds(settings) + PAUSE_MARGIN_SECONDS, is_function,
        ),
        AwsFails(
            "Lambda throttles", proxy, aws.LAMBDA_THROTTLES, of_service("lambda"),
            0.7, hold_seconds=LAMBDA_HOLD_SECONDS,
        ),
    ]  # fmt: skip
    return [WithoutInstances(fault, proxy, settings) for fault in faults]


def _others(stage: Stage, traffic: Traffic) -> Sequence[Fault]:
    settings, proxy = stage.settings, stage.proxy
    webs = itertools.cycle(stage.web)
    return [
        Killed(
            "web process killed while clients wait", lambda: [next(webs).pid], whole_group=False,
            is_worthwhile=lambda: traffic.waiting > 1,
        ),
        KilledAtCall(
            "web process killed between picture and row", proxy,
            of_call("PUT", settings.in_bucket), carried_out=True, whole_group=False,
        ),
        KilledAtCall(
            "web process killed between row and queue", proxy,
            of_call("SendMessage", settings.request_queue), carried_out=False, whole_group=False,
        ),
        KilledAtCall(
            "collector killed between commit and delete", proxy,
            of_call("DeleteMessageBatch", settings.response_queue),
            carried_out=False, whole_group=False,
        ),
        Killed("scaler killed", lambda: [stage.scaler.pid], whole_group=False),
        Killed("instance host killed", lambda: [stage.instance_host.pid], whole_group=False),
    ]  # fmt: skip


def _aws(stage: Stage, chance: random.Random, longest_latency: float) -> Sequence[Fault]:
    proxy = stage.proxy
    receives, sends = _sqs("ReceiveMessage"), _sqs("SendMessage")
    return [
        *(
            AwsFails(f"{NAMES[service]} fails", proxy, said, of_service(service))
            for service, said in aws.FAILURES.items()
        ),
        *(
            AwsFails(
                f"{NAMES[service]} throttles", proxy, said, of_service(service), 0.7
            )
            for service, said in aws.THROTTLING.items()
        ),
        AwsFails(
            f"answers 1 to {longest_latency:g} s late", proxy,
            aws.late(chance, 1.0, longest_latency), share=0.5,
        ),
        AwsFails("connections reset", proxy, fault_proxy.reset, share=0.5),
        AwsFails("connections broken in mid-answer", proxy, aws.broken_off, share=0.4),
        AwsFails("messages sent twice", proxy, aws.sent_twice, sends, 0.5),
        AwsFails("messages delivered twice", proxy, aws.DeliveredAgain(), receives, 0.5),
        AwsFails("messages delayed by 0 to 3 s", proxy, aws.delayed(chance, 3), sends),
        AwsFails("messages in reverse order", proxy, aws.backwards, receives),
    ]  # fmt: skip


def _sqs(operation: str):  # type: ignore[no-untyped-def]
    return lambda call: (call.service, call.operation) == ("sqs", operation)


def _pictures(stage: Stage, traffic: Traffic, seed: int) -> Sequence[Fault]:
    limit = stage.settings.task_time_limit_seconds
    return [
        BadPicture("picture that kills its worker", "poison", 6.0, seed, traffic.send),
        BadPicture("picture that never ends", "endless", limit + 3.0, seed, traffic.send),
        BadPicture("damaged picture", "damaged", 1.0, seed, traffic.send),
    ]
