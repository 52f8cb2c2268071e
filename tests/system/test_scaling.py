"""The fleet grows with the queue and goes away with it, with real workers as instances."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from foundation.config import PROJECT_DIRECTORY
from tests.system.pictures import HOPPER, faceless, people, right_answers, variant
from tests.system.running import RunningSystem, wait_for

MAXIMUM = 3
GONE_SECONDS = 12
"""Some of the original system's clients demand an empty fleet so soon after the last answer."""


@pytest.fixture(scope="module")
def elastic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    running = RunningSystem(
        tmp_path_factory.mktemp("elastic") / "var",
        SCALER_MIN=0, SCALER_MAX=MAXIMUM, SCALER_SCALE_IN_DELAY_SECONDS=2,
        TARGET_LATENCY_SECONDS=1, WORKER_PROCESSES=1, SCALER_INTERVAL_SECONDS=1,
    )  # fmt: skip
    try:
        yield running.start()
    finally:
        running.stop()


def instances(system: RunningSystem) -> list[str]:
    """Names of the app instances that EC2 says are running."""
    described = system.aws("ec2").describe_instances(
        Filters=[
            {"Name": "tag:Name", "Values": ["app-tier-instance*"]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
    )
    return sorted(
        next(tag["Value"] for tag in one["Tags"] if tag["Key"] == "Name")
        for reservation in described["Reservations"]
        for one in reservation["Instances"]
    )


def decisions(system: RunningSystem) -> str:
    return (system.var_dir / "log" / "scaler.log").read_text()


def test_from_none_to_the_maximum_and_back(elastic: RunningSystem) -> None:
    wait_for(lambda: instances(elastic) == [], 60, "an empty fleet")
    counts: list[int] = []
    pictures = people(60)

    with ThreadPoolExecutor(60) as posters:
        waiting = {n: posters.submit(elastic.post, n, data) for n, data in pictures.items()}
        while not all(job.done() for job in waiting.values()):
            counts.append(len(instances(elastic)))
            time.sleep(0.3)
        answers = {name: job.result().text for name, job in waiting.items()}
    answered_at = time.monotonic()
    wait_for(lambda: instances(elastic) == [], GONE_SECONDS + 5, "the empty fleet")

    assert answers == right_answers(60)
    assert max(counts) == MAXIMUM
    assert time.monotonic() - answered_at < GONE_SECONDS + 5
    assert "reason=" in decisions(elastic)


def test_names_start_again_at_one(elastic: RunningSystem) -> None:
    assert elastic.post("one.jpg", variant(HOPPER, 1)).text == f"one.jpg:{HOPPER}\n"

    assert instances(elastic)[:1] in (["app-tier-instance-1"], [])


def test_the_fleet_is_shown(elastic: RunningSystem) -> None:
    elastic.post("shown.png", faceless())

    shown = json.loads(elastic.manage("fleet", "--json").stdout)

    assert set(shown) >= {"instances", "visible", "in_flight", "outstanding", "last_decision"}
    assert "none yet" not in shown["last_decision"]


def test_a_second_scaler_waits_and_the_fleet_is_not_doubled(elastic: RunningSystem) -> None:
    refused = elastic.manage("runscaler", "--once")
    assert refused.returncode == 1
    assert "Another scaler holds the lease" in refused.stderr

    second = subprocess.Popen(
        [sys.executable, "manage.py", "runscaler"], cwd=PROJECT_DIRECTORY,
        env={**elastic.environment, **elastic.exported()}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    counts: list[int] = []
    try:
        with ThreadPoolExecutor(30) as posters:
            waiting = [posters.submit(elastic.post, n, data) for n, data in people(30).items()]
            while not all(job.done() for job in waiting):
                counts.append(len(instances(elastic)))
                time.sleep(0.3)
    finally:
        second.send_signal(signal.SIGTERM)
        _, said = second.communicate(timeout=30)

    assert max(counts) <= MAXIMUM
    assert "scaler_waits" in said
    assert second.returncode == 0


def test_a_killed_scaler_is_followed(elastic: RunningSystem) -> None:
    """Started again by the supervisor, it waits for the old one's lease, then goes on."""
    elastic.processes("runscaler")[0].kill()

    assert elastic.post("later.jpg", variant(HOPPER, 3)).text == f"later.jpg:{HOPPER}\n"
    wait_for(lambda: instances(elastic) == [], 60, "the empty fleet")


def test_a_dry_run_says_what_it_would_do(elastic: RunningSystem) -> None:
    said = elastic.manage("runscaler", "--dry-run", "--once")

    assert said.returncode == 0, said.stderr
    assert "Decision" in said.stdout
    assert "Seen" in said.stdout


def test_a_dry_run_without_aws_says_what_it_could_not_see(tmp_path: Path) -> None:
    nothing = RunningSystem(tmp_path / "var")

    said = nothing.manage(
        "runscaler", "--dry-run", "--once", AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x",
    )  # fmt: skip

    assert said.returncode == 1
    assert "can't be seen" in said.stdout
    assert "Traceback" not in said.stderr
