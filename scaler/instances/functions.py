"""Functions as the scaler needs them: how many run, and start some."""

import json
import uuid
from collections.abc import Callable, Mapping

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.db import DatabaseError

from foundation.aws import error_code
from foundation.aws.typed import LambdaClient
from foundation.fleet.functions import FUNCTION_PREFIX
from scaler.instances.fleet import Unseen
from scaler.instances.refusals import Pause
from scaler.record import function_runs
from scaler.record.function_runs import FunctionsSeen

log = structlog.get_logger()

WAITS_INSIDE_SECONDS = 60.0
"""Lambda may hold an invocation back for so long before it runs (the stack says so)."""

SILENCE_SECONDS = 5.0
"""How long after a task's time limit a run that says nothing is taken for dead."""


class LambdaFunctions:
    """The function face-burst, invoked asynchronously.

    Parameters:
        client: a boto3 client of Lambda.
        function: its name.
        most: functions at once.
        longest_seconds: the time-out of one run.
        longest_task_seconds: the time limit of one task.
        told: the settings that a run works by, as an app instance's user data tells them.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        client: LambdaClient,
        function: str,
        most: int,
        longest_seconds: float,
        longest_task_seconds: float,
        clock: Callable[[], float],
        variables: Mapping[str, str],
        new_name: Callable[[], str] = lambda: f"{FUNCTION_PREFIX}{uuid.uuid4().hex[:16]}",
    ) -> None:
        self._client, self._function, self._most, self._clock = client, function, most, clock
        self._lost_after = longest_seconds + WAITS_INSIDE_SECONDS
        self._silent_seconds = longest_task_seconds + SILENCE_SECONDS
        self._variables, self._new_name = dict(variables), new_name
        self._pause = Pause()
        self._last_code = ""

    def look(self, last_busy: Mapping[str, float]) -> FunctionsSeen:
        """What runs now, by each run's last answer. Raises Unseen."""
        now = self._clock()
        most = 0 if now < self._pause.until else self._most
        try:
            return function_runs.look(now, most, self._lost_after, self._silent_seconds, last_busy)
        except DatabaseError as error:
            raise Unseen(f"the database does not say which functions run: {error}") from error

    def start(self, count: int) -> int:
        """Invoke up to `count`; returns how many Lambda took.

        It stops at the first refusal; the pause after it doubles from round to round.
        """
        if self._clock() < self._pause.until:
            return 0
        for started in range(count):
            if not self._start_one():
                return started
        if count:
            self._pause = Pause()
        return count

    def _start_one(self) -> bool:
        name = self._new_name()
        function_runs.begin(name, self._clock())
        try:
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps({"function": name, "settings": self._variables}).encode(),
            )
        except ClientError as error:
            function_runs.never_began(name)
            self._refused(error_code(error), str(error))
            return False
        except BotoCoreError as error:
            # It may have been invoked all the same: it counts until its time is over.
            self._refused(type(error).__name__, str(error))
            return False
        self._last_code = ""
        log.info("function_started", function=name)
        return True

    def _refused(self, code: str, text: str) -> None:
        """Back off. Log it once for each state, not for each round."""
        self._pause = self._pause.longer(self._clock())
        if code != self._last_code:
            self._last_code = code
            log.error("lambda_refuses", code=code, error=text, hint=advice(code, self._function))


def advice(code: str, function: str) -> str:
    """What an operator can do about a refusal of Lambda."""
    if code == "ResourceNotFoundException":
        return f"deploy the function {function} (manage.py provision), or set BURST=off"
    if code in ("TooManyRequestsException", "ThrottlingException"):
        return "ask AWS for more concurrent executions, or lower BURST_CONCURRENCY"
    if code == "AccessDeniedException":
        return f"let the scaler's role call lambda:InvokeFunction on {function}"
    return "instances answer alone until Lambda takes invocations again"
