"""What Prometheus reads at /metrics: what this process did, and how queues and jobs stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from faceweb import queues
from workers import messages
from workers.config import Settings

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


class CurrentState:
    """Queue depths and open jobs, asked at each scrape; what does not answer is left out."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        from django.db import DatabaseError
        from django.db.models import Count

        from faceweb.models import OPEN_STATES, Job

        yield self._queue_depths()
        jobs = GaugeMetricFamily("faceweb_open_jobs", "Jobs without an answer", labels=["state"])
        try:
            counted = Job.objects.filter(state__in=OPEN_STATES).values_list("state")
            counts: dict[str, int] = dict(counted.order_by().annotate(count=Count("pk")))
            for state in map(str, OPEN_STATES):
                jobs.add_metric([state], counts.get(state, 0))
        except DatabaseError:
            jobs.samples.clear()
        yield jobs

    def _queue_depths(self) -> Metric:
        depths = GaugeMetricFamily(
            "faceweb_queue_messages", "Messages by queue and visibility", labels=["queue", "state"]
        )
        named = {
            "request": queues.request_queue,
            "response": queues.response_queue,
            "dead-letter": queues.dead_letter_queue,
        }
        for name, queue in named.items():
            try:
                depth = queue(self._settings).depth()
            except Exception:  # noqa: BLE001, S112 - a scrape tells what it can
                continue
            depths.add_metric([name, "visible"], depth.visible)
            depths.add_metric([name, "in-flight"], depth.in_flight)
        return depths


def exposition(settings: Settings) -> bytes:
    """Everything in Prometheus's text format."""
    now = CollectorRegistry()
    now.register(CurrentState(settings))
    return generate_latest(registry) + generate_latest(now)
