"""Starting, stopping, and being killed."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.pictures import COLLINS, HOPPER, people, right_answers, variant
from tests.system.running import RunningSystem, wait_for


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[RunningSystem]:
    """A system that the test may break."""
    running = RunningSystem(
        tmp_path / "var", VISIBILITY_TIMEOUT_SECONDS=10, TASK_TIME_LIMIT_SECONDS=9
    )
    try:
        yield running
    finally:
        running.stop()


def test_ctrl_c_kill_and_start_again(own_system: RunningSystem) -> None:
    """One story, because every start takes seconds."""
    own_system.start()
    assert own_system.post("a.jpg", variant(HOPPER, 1)).text == f"a.jpg:{HOPPER}\n"

    status = own_system.stop(signal.SIGINT)
    assert status == 0, own_system.output
    assert own_system.left_processes() == []
    assert not (own_system.var_dir / "runlocal.env").exists()

    own_system.start()
    assert "password" not in own_system.output, "it is shown once"
    history = own_system.get().text
    assert "a.jpg" in history

    assert own_system.process is not None
    own_system.process.kill()
    own_system.process.wait()
    # At once: what the killed one left must not block this start.
    own_system.start()
    assert own_system.post("b.jpg", variant(COLLINS, 2)).text == f"b.jpg:{COLLINS}\n"

    second = RunningSystem(own_system.var_dir)
    refused = second.manage("runlocal", PORT=str(second.port))
    assert refused.returncode == 1
    assert "running already" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1

    assert own_system.stop(signal.SIGTERM) == 0
    assert own_system.left_processes() == []


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        refused = RunningSystem(tmp_path / "var").manage("runlocal", PORT=str(port))

    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_wrong_setting_is_named_before_anything_starts(tmp_path: Path) -> None:
    for command in (["check"], ["runlocal"]):
        refused = RunningSystem(tmp_path / "var").manage(*command, MAX_MEGAPIXELS="lots")

        assert refused.returncode == 1
        assert "MAX_MEGAPIXELS='lots'" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_model_that_the_gallery_was_not_made_by_is_refused_at_the_start(
    own_system: RunningSystem,
) -> None:
    own_system.start()
    own_system.stop()

    refused = own_system.manage("runlocal", PORT=str(own_system.port), RECOGNITION_MODEL="vggface2")

    assert refused.returncode == 1
    assert f"The gallery was made by {own_system.default_model}, but" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert own_system.left_processes() == []


def test_the_emulator_is_killed_while_pictures_wait(own_system: RunningSystem) -> None:
    """Its queues are gone with it; the pictures are not."""
    own_system.start()
    pictures = people(12)
    for worker in own_system.processes("celery"):
        worker.suspend()
    with ThreadPoolExecutor(12) as posters:
        waiting = [posters.submit(own_system.post, name, data) for name, data in pictures.items()]
        wait_for(lambda: _queued(own_system) == 12, 30, "the queueing")

        own_system.processes("localcloud.emulator")[0].kill()
        for worker in own_system.processes("celery"):
            worker.resume()

        answers = {name: job.result().text for name, job in zip(pictures, waiting, strict=True)}

    assert answers == right_answers(12)


def test_who_waits_at_a_stop_is_told_where_the_answer_will_be(own_system: RunningSystem) -> None:
    """First the web tier alone is stopped, then everything. No picture is lost by either."""
    own_system.start()
    pictures = people(6)
    (scaler,) = own_system.processes("runscaler")
    for process in (scaler, *own_system.processes("celery")):  # it would replace who hangs
        process.suspend()
    with ThreadPoolExecutor(6) as posters:
        told = [posters.submit(own_system.post, *one) for one in list(pictures.items())[:3]]
        wait_for(lambda: _queued(own_system) == 3, 30, "the queueing")
        own_system.processes("faceweb.server")[0].terminate()
        first = [job.result() for job in told]
        wait_for(lambda: _is_up(own_system), 60, "the web tier's next start")

        told = [posters.submit(own_system.post, *one) for one in list(pictures.items())[3:]]
        wait_for(lambda: _queued(own_system) == 6, 30, "the queueing")
        scaler.resume()
        assert own_system.stop(signal.SIGTERM) == 0
        second = [job.result() for job in told]

    assert {answer.status_code for answer in (*first, *second)} == {503}
    assert all(answer.headers["Location"] in answer.text for answer in (*first, *second))
    own_system.start()
    for name, answer in zip(pictures, (*first, *second), strict=True):
        where = answer.headers["Location"]
        job = wait_for(lambda: _answered(own_system, where), 90, name)  # noqa: B023 - asked at once
        assert f"{name}:{job['result']}\n" == right_answers(6)[name]


def _is_up(system: RunningSystem) -> bool:
    try:
        return system.get("healthz").status_code == 200
    except httpx.HTTPError:
        return False


def _answered(system: RunningSystem, address: str) -> Any:
    job = system.get(address).json()
    return job if job["state"] == "succeeded" else None


def _queued(system: RunningSystem) -> int:
    jobs = system.get("api/v1/jobs", params={"state": "queued", "limit": 100})
    return len(jobs.json()["jobs"])
