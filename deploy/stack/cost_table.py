"""Dollars for pictures: the scaler's own simulation of a load, on instance types with a price. Pure
but for the simulation's seeded chance.

A process is taken to be as fast on every type as it was measured on one core here; a vCPU of AWS is
half a core of most Intel and AMD types (hyper-threading) and a whole one of Graviton and of AMD's
seventh generation, so the measured time is multiplied by `HYPERTHREADED` there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scaler.deciding.values import Limits
from scaler.instances.prices import machine_hour
from scaler.simulation.engine import Simulation, World
from scaler.simulation.functions import FunctionTimes
from scaler.simulation.peers import Ours
from scaler.simulation.traces import Service, make_trace

VCPUS = {"large": 2, "xlarge": 4, "2xlarge": 8}
WHOLE_CORES = ("c6g", "c7g", "m7g", "c7a")
HYPERTHREADED = 1.6
"""Two processes on the two threads of one core take this many times as long as one by itself: a
rule of thumb, not measured on AWS."""

FUNCTIONS = 50

TYPES = ("c7i.large", "c7i.xlarge", "c7a.large", "c7g.large", "c7g.xlarge")
LOADS = ("burst-100", "burst-1000", "poisson-0.02", "poisson-1", "poisson-10", "poisson-50")


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One load on one type: dollars per 1,000 pictures, seconds, and the largest fleet.

    The first figures are of instances alone (BURST=off), those `with_functions` of both.
    """

    load: str
    pictures: int
    instance_type: str
    dollars_per_thousand: float
    p95_seconds: float
    most_instances: int
    dollars_with_functions: float
    p95_with_functions: float


def row(load: str, instance_type: str, service_seconds: float, boot_seconds: float) -> CostRow:
    """Simulate one load. `service_seconds` is one picture's time on a core of one's own."""
    family, _, size = instance_type.partition(".")
    slots = VCPUS[size]
    factor = 1.0 if family in WHOLE_CORES else HYPERTHREADED
    service = Service(mean_seconds=service_seconds * factor, variation=0.5)
    trace = make_trace(load, service, 1)
    price = machine_hour(instance_type) / 3600
    limits = Limits(slots_per_instance=slots, instance_second_dollars=price)
    world = World(
        limits=limits,
        boot_seconds=boot_seconds,
        functions=FunctionTimes(slowness=HYPERTHREADED / factor),
    )
    alone = Simulation(trace, Ours(limits), world).run()
    hybrid = Simulation(trace, Ours(replace(limits, function_maximum=FUNCTIONS)), world).run()
    return CostRow(
        load=load,
        pictures=trace.jobs,
        instance_type=instance_type,
        dollars_per_thousand=1000 * (alone.dollars - alone.asking_dollars) / trace.jobs,
        p95_seconds=float(np.percentile(alone.latencies, 95)),
        most_instances=alone.most_billed,
        dollars_with_functions=1000 * (hybrid.dollars - hybrid.asking_dollars) / trace.jobs,
        p95_with_functions=float(np.percentile(hybrid.latencies, 95)),
    )
