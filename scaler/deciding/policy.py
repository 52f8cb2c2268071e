"""The policy: what was seen and what is remembered -> what to do, with the reason in words.

Pure. The same function runs in production, in a dry run, in the simulator and in a replay.
"""

from dataclasses import replace

from scaler.deciding import bursting, estimates, hanging, retiring, sizing
from scaler.deciding.estimates import Load
from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase, State

DOUBTFUL_BOOT_FAILURES = 3
"""After this many failed boots in a row only one instance at a time is tried. A fault of one (an
image, a permission) is a fault of all, and every try is billed."""

FIRST_BOOT_PAUSE_SECONDS = 30.0

LONGEST_PAUSE_INTERVALS = 5
"""After a longer pause between two looks the earlier ones prove nothing any more."""


def decide(seen: Observation, state: State, limits: Limits) -> tuple[Decision, State]:
    """One step. What could not be seen counts as unchanged, never as zero."""
    before = state
    state = _watched(seen, estimates.remember(seen, state, limits), limits)
    if seen.instances is None:
        return Decision(reason="the fleet can't be seen: it is left as it is"), state
    fleet = _Fleet(seen, state, limits)
    state = _count_boots(fleet, before, state)
    work = estimates.load(state, limits)
    if fleet.functions:
        state = bursting.remember(work, fleet.present, seen, before, state, limits)
        fleet.doubts_functions(seen, state)
    start = _functions(work, fleet, seen, state, limits)
    launch, why = _launches(work, fleet, state, limits)
    state = _remember_need(work, fleet, launch, state, limits)
    if launch:
        drain: tuple[str, ...] = ()
    else:
        drain, why = _retirements(work, fleet, state, limits, why)
    if start:
        why = f"{start} {'function' if start == 1 else 'functions'} at once; {why}"
    decision = Decision(
        launch=launch,
        start_functions=start,
        drain=drain,
        terminate=fleet.hopeless,
        wanted=fleet.present + launch - len(drain),
        reason=_reason(why, fleet),
    )
    return decision, _remember_acts(decision, fleet, state)


class _Fleet:
    """The instances of one look, sorted by what they are good for."""

    def __init__(self, seen: Observation, state: State, limits: Limits) -> None:
        self.now = seen.now
        self.all = seen.instances or ()
        self.suspects = retiring.useless(seen, state, limits)
        self.hopeless = retiring.certain(seen, self.suspects, state)
        doubted = set(self.suspects)
        self.ready = [one for one in seen.in_phase(Phase.READY) if one.id not in doubted]
        self.booting = [one for one in seen.in_phase(Phase.BOOTING) if one.id not in doubted]
        self.functions = bursting.usable(seen, limits)
        self.failed_boots = self._hopeless_in(Phase.BOOTING)
        self.hanging = self._hopeless_in(Phase.READY)

    def _hopeless_in(self, phase: Phase) -> list[Instance]:
        return [one for one in self.all if one.phase is phase and one.id in self.hopeless]

    @property
    def present(self) -> int:
        """Instances that serve or will."""
        return len(self.ready) + len(self.booting)

    @property
    def billed(self) -> int:
        """All of them: the maximum counts these, also those that are on their way out."""
        return len(self.all)

    def doubts_functions(self, seen: Observation, state: State) -> None:
        """Plan without functions where nothing was answered for long."""
        if bursting.is_doubtful(seen, state):
            self.functions = 0

    def boot_seconds_left(self, boot_seconds: float) -> list[float]:
        return [max(one.launched_at + boot_seconds - self.now, 0.0) for one in self.booting]


def _watched(seen: Observation, state: State, limits: Limits) -> State:
    pause = LONGEST_PAUSE_INTERVALS * limits.interval_seconds
    if state.needs and seen.now - state.needs[-1][0] > pause:
        state = hanging.forget_waiting(state)
    return hanging.watch(seen, state, limits)


def _count_boots(fleet: _Fleet, before: State, state: State) -> State:
    """Count boots that failed in a row: those that take too long, and those that died.

    An instance died when it was booting at the look before, and is gone without us. One that
    became ready ends the row.
    """
    there = {one.id for one in fleet.all}
    draining = dict(before.draining)
    died = [one for one in before.booting if one not in there and one not in draining]
    failed = len(fleet.failed_boots) + len(died)
    if failed:
        return replace(state, boot_failures=before.boot_failures + failed, boot_failed_at=fleet.now)
    succeeded = any(one.id in before.booting for one in fleet.ready)
    return replace(state, boot_failures=0) if succeeded else state


def boot_pause_seconds(failures: int) -> float:
    """Return how long to wait after failed boots in a row. Each one costs money and a launch."""
    if failures < DOUBTFUL_BOOT_FAILURES:
        return 0.0
    return min(FIRST_BOOT_PAUSE_SECONDS * 2.0 ** (failures - DOUBTFUL_BOOT_FAILURES), 600.0)


def _launches(work: Load, fleet: _Fleet, state: State, limits: Limits) -> tuple[int, str]:
    """Return how many to launch, and why."""
    wanted, why = _missing(work, fleet, state, limits)
    allowed = min(wanted, limits.maximum - fleet.billed)
    if state.boot_failures >= DOUBTFUL_BOOT_FAILURES and wanted > 0:
        allowed = min(allowed, 1 - len(fleet.booting))
        why += f"; one at a time, since {state.boot_failures} boots in a row failed"
        if fleet.now < state.boot_failed_at + boot_pause_seconds(state.boot_failures):
            return 0, f"{why}; the next in a while"
    if wanted > 0 and allowed <= 0:
        return 0, f"{why}, but no more than {fleet.billed} may run now"
    if 0 < allowed < wanted:
        why += f"; {wanted} are missing and {allowed} may be launched"
    return max(allowed, 0), why


def _functions(work: Load, fleet: _Fleet, seen: Observation, state: State, limits: Limits) -> int:
    """Return how many functions to start. In doubt it is one at a time, as with instances.

    No help is expected of an instance that answers nothing: it may hang.
    """
    left = fleet.boot_seconds_left(work.boot_seconds)
    silent = [hanging.hangs(one, fleet.now, state, bursting.DOUBT_SECONDS) for one in fleet.ready]
    start = bursting.to_start(work, silent.count(False), left, seen, limits)
    if bursting.is_doubtful(seen, state):
        return min(start, 1 - min(seen.functions_running or 0, 1))
    return start


def _missing(work: Load, fleet: _Fleet, state: State, limits: Limits) -> tuple[int, str]:
    left = fleet.boot_seconds_left(work.boot_seconds)
    helpers = fleet.functions
    for_backlog = sizing.missing_for_backlog(work, len(fleet.ready), left, limits, helpers)
    if for_backlog == 0 and fleet.present == 0 and work.backlog_low > 0 and not helpers:
        for_backlog = 1
    if helpers:
        sustained = bursting.missing_for_lasting_rate(work, fleet.present, state, limits)
    else:
        sustained = sizing.missing_for_rate(work, fleet.present, limits)
    floor = limits.minimum - fleet.present
    missing = max(for_backlog, sustained, floor, 0)
    if missing == 0:
        return 0, "enough for what there is"
    if missing == for_backlog:
        pictures = "1 picture" if work.backlog_low == 1 else f"{work.backlog_low} pictures"
        return missing, (
            f"{pictures} of {work.service_seconds:.2f} s, "
            f"{limits.target_latency_seconds:g} s promised, a boot takes {work.boot_seconds:.0f} s"
        )
    if missing == sustained:
        return missing, f"{work.rate_low:.1f} pictures a second keep coming"
    return missing, f"the minimum is {limits.minimum}"


def _remember_need(work: Load, fleet: _Fleet, launch: int, state: State, limits: Limits) -> State:
    needed = bursting.needed_to_keep if fleet.functions else sizing.needed_to_keep
    need = max(needed(work, fleet.present, limits), limits.minimum)
    pause = LONGEST_PAUSE_INTERVALS * limits.interval_seconds
    is_first_look = not state.needs or fleet.now - state.needs[-1][0] > pause
    if launch or is_first_look:
        # What was just launched is needed; and at a first look nothing is known to be surplus.
        need = max(need, fleet.present + launch)
    delay = retiring.longest_delay(work.boot_seconds, limits)
    if launch:
        state = replace(state, function_regret=0.0)
    return replace(state, needs=retiring.push_need(state.needs, fleet.now, need, delay))


def _retirements(
    work: Load, fleet: _Fleet, state: State, limits: Limits, why_not_launched: str
) -> tuple[tuple[str, ...], str]:
    held = retiring.held_need(state.needs, fleet.present, work.boot_seconds, limits)
    count = max(fleet.present - held, fleet.billed - limits.maximum)
    if count <= 0:
        return (), why_not_launched
    busy = work.backlog_high > 0
    candidates = [*fleet.booting, *fleet.ready]
    going = retiring.surplus(candidates, count, fleet.now, busy, limits)
    delay = retiring.level_delay(held + 1, work.boot_seconds, limits)
    if not going:
        return (), f"{held} of {fleet.present} needed; the rest is paid for a while longer"
    return going, f"{held} of {fleet.present} needed for {delay:.0f} s"


def _reason(why: str, fleet: _Fleet) -> str:
    parts = [why]
    if fleet.failed_boots:
        parts.append(f"{len(fleet.failed_boots)} took too long to boot")
    if fleet.hanging:
        parts.append(f"{len(fleet.hanging)} answered nothing while pictures waited")
    if ended := len(fleet.hopeless) - len(fleet.failed_boots) - len(fleet.hanging):
        parts.append(f"{ended} finished")
    return "; ".join(parts)


def _remember_acts(decision: Decision, fleet: _Fleet, state: State) -> State:
    """Keep track of those that were asked to stop, and of those that must look useless twice."""
    there = {one.id for one in fleet.all}
    already = {one: since for one, since in state.draining if one in there}
    draining = {one.id for one in fleet.all if one.phase is Phase.DRAINING}
    for one in (*decision.drain, *sorted(draining)):
        already.setdefault(one, fleet.now)
    return replace(
        state,
        booting=tuple(one for one in state.booting if one not in decision.terminate),
        draining=tuple(already.items()),
        suspects=tuple(one for one in fleet.suspects if one not in fleet.hopeless),
    )
