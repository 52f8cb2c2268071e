"""What Prometheus is told."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from faceweb.watch import metrics
from faceweb.watch.scrape import exposition
from scaler.models import Look
from tests.support.factories import make_job, make_settings

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def look(age_seconds: float) -> Look:
    return Look.objects.create(
        at=timezone.now() - timedelta(seconds=age_seconds),
        scaler="one", changed=False, reason="as it is", booting=1, ready=4, leaving=0,
        observation={}, state={}, limits={}, decision={},
    )  # fmt: skip


def test_instances_and_open_jobs_are_told_where_queues_cant_be_asked() -> None:
    look(age_seconds=5)
    make_job()

    told = exposition(make_settings()).decode()

    assert 'faceweb_instances{state="ready"} 4.0' in told
    assert 'faceweb_instances{state="booting"} 1.0' in told
    assert 'faceweb_open_jobs{state="queued"} 1.0' in told
    assert "faceweb_queue_messages{" not in told


def test_what_the_scaler_saw_long_ago_is_not_told() -> None:
    look(age_seconds=600)

    assert "faceweb_instances{" not in exposition(make_settings()).decode()


@pytest.mark.system
def test_any_of_several_web_processes_tells_the_counts_of_all(tmp_path: Path) -> None:
    count = "from faceweb.watch import metrics; metrics.lag.observe(0.5)"
    ask = "from faceweb.watch import metrics; print(metrics.counted().decode())"
    environment = {**os.environ, metrics.MULTIPROCESS_FOLDER: str(tmp_path)}

    def run(program: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip

    run(count)
    run(count)

    assert "faceweb_collector_lag_seconds_count 2.0" in run(ask)
