"""The scaler's loop: hold the lease, look, decide, act, write down. Everything comes in."""

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from django.db import Error as DatabaseProblem, close_old_connections

from foundation.fleet.schedule import Entry, minimum_at
from scaler.deciding import bursting, policy
from scaler.deciding.values import Decision, Limits, Observation, Phase, State
from scaler.instances.fleet import Fleet
from scaler.instances.functions import LambdaFunctions
from scaler.lease import ScalerLease
from scaler.observing import Observer, Seen
from scaler.record.history import RecordedDecision, StoredHistory
from scaler.record.orders import Standing

log = structlog.get_logger()

LEAVING_LOOK_SECONDS = 0.5


class Scaler:
    """Repeats one step. Its only memory is the policy's state."""

    def __init__(
        self,
        observer: Observer,
        fleet: Fleet,
        lease: ScalerLease,
        history: StoredHistory,
        limits: Limits,
        clock: Callable[[], float],
        functions: LambdaFunctions | None = None,
        orders: Callable[[], Standing] = Standing,
        schedule: tuple[Entry, ...] = (),
    ) -> None:
        self._observer = observer
        self._fleet = fleet
        self._lease = lease
        self._history = history
        self._limits = limits
        self._clock = clock
        self._functions = functions
        self._orders, self._schedule = orders, schedule
        self.state = State()
        self._waits = False
        self.problems: tuple[str, ...] = ()
        self.last_seen = Observation(now=clock())
        self._last_reason = ""
        self._there: frozenset[str] = frozenset()
        self._ended: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """RecordedDecision at each interval until told to stop; the step in hand is finished."""
        next_look = self._clock()
        while not stop.is_set():
            try:
                self.step()
            except DatabaseProblem as error:
                # Without the database there is no lease, so nothing is done until it is back.
                log.error("scaler_database_away", error=str(error))
            except Exception as error:  # noqa: BLE001 - the scaler outlives every outage
                log.error("scaler_step_failed", error=f"{type(error).__name__}: {error}")
            close_old_connections()
            next_look = max(next_look + self._pause_seconds(), self._clock())
            next_look = self._wait(stop, next_look)
        self.release()

    def _pause_seconds(self) -> float:
        """Shorter while an instance finishes: it is billed until somebody sees that it has."""
        leaves = bool(self.state.draining)
        pause = bursting.longest_pause(self.last_seen, self._limits)
        return min(pause, LEAVING_LOOK_SECONDS if leaves else math.inf)

    def _wait(self, stop: threading.Event, until: float) -> float:
        """Wait for the next look. Where functions can answer, the first picture ends the wait, and
        the next one of somebody who sends one at a time. Returns the moment of that look."""
        seen = self.last_seen
        wakes = bursting.wakes(seen, self._limits)
        while wakes and (left := until - self._clock()) > 0:
            if stop.wait(min(bursting.WAKE_SECONDS, left)) or self._observer.has_new_work(seen):
                return self._clock()
        stop.wait(until - self._clock())
        return until

    def release(self) -> None:
        """Let another scaler act at once."""
        try:
            self._lease.release()
        except DatabaseProblem as error:
            log.warning("lease_not_released", error=str(error))

    def step(self) -> Decision | None:
        """One step. None when another scaler holds the lease. Raises DatabaseError."""
        if not self._holds_lease():
            return None
        made = self.decide()
        decision = made.decision
        if decision.changes_something and not self._lease.is_held():
            # The look took longer than the lease: somebody else may be acting by now.
            log.warning("lease_ran_out", reason=decision.reason)
            self.state = made.state
            return None
        self._tell(decision, made.observation)
        self._act(decision)
        self._history.record(replace(made, refused=self._fleet.refusal))
        return decision

    def decide(self) -> RecordedDecision:
        """Look and decide, and touch nothing. Raises DatabaseError."""
        seen = self._observer.look()
        self.last_seen = seen.observation
        self._tell_problems(seen)
        self._tell_lost(seen.observation)
        before, orders = self.state, self._orders()
        limits = self._limits_now(orders)
        decision, self.state = policy.decide(seen.observation, before, limits)
        decision = with_drained(decision, seen.observation, orders.drain)
        return RecordedDecision(
            observation=seen.observation, state=before, limits=limits, decision=decision
        )

    def _limits_now(self, orders: Standing) -> Limits:
        """The limits with the fewest instances of this time of day, or that somebody holds."""
        scheduled = minimum_at(self._schedule, datetime.fromtimestamp(self._clock(), UTC))
        fewest = max(self._limits.minimum, scheduled, orders.hold)
        return replace(self._limits, minimum=min(fewest, self._limits.maximum))

    def _holds_lease(self) -> bool:
        held = self._lease.hold()
        if not held and not self._waits:
            log.info("scaler_waits", holder=self._lease.current_holder())
        if held and self._waits:
            log.info("scaler_takes_over")
        if not held:
            self.state = State()  # what was remembered is stale by the time it is our turn
        self._waits = not held
        return held

    def _act(self, decision: Decision) -> None:
        """End, ask to stop, launch; in this order, so that the maximum is kept at any moment.
        Functions come first: they answer at once."""
        if decision.start_functions and self._functions:
            self._functions.start(decision.start_functions)
        if decision.terminate:
            self._fleet.terminate(decision.terminate)
            self._ended |= set(decision.terminate)
        if decision.drain:
            self._fleet.ask_to_stop(decision.drain)
        if decision.launch:
            self._fleet.launch(decision.launch)

    def _tell(self, decision: Decision, seen: Observation) -> None:
        """One line a decision; a decision like the last one is not news."""
        is_news = decision.changes_something or decision.reason != self._last_reason
        level = log.info if is_news else log.debug
        self._last_reason = decision.reason
        level("scaler_decision", reason=decision.reason, **figures(decision, seen, self.state))

    def _tell_problems(self, seen: Seen) -> None:
        if seen.problems != self.problems:
            for problem in seen.problems:
                log.warning("not_seen", problem=problem)
            if not seen.problems:
                log.info("all_seen_again")
        self.problems = seen.problems

    def _tell_lost(self, seen: Observation) -> None:
        """Instances that went without us: a spot interruption, a failure, somebody's hand."""
        if seen.instances is None:
            return
        there = frozenset(one.id for one in seen.instances)
        if lost := self._there - there - self._ended:
            for name, why in self._fleet.why_gone(sorted(lost)).items():
                log.warning("instance_lost", instance_id=name, why=why)
        self._ended &= there
        self._there = there


def with_drained(decision: Decision, seen: Observation, requested: frozenset[str]) -> Decision:
    """The decision, and what an operator wants drained."""
    serving = (*seen.in_phase(Phase.READY), *seen.in_phase(Phase.BOOTING))
    leaving = {*decision.drain, *decision.terminate}
    ordered = tuple(one.id for one in serving if one.id in requested and one.id not in leaving)
    if not ordered:
        return decision
    reason = f"{decision.reason}; {len(ordered)} drained by order"
    return replace(decision, drain=(*decision.drain, *ordered), reason=reason)


def figures(decision: Decision, seen: Observation, state: State) -> dict[str, object]:
    """A decision and its inputs, for a log line."""
    return {
        "visible": seen.visible,
        "in_flight": seen.in_flight,
        "outstanding": seen.outstanding,
        **{phase.value: len(seen.in_phase(phase)) for phase in Phase},
        "wanted": decision.wanted,
        "functions": seen.functions_running,
        "start_functions": decision.start_functions,
        "launch": decision.launch,
        "drain": list(decision.drain),
        "terminate": list(decision.terminate),
        "service_seconds": state.service_seconds and round(state.service_seconds, 3),
        "boot_seconds": state.boot_seconds and round(state.boot_seconds, 1),
        "failed_boots": state.boot_failures,
    }
