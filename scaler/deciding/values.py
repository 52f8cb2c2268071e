"""What the policy sees, remembers and says. Plain values: no clock, no AWS, no Django.

Moments are seconds since the epoch (or since the start of a simulation), lengths are seconds.
"""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """An app instance's life, as far as the scaler can tell."""

    BOOTING = "booting"  # launched; has not said that it takes messages
    READY = "ready"  # takes messages
    DRAINING = "draining"  # was asked to stop; finishes what it holds
    ENDED = "ended"  # its worker has ended: it holds nothing and does nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One app instance that is billed. `last_busy_at` is its last answer, where one is known."""

    id: str
    phase: Phase
    launched_at: float
    last_busy_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look at the world. None means that this part could not be seen, never zero.

    Parameters:
        visible, in_flight: SQS's approximate counts of the request queue.
        outstanding: jobs that the database knows as sent and not answered: exact.
        arrived: jobs that came since the previous look: exact.
        service_seconds: mean time of one recent picture in one worker process.
        functions_running: burst functions that were invoked and have not returned.
        functions_allowed: how many more the account's concurrency lets run now.
        function_seconds_today: billed by functions since midnight (UTC), up to now.
        function_start_seconds: mean recent time from an invocation to its first message.
        function_service_seconds: mean time of one recent picture in a function.
    """

    now: float
    visible: int | None = None
    in_flight: int | None = None
    outstanding: int | None = None
    arrived: int | None = None
    service_seconds: float | None = None
    instances: tuple[Instance, ...] | None = None
    functions_running: int | None = None
    functions_allowed: int | None = None
    function_seconds_today: float | None = None
    function_start_seconds: float | None = None
    function_service_seconds: float | None = None

    @property
    def depth(self) -> int | None:
        """Messages on the queue, taken or not."""
        if self.visible is None or self.in_flight is None:
            return None
        return self.visible + self.in_flight

    def in_phase(self, phase: Phase) -> tuple[Instance, ...]:
        """The instances in one phase of their life; none where the fleet was not seen."""
        return tuple(one for one in self.instances or () if one.phase is phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator configures; the policy learns the rest.

    Parameters:
        target_latency_seconds: the promise: time from a picture's arrival to its answer.
        scale_in_delay_seconds: how long an instance is kept unneeded. None is the break-even
            time: as long as idling costs less than booting again.
        minimum_billed_seconds: what an instance costs at least. EC2 bills Linux by the second,
            but never less than a minute.
        boot_timeout_seconds: an instance that takes no messages after this time is replaced.
        drain_timeout_seconds: an instance that was asked to stop is ended after this time.
        hang_seconds: a ready instance that answers nothing for so long, while jobs wait for it,
            stands still.
        boot_seconds, service_seconds: what is assumed until something was measured.
        function_maximum: most burst functions at once. 0 is BURST=off.
        function_run_seconds: the longest that one invocation takes messages.
        function_second_dollars: price of a function's second, for its memory.
        function_start_dollars: price of one invocation beside its seconds.
        function_dollars_a_day: the budget of all functions, from midnight (UTC); never passed.
        instance_second_dollars: price of an instance's second, with its disk and address.
        function_start_seconds: a cold start, assumed until one was measured.
    """

    minimum: int = 0
    maximum: int = 20
    slots_per_instance: int = 2
    target_latency_seconds: float = 45.0
    interval_seconds: float = 2.0
    scale_in_delay_seconds: float | None = None
    minimum_billed_seconds: float = 60.0
    boot_timeout_seconds: float = 300.0
    drain_timeout_seconds: float = 60.0
    longest_task_seconds: float = 25.0
    hang_seconds: float = 36.0
    boot_seconds: float = 30.0
    service_seconds: float = 0.5
    function_maximum: int = 0
    function_run_seconds: float = 60.0
    function_second_dollars: float = 2.88e-5
    function_start_dollars: float = 2e-7
    function_dollars_a_day: float = 5.0
    instance_second_dollars: float = 2.67e-5
    function_start_seconds: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What `decide` remembers from one look to the next. The first is `State()`.

    Parameters:
        readings: the last looks' (moment, messages on the queue that the database doesn't know).
        arrivals: (moment, jobs that came since the look before), oldest first.
        needs: (moment, instances needed), a staircase: only what no later look exceeds.
        draining: (instance id, moment it was asked to stop).
        suspects: instances that looked useless at the last look.
        boot_failures: instances in a row that never became useful.
        boot_failed_at: the moment of the last one.
        ready_since: (instance id, moment it was first seen ready).
        waiting_since: since when jobs wait without an answer from anybody.
        queue_was_empty: the last look saw no message on the queue.
        overloaded_since: since when more jobs are open than all ready instances but one can hold.
        function_regret: dollars that functions cost more than the instances that are missing.
        stalled_since: since when jobs are open and nothing was answered.
    """

    outstanding: int = 0
    readings: tuple[tuple[float, int], ...] = ()
    arrivals: tuple[tuple[float, int], ...] = ()
    needs: tuple[tuple[float, int], ...] = ()
    service_seconds: float | None = None
    boot_seconds: float | None = None
    booting: tuple[str, ...] = ()
    draining: tuple[tuple[str, float], ...] = ()
    suspects: tuple[str, ...] = ()
    boot_failures: int = 0
    boot_failed_at: float = 0.0
    ready_since: tuple[tuple[str, float], ...] = ()
    waiting_since: float | None = None
    overloaded_since: float | None = None
    queue_was_empty: bool = False
    function_service_seconds: float | None = None
    function_start_seconds: float | None = None
    function_regret: float = 0.0
    stalled_since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do now: how many to launch, which to ask to stop, which to end, and why.

    `start_functions` is the number of burst functions to invoke.
    """

    launch: int = 0
    start_functions: int = 0
    drain: tuple[str, ...] = ()
    terminate: tuple[str, ...] = ()
    wanted: int = 0
    reason: str = ""

    @property
    def changes_something(self) -> bool:
        """Whether it starts, drains or ends anything."""
        return bool(self.launch or self.start_functions or self.drain or self.terminate)
