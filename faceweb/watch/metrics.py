"""What the web tier did, counted for Prometheus.

Where MULTIPROCESS_FOLDER is in the environment, prometheus_client keeps the counts in files there,
and any process gives those of all. Else each process gives its own.
"""

import os
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from foundation import messages

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
registry = CollectorRegistry()
requests = Histogram(
    "faceweb_request_seconds", "Requests by method, route and status",
    ["method", "route", "status"], buckets=SECONDS, registry=registry,
)  # fmt: skip
service = Histogram(
    "faceweb_service_seconds", "From a worker's start on a picture to its reply, by outcome",
    ["state"], buckets=SECONDS, registry=registry,
)  # fmt: skip
lag = Histogram(
    "faceweb_collector_lag_seconds", "From a worker's reply to the database",
    buckets=SECONDS, registry=registry,
)  # fmt: skip
stages = Histogram(
    "faceweb_recogniser_stage_seconds", "The recogniser's stages",
    ["stage"], buckets=(0.001, 0.0025, 0.005, *SECONDS), registry=registry,
)  # fmt: skip
STAGES = ("decode", "detect", "embed", "match")


def observe_reply(reply: messages.Reply, written_at: datetime) -> None:
    """Count one reply that was written down."""
    if reply.finished_at is None:
        return
    lag.observe(max(written_at.timestamp() - reply.finished_at, 0.0))
    if reply.started_at is not None:
        service.labels(reply.state).observe(max(reply.finished_at - reply.started_at, 0.0))
    for name in STAGES:
        if name in reply.stage_milliseconds:
            stages.labels(name).observe(reply.stage_milliseconds[name] / 1000.0)


def counted() -> bytes:
    """What all web processes counted, in Prometheus's text format."""
    if MULTIPROCESS_FOLDER not in os.environ:
        return generate_latest(registry)
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)
    return generate_latest(everybody)
