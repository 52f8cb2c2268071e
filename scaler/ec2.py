"""The fleet on EC2 (or on an emulator): every call that the scaler makes, and what may go wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from scaler.fleet import FleetUnseen
from scaler.launching import (
    LaunchPlan,
    Place,
    lowest_free,
    number_of,
    run_instances_arguments,
)
from scaler.values import Instance, Phase
from workers import lifecycle

log = structlog.get_logger()

OUT_OF_CAPACITY = {
    "InsufficientInstanceCapacity",
    "InsufficientFreeAddressesInSubnet",
    "SpotMaxPriceTooLow",
    "MaxSpotInstanceCountExceeded",
    "Unsupported",  # this type is not offered in this zone
}
"""Another type or zone may have what this one has not."""

TRY_LATER = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled"}
QUOTA = {"InstanceLimitExceeded", "VcpuLimitExceeded"}

UNSEEN_SECONDS = 60.0
"""DescribeInstances may miss an instance for a while after its launch; it is counted anyway."""


@dataclass(frozen=True, slots=True)
class _Launched:
    instance: Instance
    number: int


class EC2Fleet:
    """App instances by tag.

    Parameters:
        ec2: a boto3 client.
        plan: what to launch; None for a fleet that is only looked at.
        clock: seconds since the epoch.
        new_token: names a need, so that a call whose answer was lost can be repeated safely.
    """

    def __init__(
        self,
        ec2: Any,
        fleet: str,
        plan: LaunchPlan | None,
        clock: Callable[[], float],
        new_token: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._ec2 = ec2
        self._fleet = fleet
        self._plan = plan
        self._clock = clock
        self._new_token = new_token
        self._numbers: dict[str, int] = {}
        self._launched: dict[str, _Launched] = {}
        self._unsettled: dict[int, str] = {}
        self._good_place = 0

    def describe(self) -> tuple[Instance, ...]:
        """All instances with our tag, whoever launched them. Raises FleetUnseen."""
        try:
            seen = lifecycle.describe_fleet(self._ec2, self._fleet, lifecycle.LIVING_STATES)
        except (BotoCoreError, ClientError) as error:
            raise FleetUnseen(f"EC2 does not say what runs: {error}") from error
        instances = {one["InstanceId"]: _instance(one) for one in seen}
        self._numbers = {
            one["InstanceId"]: number
            for one in seen
            if (number := number_of(lifecycle.tags_of(one).get(lifecycle.NAME_TAG, "")))
        }
        self._forget_seen(instances)
        for name, launched in self._launched.items():
            instances[name] = launched.instance
            self._numbers[name] = launched.number
        return tuple(instances.values())

    def _forget_seen(self, instances: Mapping[str, Instance]) -> None:
        oldest = self._clock() - UNSEEN_SECONDS
        self._launched = {
            name: launched
            for name, launched in self._launched.items()
            if name not in instances and launched.instance.launched_at > oldest
        }

    def launch(self, count: int) -> Sequence[str]:
        """Launch one after the other, each with its name, until one can't be had.

        What is missing then is asked for again at the next look.
        """
        launched: list[str] = []
        for number in lowest_free(set(self._numbers.values()), count):
            name = self._launch_one(number)
            if name is None:
                break
            launched.append(name)
        if len(launched) < count:
            log.warning("launched_fewer", wanted=count, launched=len(launched))
        return launched

    def _launch_one(self, number: int) -> str | None:
        """Try every place, the one that worked last first. None when nothing could be had."""
        if self._plan is None:
            raise RuntimeError("this fleet has no launch plan: it is only looked at")
        need = self._unsettled.setdefault(number, self._new_token())
        places = self._plan.places
        for index in self._turns(places):
            outcome = self._try_place(places[index], number, f"{need}-{index}")
            if outcome is _NEXT_PLACE:
                continue
            if outcome is not None:
                self._good_place = index
            return outcome
        log.error("no_capacity", places=[str(place) for place in places])
        self._unsettled.pop(number, None)
        return None

    def _turns(self, places: Sequence[Place]) -> list[int]:
        """The place that worked last first, but spot instances before all others."""
        first = self._good_place
        return sorted(
            ((first + turn) % len(places) for turn in range(len(places))),
            key=lambda index: not places[index].spot,
        )

    def _try_place(self, place: Place, number: int, token: str) -> str | None:
        """The new instance's id, None to stop for now, or _NEXT_PLACE."""
        if self._plan is None:
            return None
        arguments = run_instances_arguments(self._plan, place, number, token)
        try:
            answer = self._ec2.run_instances(**arguments)
        except ClientError as error:
            return self._refused(error, place, number)
        except BotoCoreError as error:
            # Whether it was launched is not known: the same token again can't launch a second.
            log.warning("launch_unsettled", number=number, error=str(error))
            return None
        name = str(answer["Instances"][0]["InstanceId"])
        self._note_launch(name, number)
        log.info("instance_launched", instance_id=name, number=number, place=str(place))
        return name

    def _note_launch(self, name: str, number: int) -> None:
        self._unsettled.pop(number, None)
        booting = Instance(id=name, phase=Phase.BOOTING, launched_at=self._clock())
        self._launched[name] = _Launched(booting, number)
        self._numbers[name] = number

    def _refused(self, error: ClientError, place: Place, number: int) -> str | None:
        code = _code(error)
        if code in OUT_OF_CAPACITY:
            log.warning("place_full", place=str(place), code=code)
            return _NEXT_PLACE
        self._unsettled.pop(number, None)
        if code in TRY_LATER:
            log.warning("launch_throttled", code=code)
        elif code in QUOTA:
            log.error("quota_reached", code=code, hint="ask AWS for more, or lower SCALER_MAX")
        else:
            log.error("launch_refused", code=code, error=str(error))
        return None

    def ask_to_stop(self, ids: Iterable[str]) -> None:
        """Tell them by their tag. One that is gone already must not keep the others from it."""
        self._for_each(
            lambda names: lifecycle.say_wanted(self._ec2, names, lifecycle.DRAIN), list(ids)
        )

    def terminate(self, ids: Iterable[str]) -> None:
        self._for_each(lambda names: self._ec2.terminate_instances(InstanceIds=names), list(ids))
        for name in ids:
            self._launched.pop(name, None)

    def _for_each(self, call: Callable[[list[str]], object], ids: list[str]) -> None:
        """All in one call; one by one when EC2 does not know one of them."""
        if not ids:
            return
        try:
            call(ids)
        except ClientError as error:
            if not _code(error).startswith("InvalidInstanceID"):
                log.warning("ec2_call_failed", instances=ids, error=str(error))
            elif len(ids) > 1:
                for one in ids:
                    self._for_each(call, [one])
            else:
                log.info("instance_gone_already", instance_id=ids[0])
        except BotoCoreError as error:
            log.warning("ec2_call_failed", instances=ids, error=str(error))

    def why_gone(self, ids: Iterable[str]) -> dict[str, str]:
        """What EC2 says about instances that are gone, such as a spot interruption."""
        reasons = {}
        for name in ids:
            try:
                answer = self._ec2.describe_instances(InstanceIds=[name])
                one = answer["Reservations"][0]["Instances"][0]
                reasons[name] = one.get("StateReason", {}).get("Code") or "no reason given"
            except (BotoCoreError, ClientError, LookupError) as error:
                reasons[name] = f"unknown ({type(error).__name__})"
        return reasons


_NEXT_PLACE = "next place"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _instance(described: Mapping[str, Any]) -> Instance:
    return Instance(
        id=str(described["InstanceId"]),
        phase=phase_of(described["State"]["Name"], lifecycle.tags_of(described)),
        launched_at=described["LaunchTime"].timestamp(),
    )


def phase_of(state: str, tags: Mapping[str, str]) -> Phase:
    """An instance's phase by its EC2 state and its two tags."""
    said = tags.get(lifecycle.STATE_TAG, lifecycle.BOOTING)
    if said == lifecycle.ENDED or state in ("stopping", "stopped"):
        return Phase.ENDED
    if tags.get(lifecycle.WANTED_TAG) == lifecycle.DRAIN:
        return Phase.DRAINING
    if said == lifecycle.READY and state == "running":
        return Phase.READY
    return Phase.BOOTING
