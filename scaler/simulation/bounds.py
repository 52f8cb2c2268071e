"""The bounds of every policy on a trace: a floor, and the clairvoyant optimum of both kinds.

Costs are dollars of instances and functions alone: who knows the future asks no queue.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaler.simulation.traces import Floats, Trace
from scaler.simulation.world import World

BLOCK_SHARES = (0.0, 0.5, 1.0)
LARGEST_TABLE = 40_000_000
"""Cells of one dynamic programme over all slots; a larger trace is cut more coarsely."""

SHORTEST_SLOT_SECONDS = 2.0
FINER = (16, 8, 4, 2, 1)
"""Units of the shortest picture that are tried, the finest first."""

Counts = NDArray[np.int_]


def latency_floor(trace: Trace, world: World) -> float:
    """From zero no first picture is answered sooner: a boot or a cold start, and the work."""
    service = float(np.median(trace.services))
    by_function = world.functions.cold_seconds + service * world.functions.slowness
    return min(world.boot_seconds + service, by_function if _functions(world) else math.inf)


def _functions(world: World) -> int:
    return min(world.limits.function_maximum, world.functions.maximum)


def clairvoyant(trace: Trace, world: World, delay_price: float = 0.0) -> float:
    """The least that anybody could pay who knows the future.

    The least cost + delay_price x seconds that pictures wait, with every picture served within
    the promised time (or, where the largest fleet can't, as soon as it can), by instances and
    functions. Functions begin at once here. Who uses them alone pays for a cold start, and for
    each long rest; who doesn't, for an instance's minimum.

    An instance costs max(minimum, boot + running time). For every share between 0 and 1 this is at
    least share x minimum + (1 - share) x (boot + running time). So each share gives a valid bound,
    and the highest is taken. It is exact without a minimum.
    """
    least = world.limits.minimum_billed_seconds
    shares = BLOCK_SHARES if least > world.boot_seconds else (0.0,)
    grid = _grid(trace, world)
    best = max(_programme(grid, trace, world, share, delay_price) for share in shares)
    starts = _starting_seconds(trace, world) * world.limits.function_second_dollars
    return min(best + starts, max(best, least * world.limits.instance_second_dollars))


def _starting_seconds(trace: Trace, world: World) -> float:
    """The least bill of functions beside their work: a cold start, and one more after each rest
    that outlasts the sandbox, or an empty run that keeps it."""
    times = world.functions
    rests = np.diff(trace.arrivals) - world.limits.target_latency_seconds
    long = int(np.count_nonzero(rests > times.keep_seconds))
    return times.cold_seconds + long * min(times.cold_seconds, times.grace_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """The trace in time slots. Work is counted in units, `per_slot` of which an instance does in
    one slot, and all functions `by_functions`; `limit` is the most work that may be left after
    each slot."""

    slot_seconds: float
    per_slot: int
    by_functions: int
    work: Counts
    limit: Counts

    @property
    def cells(self) -> int:
        return int(self.limit.max() + 1) * len(self.work)


def _grid(trace: Trace, world: World) -> _Grid:
    """The finest grid that the size of the table allows.

    The work of a slot is rounded down to whole units, so a bound of coarse units is too low.
    """
    shortest = float(trace.services.min(initial=1.0)) / world.limits.slots_per_instance
    slot = SHORTEST_SLOT_SECONDS
    per_picture = max(int(np.ceil(slot / shortest)), 1)
    for per_slot in (*(per_picture * finer for finer in FINER), 1):
        grid = _cut(trace, world, slot, per_slot)
        if grid.cells * (world.limits.maximum + 1) <= LARGEST_TABLE:
            return grid
    while grid.cells * (world.limits.maximum + 1) > LARGEST_TABLE and slot < 60:
        slot *= 1.5
        grid = _cut(trace, world, slot, 1)
    return grid


def _cut(trace: Trace, world: World, slot: float, per_slot: int) -> _Grid:
    """Work that arrives in each slot. Its sum is rounded down, never up: a bound must be low."""
    limits = world.limits
    fleet = limits.maximum * limits.slots_per_instance
    last = max(trace.duration_seconds, float(trace.arrivals.max(initial=0.0)) + slot)
    count = int(np.ceil((last + trace.work_seconds / fleet) / slot))
    arriving = np.bincount((trace.arrivals // slot).astype(int), trace.services, minlength=count)
    units = np.cumsum(arriving) * per_slot / (slot * limits.slots_per_instance)
    if per_slot > 1:
        work = np.floor(np.diff(units, prepend=0.0) + 1e-9).astype(int)
    else:
        work = np.diff(np.floor(units + 1e-9), prepend=0.0).astype(int)
    unit_seconds = slot * limits.slots_per_instance / per_slot * world.functions.slowness
    by_functions = math.ceil(_functions(world) * slot / unit_seconds)
    promised = max(int(limits.target_latency_seconds // slot), 1)
    return _Grid(
        slot_seconds=slot,
        per_slot=per_slot,
        by_functions=by_functions,
        work=work,
        limit=_backlog_limit(work, limits.maximum * per_slot + by_functions, promised),
    )


def _backlog_limit(work: Counts, most: int, promised: int) -> Counts:
    """The most that may be left after each slot: what came within the promised time.

    Where `most` a slot can't keep that, the least that it can leave.
    """
    total = np.concatenate([[0], np.cumsum(work)])
    ends = np.arange(1, len(total))
    recent = total[ends] - total[np.maximum(ends - promised, 0)]
    left = 0
    for index, amount in enumerate(work):
        left = max(left + int(amount) - most, 0)
        recent[index] = max(recent[index], left)
    return np.asarray(recent)


def _programme(grid: _Grid, trace: Trace, world: World, share: float, delay_price: float) -> float:
    """Backwards over the slots; a table of (instances, backlog) -> least cost from here on.

    A table ends at the most that may be left before its slot. Choosing the next slot's number of
    instances is two running minima: over fewer, since letting go is free, and over more, at the
    price of launching them.
    """
    limits = world.limits
    fleet = np.arange(limits.maximum + 1)[:, None]
    backlog = np.arange(int(grid.limit.max()) + 1)
    seconds = share * limits.minimum_billed_seconds + (1 - share) * world.boot_seconds
    launch = seconds * limits.instance_second_dollars
    per_slot = (1 - share) * grid.slot_seconds * limits.instance_second_dollars * fleet
    unit_seconds = grid.slot_seconds / grid.per_slot * limits.slots_per_instance
    by_function = unit_seconds * world.functions.slowness * limits.function_second_dollars
    waiting = _waiting_price(backlog, grid, trace, world) * delay_price
    befores = (0, *grid.limit[:-1])
    table = np.zeros((fleet.size, grid.limit[-1] + 1))
    for work, most in zip(grid.work[::-1], befores[::-1], strict=True):
        left = table + waiting[: table.shape[1]]
        left = _with_functions(left, most + work + 1, grid.by_functions, by_function)
        before = np.maximum(backlog[: most + 1] + work - fleet * grid.per_slot, 0)
        after = per_slot + np.take_along_axis(left, before, axis=1)
        fewer = np.minimum.accumulate(after, axis=0)
        more = np.minimum.accumulate((after + launch * fleet)[::-1], axis=0)[::-1] - launch * fleet
        table = np.minimum(fewer, more)
    return float(table[0, 0])


def _waiting_price(backlog: Counts, grid: _Grid, trace: Trace, world: World) -> Floats:
    """Seconds that pictures wait in a slot, for each backlog."""
    unit_seconds = grid.slot_seconds / grid.per_slot * world.limits.slots_per_instance
    pictures = backlog * unit_seconds / (trace.work_seconds / max(trace.jobs, 1))
    return np.asarray(pictures * grid.slot_seconds)


def _with_functions(left: Floats, width: int, most: int, price: float) -> Floats:
    """Least cost from each of `width` backlogs on, if functions take up to `most` units.

    That is a running minimum over a window, after the price of a unit is taken out.
    """
    units = np.arange(width) * price
    wide = np.full((len(left), width), np.inf)
    wide[:, : left.shape[1]] = left - units[: left.shape[1]]
    return np.asarray(_window_minimum(wide, most + 1) + units)


def _window_minimum(values: Floats, window: int) -> Floats:
    """The least of each column and the `window` - 1 columns before it, by doubling."""
    width = 1
    window = min(window, values.shape[1])
    while width < window:
        step = min(width, window - width)
        least = values.copy()
        np.minimum(values[:, step:], values[:, :-step], out=least[:, step:])
        values = least
        width += step
    return values
