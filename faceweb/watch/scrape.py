"""What Prometheus reads at /metrics: what this process did, and how queues and jobs stand now."""

from collections.abc import Callable, Iterator
from functools import partial

from django.db import DatabaseError
from django.db.models import Count, QuerySet
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from faceweb.collections.reach import living
from faceweb.models import OPEN_STATES, Collection, Job, Subject
from faceweb.replies import queues
from faceweb.watch import metrics
from faceweb.watch.waiting import look_now
from foundation.config import Settings


class AtEachScrape:
    """What `collect` finds, as Prometheus's registry asks for it."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self.collect = collect


def _system_now(settings: Settings) -> Iterator[Metric]:
    """Queue depths, open jobs and the fleet; what does not answer is left out."""
    yield _queue_depths(settings)
    jobs = GaugeMetricFamily("faceweb_open_jobs", "Jobs without an answer", labels=["state"])
    try:
        counted = Job.objects.filter(state__in=OPEN_STATES).values_list("state")
        counts: dict[str, int] = dict(counted.order_by().annotate(count=Count("pk")))
        for state in map(str, OPEN_STATES):
            jobs.add_metric([state], counts.get(state, 0))
    except DatabaseError:
        jobs.samples.clear()
    yield jobs
    yield from _fleet()


def _queue_depths(settings: Settings) -> Metric:
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
            depth = queue(settings).depth()
        except Exception:  # noqa: BLE001, S112 - a scrape tells what it can
            continue
        depths.add_metric([name, "visible"], depth.visible)
        depths.add_metric([name, "in-flight"], depth.in_flight)
    return depths


def _fleet() -> Iterator[Metric]:
    instances = GaugeMetricFamily(
        "faceweb_instances", "App instances by state, as the scaler saw them", labels=["state"]
    )
    try:
        look = look_now()
    except DatabaseError:
        return
    for state in ("booting", "ready", "leaving") if look else ():
        if (count := getattr(look, state)) is not None:
            instances.add_metric([state], count)
    yield instances
    functions = GaugeMetricFamily("faceweb_functions", "Functions that run, as the scaler saw")
    if look and look.functions is not None:
        functions.add_metric([], look.functions)
    yield functions


def _collections_now(collections: QuerySet[Collection]) -> Iterator[Metric]:
    """People and open jobs of some collections."""
    labels = ["team", "collection"]
    people = GaugeMetricFamily("faceweb_collection_people", "People enrolled", labels=labels)
    jobs = GaugeMetricFamily(
        "faceweb_collection_open_jobs", "Jobs without an answer", labels=labels
    )
    open_jobs = _counts(Job.objects.filter(state__in=OPEN_STATES))
    enrolled = _counts(Subject.objects.filter(examples__gt=0))
    for one in collections.select_related("team"):
        names = [one.team.name if one.team else "", one.name]
        people.add_metric(names, enrolled.get(one.pk, 0))
        jobs.add_metric(names, open_jobs.get(one.pk, 0))
    yield people
    yield jobs


def _counts(rows: QuerySet) -> dict[str, int]:
    counted = rows.values_list("collection").order_by().annotate(count=Count("pk"))
    return dict(counted)


def exposition_of(collections: QuerySet[Collection]) -> bytes:
    """What a team may know, in Prometheus's text format: its own collections."""
    now = CollectorRegistry()
    now.register(AtEachScrape(partial(_collections_now, collections)))
    return generate_latest(now)


def exposition(settings: Settings) -> bytes:
    """Everything in Prometheus's text format."""
    now = CollectorRegistry()
    now.register(AtEachScrape(partial(_system_now, settings)))
    return metrics.counted() + generate_latest(now) + exposition_of(living())
