"""A worker that stands still, its process alive, on the only instance that is ready."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.system.pictures import people, right_answers
from tests.system.running import RunningSystem


def test_the_scaler_replaces_it_and_its_pictures_are_answered(tmp_path: Path) -> None:
    system = RunningSystem(
        tmp_path / "var",
        SCALER_MAX=2, WORKER_PROCESSES=1, SCALER_INTERVAL_SECONDS=0.5, RECEIVE_WAIT_SECONDS=1,
        VISIBILITY_TIMEOUT_SECONDS=8, TASK_TIME_LIMIT_SECONDS=6, SCALER_SCALE_IN_DELAY_SECONDS=300,
    )  # fmt: skip
    try:
        system.start()
        pictures = people(5)
        first, *others = pictures.items()
        answers = {first[0]: system.post(*first).text}
        for process in system.processes("celery"):
            process.send_signal(signal.SIGSTOP)
        with ThreadPoolExecutor(4) as posters:
            waiting = {name: posters.submit(system.post, name, data) for name, data in others}
        answers |= {name: job.result().text for name, job in waiting.items()}

        assert answers == right_answers(5)
        decisions = (system.var_dir / "log" / "scaler.log").read_text()
        assert "1 answered nothing while pictures waited" in decisions
    finally:
        system.stop()
