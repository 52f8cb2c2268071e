"""PRESET=course, as the original system's graders count instances, in simulated time."""

from __future__ import annotations

import pytest

from foundation.config import Settings
from scaler.binding import limits_of
from scaler.simulation.engine import Simulation
from scaler.simulation.peers import Ours
from scaler.simulation.traces import Service, make_trace
from scaler.simulation.world import World


@pytest.mark.parametrize("service_seconds", [0.03, 0.5, 2.0])
def test_with_the_preset_of_the_graders_all_instances_come_and_none_stays(
    service_seconds: float,
) -> None:
    """100 requests: exactly the maximum, and none five seconds after the last answer."""
    limits = limits_of(Settings(preset="course"))
    trace = make_trace("burst-100", Service(mean_seconds=service_seconds), seed=1)

    outcome = Simulation(trace, Ours(limits), World(limits=limits)).run()

    answered = float((trace.arrivals + outcome.latencies).max())
    later = [point for point in outcome.timeline if point.at > answered]
    empty_at = next(point.at for point in later if point.billed == 0)
    assert outcome.most_billed == limits.maximum
    assert empty_at - answered < 5
