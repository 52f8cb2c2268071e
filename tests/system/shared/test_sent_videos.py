"""Videos that are sent to the web tier, on both back ends, with everything real."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import videos
from tests.system.held_frames import FILE_VARIABLE, HoldFrames, waits_file
from tests.system.pictures import COLLINS, HOPPER, film_of_two, portrait
from tests.system.running import QUICK, RunningSystem, wait_for

VISIBILITY_SECONDS = 10


@pytest.fixture(scope="module")
def app_tier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system whose app tier works on videos, in one process."""
    settings: dict[str, object] = {
        "VIDEO_BACKEND": "celery",
        "VISIBILITY_TIMEOUT_SECONDS": VISIBILITY_SECONDS,
        "TASK_TIME_LIMIT_SECONDS": 9,
        "WORKER_PROCESSES": 1,
        "SCALER_MIN": 1,
        "SCALER_MAX": 1,
        "RESEND_AFTER_SECONDS": 15,
    }
    folder = tmp_path_factory.mktemp("app-tier")
    settings |= {
        "EMULATOR_MIDDLEWARE": f"{HoldFrames.__module__}:{HoldFrames.__name__}",
        FILE_VARIABLE: folder / "held",
    }
    running = RunningSystem(folder / "var", **settings)
    try:
        yield running.start()
    finally:
        running.stop()


def send(system: RunningSystem, video: bytes, **fields: str) -> str:
    """Where the video is then."""
    files = {"inputFile": ("film.mp4", video)}
    answer = httpx.post(f"{system.url}videos", files=files, data=fields, timeout=120)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def ended(address: str) -> Any:
    video = httpx.get(address, timeout=120).json()
    return video if video["state"] in ("succeeded", "failed") else None


def result(address: str, seconds: float = 90) -> Any:
    return wait_for(lambda: ended(address), seconds, "the video's result")


def assert_two_people(video: Any) -> None:
    assert (video["state"], video["error"]) == ("succeeded", None)
    spans = {person["name"]: person["spans"][0] for person in video["people"]}
    assert spans[COLLINS]["from_seconds"] == 0.0
    assert spans[COLLINS]["to_seconds"] < 3.0 <= spans[HOPPER]["from_seconds"]


def test_the_functions_name_the_people_of_a_video_that_was_sent(system: RunningSystem) -> None:
    assert_two_people(result(send(system, film_of_two(), frames="6")))


def test_the_app_tier_names_them_as_well(app_tier: RunningSystem) -> None:
    video = result(send(app_tier, film_of_two(), frames="6"))

    assert_two_people(video)
    assert (video["backend"], video["progress"]["frames_recognised"]) == ("celery", 6)


@pytest.mark.parametrize("backend", ["system", "app_tier"])
def test_a_video_without_pictures_fails_with_its_reason(
    backend: str, request: pytest.FixtureRequest
) -> None:
    video = result(send(request.getfixturevalue(backend), videos.sound()))

    assert (video["state"], video["error"]["kind"]) == ("failed", "NoVideoTrack")


def test_a_long_splitting_runs_once(app_tier: RunningSystem) -> None:
    """Its process stands still for longer than its message is hidden, within its first frame. A
    second splitting would store all frames again."""
    many = videos.portrait_video([portrait(HOPPER)], seconds_each=12.0)
    pids = {process.pid for process in app_tier.processes("celery")}
    (splitting,) = [one for one in app_tier.processes("celery") if one.ppid() in pids]
    held = held_frames(app_tier)
    held.touch()
    address = send(app_tier, many, interval_seconds="0.2")
    wait_for(waits_file(held).exists, 60, "the first frame")

    splitting.suspend()
    held.unlink()
    time.sleep(VISIBILITY_SECONDS + 1)
    splitting.resume()

    video = result(address, 300)
    assert (video["state"], video["result"], video["error"]) == ("succeeded", HOPPER, None)
    frames = video["progress"]["frames_recognised"]
    assert frames == len(video["frames"]) == 60
    log = "".join(path.read_text() for path in (app_tier.var_dir / "log").glob("i-*.log"))
    splits = [line for line in log.splitlines() if "video_split" in line and "frames=60" in line]
    assert len(splits) == 1


def held_frames(system: RunningSystem) -> Path:
    """While this file is there, frames are not taken."""
    return Path(system.environment[FILE_VARIABLE])


def test_a_killed_worker_loses_no_video(app_tier: RunningSystem) -> None:
    addresses = [send(app_tier, film_of_two(), frames="20") for _ in range(3)]
    first = wait_for(lambda: working(addresses[0]), 60, "the first frame")
    assert first

    for worker in app_tier.processes("celery"):
        os.kill(worker.pid, signal.SIGKILL)

    for address in addresses:
        assert_two_people(result(address, 180))


def working(address: str) -> Any:
    video = httpx.get(address, timeout=120).json()
    return video["progress"]["frames_stored"] and video


def test_a_killed_web_process_loses_no_video(app_tier: RunningSystem) -> None:
    address = send(app_tier, film_of_two(), frames="10")

    for web in app_tier.processes("faceweb.server"):
        os.kill(web.pid, signal.SIGKILL)
    wait_for(lambda: answers(app_tier), 60, "the web tier")

    assert_two_people(result(address, 120))


def answers(system: RunningSystem) -> bool:
    try:
        return httpx.get(f"{system.url}healthz", timeout=120).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_killed_function_loses_no_video(tmp_path: Path) -> None:
    running = RunningSystem(
        tmp_path / "var", **QUICK, RESEND_AFTER_SECONDS=10, LAMBDA_TIMEOUT_SECONDS=20
    )
    try:
        running.start()
        address = send(running, film_of_two(), frames="30")
        for host in running.processes("lambda_host"):
            os.killpg(os.getpgid(host.pid), signal.SIGKILL)
        for function in running.processes("awslambdaric"):
            function.kill()

        assert_two_people(result(address, 240))
    finally:
        running.stop()


def test_a_deleted_video_leaves_nothing(app_tier: RunningSystem) -> None:
    address = send(app_tier, film_of_two(), frames="6")
    video_id = result(address)["id"]

    deleted = httpx.delete(f"{app_tier.url}api/v1/videos/{video_id}", timeout=120)

    assert deleted.status_code == 204
    s3 = app_tier.aws("s3")
    for bucket in ("faceweb-input", "faceweb-stage-1", "faceweb-output"):
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"sent/{video_id}")
