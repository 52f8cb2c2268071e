"""Launches on EC2: one place after the other is asked, until one has an instance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation.aws import THROTTLED, error_code
from foundation.aws.typed import EC2Client, RunInstancesRequestTypeDef
from scaler.instances.launching import LaunchPlan, Place, run_instances_arguments
from scaler.instances.refusals import DOUBTFUL, QUOTA, Pause, advice

log = structlog.get_logger()


class Refusals:
    """Logs what EC2 refuses, unless a subject's last refusal was the same."""

    def __init__(self) -> None:
        self._last_codes: dict[str, str] = {}

    def say(self, subject: str, code: str, **details: str) -> None:
        """Log a refusal of a place or of an instance, by EC2's code."""
        if self._last_codes.get(subject) != code:
            self._last_codes[subject] = code
            log.error("ec2_refuses", subject=subject, code=code, **details)

    def forget(self, *subjects: str) -> None:
        """Log the next refusal of these, whatever it is."""
        for subject in subjects:
            self._last_codes.pop(subject, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What came of asking one place: a name, or a refusal's code, or neither: stop for now."""

    name: str | None = None
    code: str | None = None


class Launcher:
    """Asks EC2 for instances by a plan. `refusal` is why the last round launched nothing."""

    def __init__(
        self,
        ec2: EC2Client,
        plan: LaunchPlan,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        refusals: Refusals,
    ) -> None:
        self._ec2, self._plan, self._clock, self._new_token = ec2, plan, clock, new_token
        self._refusals = refusals
        self._unsettled: dict[int, str] = {}
        self._good_place = 0
        self._pause = Pause()
        self.refusal = ""

    def is_pausing(self) -> bool:
        """Whether nothing is asked yet, after rounds that launched nothing."""
        return self._clock() < self._pause.until

    def end_pause(self) -> None:
        """A round launched something: the next one begins at once."""
        self._pause, self.refusal = Pause(), ""

    def launch(self, number: int) -> str | None:
        """Try every place, the one that worked last first. None when nothing could be had."""
        need = self._unsettled.setdefault(number, self._new_token())
        places = self._plan.places
        refused: list[str] = []
        for index in self._turns(places):
            outcome = self._try_place(places[index], number, f"{need}-{index}")
            if outcome.name is not None:
                self._good_place = index
                self._unsettled.pop(number, None)
                return outcome.name
            if outcome.code is None:
                return None
            refused.append(outcome.code)
        self._unsettled.pop(number, None)
        self._rest(refused)
        return None

    def _rest(self, refused: Sequence[str]) -> None:
        """No place had an instance: pause. Log it once for each state, not for each round."""
        self._pause = self._pause.longer(self._clock())
        reasons = sorted(set(refused))
        self.refusal = next((code for code in reasons if code in QUOTA), reasons[0])
        self._refusals.say("no_place", ",".join(reasons), hint=advice(refused[0]))

    def _turns(self, places: Sequence[Place]) -> list[int]:
        """The place that worked last first, but spot instances before all others."""
        first = self._good_place
        return sorted(
            ((first + turn) % len(places) for turn in range(len(places))),
            key=lambda index: not places[index].spot,
        )

    def _try_place(self, place: Place, number: int, token: str) -> _Attempt:
        """Ask for an instance in one place; again with the same token where EC2 failed itself."""
        arguments = run_instances_arguments(self._plan, place, number, token)
        attempt = self._ask(arguments, place, number)
        return self._ask(arguments, place, number) if attempt.code in DOUBTFUL else attempt

    def _ask(self, arguments: RunInstancesRequestTypeDef, place: Place, number: int) -> _Attempt:
        try:
            answer = self._ec2.run_instances(**arguments)
        except ClientError as error:
            return self._refused(error, place)
        except BotoCoreError as error:
            # Whether it was launched is not known: the same token again can't launch a second.
            log.warning("launch_unsettled", number=number, error=str(error))
            return _Attempt()
        name = str(answer["Instances"][0]["InstanceId"])
        self._refusals.forget(str(place), "no_place")
        log.info("instance_launched", instance_id=name, number=number, place=str(place))
        return _Attempt(name=name)

    def _refused(self, error: ClientError, place: Place) -> _Attempt:
        """A refusal concerns this place, as far as one can know; only throttling ends the round."""
        code = error_code(error)
        if code in THROTTLED:
            log.warning("launch_throttled", code=code)
            return _Attempt()
        self._refusals.say(str(place), code, hint=advice(code), error=str(error))
        return _Attempt(code=code)
