"""From nothing to an answer: a function answers while no instance runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.pictures import HOPPER, variant
from tests.system.running import RunningSystem


@pytest.fixture
def without_instances(tmp_path: Path) -> Iterator[RunningSystem]:
    running = RunningSystem(tmp_path / "var", BURST="on", SCALER_MIN=0, SCALER_MAX=0)
    try:
        yield running.start()
    finally:
        running.stop()


def test_functions_answer_where_no_instance_may_run(without_instances: RunningSystem) -> None:
    pictures = {f"burst-{number}.jpg": variant(HOPPER, number) for number in range(5)}

    answers = without_instances.post_all(pictures, concurrency=5)

    assert {one.text.strip() for one in answers.values()} == {
        f"{name}:Grace Hopper" for name in pictures
    }
