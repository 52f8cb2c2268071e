"""The fleet on EC2 (or on an emulator): what runs there, and who ends."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation.aws import THROTTLED, error_code
from foundation.aws.typed import DescribeInstancesResultTypeDef, EC2Client, InstanceTypeDef
from foundation.fleet import lifecycle
from scaler.deciding.values import Instance, Phase
from scaler.instances.fleet import Unseen
from scaler.instances.launcher import Launcher, Refusals
from scaler.instances.launching import LaunchPlan, lowest_free, number_of
from scaler.instances.refusals import DOUBTFUL

log = structlog.get_logger()

UNSEEN_SECONDS = 60.0
"""DescribeInstances may miss an instance after its launch; then it is asked for by id."""

CLOCKS_DIFFER_SECONDS = 3.0
"""EC2 tells its time in whole seconds, and an answer takes a moment."""

SURELY_KNOWN_SECONDS = 120.0
"""EC2 may say that it does not know an instance for so long after the launch."""


@dataclass(frozen=True, slots=True)
class _Launched:
    instance: Instance
    number: int
    ask_at: float


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
        ec2: EC2Client,
        fleet: str,
        plan: LaunchPlan | None,
        clock: Callable[[], float],
        new_token: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._ec2 = ec2
        self._fleet = fleet
        self._clock = clock
        self._refusals = Refusals()
        self._launcher = (
            Launcher(ec2, plan, clock, new_token, self._refusals) if plan is not None else None
        )
        self._numbers: dict[str, int] = {}
        self._launched: dict[str, _Launched] = {}

    @property
    def refusal(self) -> str:
        """Why the last round launched nothing: EC2's code, or empty."""
        return self._launcher.refusal if self._launcher else ""

    def describe(self) -> tuple[Instance, ...]:
        """Return all instances with our tag. Raises Unseen."""
        try:
            pages = lifecycle.fleet_pages(self._ec2, self._fleet, lifecycle.LIVING_STATES)
        except (BotoCoreError, ClientError) as error:
            raise Unseen(f"EC2 does not say what runs: {error}") from error
        seen = lifecycle.instances_of(pages)
        instances = {one["InstanceId"]: _instance(one, self._ahead(pages)) for one in seen}
        self._numbers = {
            one["InstanceId"]: number
            for one in seen
            if (number := number_of(lifecycle.tags_of(one).get(lifecycle.NAME_TAG, "")))
        }
        self._launched = {
            name: checked
            for name, launched in self._launched.items()
            if name not in instances and (checked := self._unlisted(name, launched))
        }
        for name, launched in self._launched.items():
            instances[name] = launched.instance
            self._numbers[name] = launched.number
        return tuple(instances.values())

    def _ahead(self, pages: Sequence[DescribeInstancesResultTypeDef]) -> float:
        """How many seconds EC2's clock is ahead of ours; small differences are the network's."""
        ec2_time = lifecycle.server_time(pages)
        ahead = 0.0 if ec2_time is None else ec2_time - self._clock()
        return ahead if abs(ahead) >= CLOCKS_DIFFER_SECONDS else 0.0

    def _unlisted(self, name: str, launched: _Launched) -> _Launched | None:
        """A launched instance that the list does not show; None once EC2 says that it is gone.

        While nothing is certain it counts: an instance that nobody counts is launched again.
        """
        now = self._clock()
        if now < launched.ask_at:
            return launched
        if self._is_gone(name, now - launched.instance.launched_at):
            log.warning("launched_instance_gone", instance_id=name)
            return None
        return replace(launched, ask_at=now + UNSEEN_SECONDS)

    def _is_gone(self, name: str, age_seconds: float) -> bool:
        try:
            answer = self._ec2.describe_instances(InstanceIds=[name])
        except ClientError as error:
            unknown = error_code(error).startswith("InvalidInstanceID")
            return unknown and age_seconds > SURELY_KNOWN_SECONDS
        except BotoCoreError:
            return False
        found = [one for each in answer["Reservations"] for one in each["Instances"]]
        return any(one["State"]["Name"] not in lifecycle.LIVING_STATES for one in found)

    def launch(self, count: int) -> Sequence[str]:
        """Launch one after the other, each with its name, until one can't be had.

        What is missing then is asked for again at the next look, and after each round in vain
        only after a longer pause.
        """
        if self._launcher is None:
            raise RuntimeError("this fleet has no launch plan: it is only looked at")
        if self._launcher.is_pausing():
            return ()
        launched: list[str] = []
        for number in lowest_free(set(self._numbers.values()), count):
            name = self._launcher.launch(number)
            if name is None:
                break
            self._note_launch(name, number)
            launched.append(name)
        if launched:
            self._launcher.end_pause()
        return launched

    def _note_launch(self, name: str, number: int) -> None:
        now = self._clock()
        booting = Instance(id=name, phase=Phase.BOOTING, launched_at=now)
        self._launched[name] = _Launched(booting, number, now + UNSEEN_SECONDS)
        self._numbers[name] = number

    def ask_to_stop(self, ids: Iterable[str]) -> None:
        """Tell them by their tag. One that is gone already must not keep the others from it."""
        self._for_each(
            lambda names: lifecycle.say_wanted(self._ec2, names, lifecycle.DRAIN), list(ids)
        )

    def terminate(self, ids: Iterable[str]) -> None:
        """End instances, whatever they do. One that is gone already is no error."""
        self._for_each(lambda names: self._ec2.terminate_instances(InstanceIds=names), list(ids))
        for name in ids:
            self._launched.pop(name, None)

    def _for_each(self, call: Callable[[list[str]], object], ids: list[str]) -> None:
        """All in one call; one by one when EC2 refuses that because of one of them."""
        if not ids:
            return
        try:
            call(ids)
        except ClientError as error:
            code = error_code(error)
            if code in THROTTLED | DOUBTFUL:
                log.warning("ec2_call_failed", instances=ids, error=str(error))
            elif len(ids) > 1:
                for one in ids:
                    self._for_each(call, [one])
            elif code.startswith("InvalidInstanceID"):
                log.info("instance_gone_already", instance_id=ids[0])
            else:
                self._refusals.say(ids[0], code, error=str(error))
        except BotoCoreError as error:
            log.warning("ec2_call_failed", instances=ids, error=str(error))

    def why_gone(self, ids: Iterable[str]) -> dict[str, str]:
        """EC2's reasons for the end of instances, such as a spot interruption."""
        reasons = {}
        for name in ids:
            try:
                answer = self._ec2.describe_instances(InstanceIds=[name])
                one = answer["Reservations"][0]["Instances"][0]
                reasons[name] = one.get("StateReason", {}).get("Code") or "no reason given"
            except (BotoCoreError, ClientError, LookupError) as error:
                reasons[name] = f"unknown ({type(error).__name__})"
        return reasons


def _instance(described: InstanceTypeDef, ahead_seconds: float) -> Instance:
    """An instance, with its launch by our clock: EC2's is `ahead_seconds` ahead of it."""
    return Instance(
        id=str(described["InstanceId"]),
        phase=phase_of(described["State"]["Name"], lifecycle.tags_of(described)),
        launched_at=described["LaunchTime"].timestamp() - ahead_seconds,
    )


def phase_of(state: str, tags: Mapping[str, str]) -> Phase:
    """An instance's phase by its EC2 state and its two tags."""
    reported = tags.get(lifecycle.STATE_TAG, lifecycle.BOOTING)
    if reported == lifecycle.ENDED or state in ("stopping", "stopped"):
        return Phase.ENDED
    if tags.get(lifecycle.WANTED_TAG) == lifecycle.DRAIN:
        return Phase.DRAINING
    if reported == lifecycle.READY and state == "running":
        return Phase.READY
    return Phase.BOOTING
