"""What the policy believes: backlog, rate of arrival, service time and boot time.

SQS's counts are approximate: a queue of 100 has been seen to read 29, 29, 78, 78, 100, 0, 100. So
every estimate comes as a low and a high one. Only the low one can launch an instance. Only the high
one lets one go, seen for the whole of a delay (`retiring`). So a single wrong reading does neither.
"""

from dataclasses import dataclass, replace

from scaler.deciding.values import Limits, Observation, Phase, State

AGREEING_READINGS = 2
"""A queue's excess over the database launches only after it showed in this number of looks."""

RATE_HALF_WINDOW_SECONDS = 15.0
BOOT_WEIGHT = 0.3
"""Weight of one measured boot against all before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The work at hand and expected, in two versions; rates are jobs per second."""

    backlog_low: int
    backlog_high: int
    rate_low: float
    rate_high: float
    service_seconds: float
    boot_seconds: float
    function_service_seconds: float = 0.5
    function_start_seconds: float = 3.0


def remember(seen: Observation, state: State, limits: Limits) -> State:
    """The state after this look. Values that were not seen stay unchanged."""
    outstanding = state.outstanding if seen.outstanding is None else seen.outstanding
    return replace(
        state,
        outstanding=outstanding,
        readings=_readings(seen, state, outstanding),
        arrivals=_arrivals(seen, state, _half_window(limits)),
        service_seconds=seen.service_seconds or state.service_seconds,
        boot_seconds=_boot_seconds(seen, state),
        function_service_seconds=seen.function_service_seconds or state.function_service_seconds,
        function_start_seconds=seen.function_start_seconds or state.function_start_seconds,
        booting=state.booting
        if seen.instances is None
        else tuple(one.id for one in seen.in_phase(Phase.BOOTING)),
    )


def load(state: State, limits: Limits) -> Load:
    """The estimates that follow from what is remembered."""
    excess = [count for _, count in state.readings]
    agreed = min(excess[-AGREEING_READINGS:]) if len(excess) >= AGREEING_READINGS else 0
    older, newer = _rates(state, _half_window(limits))
    service = state.service_seconds or limits.service_seconds
    return Load(
        backlog_low=state.outstanding + agreed,
        backlog_high=state.outstanding + (excess[-1] if excess else 0),
        rate_low=min(older, newer),
        rate_high=(older + newer) / 2,
        service_seconds=service,
        boot_seconds=state.boot_seconds or limits.boot_seconds,
        function_service_seconds=state.function_service_seconds or service,
        function_start_seconds=state.function_start_seconds or limits.function_start_seconds,
    )


def _readings(seen: Observation, state: State, outstanding: int) -> tuple[tuple[float, int], ...]:
    """Messages that others put in the queue are only seen through its depth."""
    if seen.depth is None:
        return state.readings
    excess = max(seen.depth - outstanding, 0)
    return (*state.readings, (seen.now, excess))[-AGREEING_READINGS:]


def _arrivals(seen: Observation, state: State, half_window: float) -> tuple[tuple[float, int], ...]:
    began = seen.now - 2 * half_window
    kept = tuple(entry for entry in state.arrivals if entry[0] > began)
    return kept if seen.arrived is None else (*kept, (seen.now, seen.arrived))


def _half_window(limits: Limits) -> float:
    return max(RATE_HALF_WINDOW_SECONDS, 3 * limits.interval_seconds)


def _rates(state: State, half_window: float) -> tuple[float, float]:
    """Jobs per second in the older and in the newer half of what is remembered.

    A burst lies in one half only, so the lower of the two does not mistake it for a rate.
    """
    if not state.arrivals:
        return 0.0, 0.0
    middle = state.arrivals[-1][0] - half_window
    newer = sum(count for moment, count in state.arrivals if moment > middle)
    older = sum(count for moment, count in state.arrivals if moment <= middle)
    return older / half_window, newer / half_window


def _boot_seconds(seen: Observation, state: State) -> float | None:
    """Learn from each instance that was booting at the last look and takes messages now."""
    learned = state.boot_seconds
    for instance in seen.in_phase(Phase.READY):
        if instance.id in state.booting:
            took = max(seen.now - instance.launched_at, 0.1)
            learned = took if learned is None else learned + BOOT_WEIGHT * (took - learned)
    return learned
