"""Nothing that was accepted is lost, whichever process dies."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from foundation.config import PROJECT_DIRECTORY
from foundation.fleet import lifecycle
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from tests.system.pictures import HOPPER, faceless, people, right_answers, variant
from tests.system.poison import ENDLESS, POISON
from tests.system.running import RunningSystem, wait_for

REQUESTS, DEAD_LETTERS = "faceweb-req-queue", "faceweb-dead-letter-queue"


@contextmanager
def another_web_process(
    system: RunningSystem, folder: Path, **settings: object
) -> Iterator[tuple[Child, str]]:
    """A second web tier beside the first: the same database, the same queues."""
    port = free_port()
    environment = {
        **system.environment, **system.exported(), "PORT": str(port),
        **{name: str(value) for name, value in settings.items()},
        "PYTHONPATH": str(PROJECT_DIRECTORY),
    }  # fmt: skip
    command = [sys.executable, "-m", "faceweb.server"]
    child = Child("web2", command, environment, folder / "web2.log")
    child.start()
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(lambda: "startup complete" in child.last_lines(20), 60, "the second web's start")
        yield child, url
    finally:
        stop_all([child], seconds=5)


@pytest.fixture
def paused_workers(system: RunningSystem) -> Iterator[None]:
    """Nobody works until the end of the test's `with` or of the test. What earlier tests sent is
    done and deleted: only this one's messages are on the queue. No instance that boots for them
    becomes a worker meanwhile."""
    wait_for(lambda: depth(system, REQUESTS) == 0, 30, "an empty queue")
    for scaler in system.processes("runscaler"):
        scaler.suspend()
    wait_for(lambda: lifecycle.BOOTING not in states(system), 60, "the end of boots")
    for worker in system.processes("celery"):
        worker.suspend()
    yield
    resume(system)


def states(system: RunningSystem) -> set[str]:
    """What the app instances say of themselves."""
    found = lifecycle.describe_fleet(system.aws("ec2"), "faceweb", ("pending", "running"))
    return {lifecycle.tags_of(one)[lifecycle.STATE_TAG] for one in found}


def resume(system: RunningSystem) -> None:
    for process in (*system.processes("celery"), *system.processes("runscaler")):
        with suppress(psutil.NoSuchProcess):
            process.resume()


def depth(system: RunningSystem, queue: str) -> int:
    sqs = system.aws("sqs")
    attributes = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    return sum(int(attributes[name]) for name in names)


def test_two_web_processes_answer_each_their_own_clients(
    system: RunningSystem, tmp_path: Path
) -> None:
    """Either may take any reply from the queue; the other finds it in the database."""
    with another_web_process(system, tmp_path) as (_, url):
        answers = system.post_all(people(40), 40, [system.url, url])

    assert {name: answer.text for name, answer in answers.items()} == right_answers(40)
    assert depth(system, "faceweb-resp-queue") == 0


def test_200_waiting_clients_hold_no_thread_each(
    system: RunningSystem, paused_workers: None
) -> None:
    pictures = {f"wait-{n}.png": faceless(n, side=40) for n in range(200)}
    web = system.processes("faceweb.server")[0]
    with ThreadPoolExecutor(200) as posters:
        waiting = {name: posters.submit(system.post, name, data) for name, data in pictures.items()}
        wait_for(lambda: depth(system, REQUESTS) >= 200, 90, "the queueing")
        threads = web.num_threads()
        resume(system)
        answers = {name: job.result() for name, job in waiting.items()}

    assert threads < 60
    wrong = {n: a.text for n, a in answers.items() if a.text != f"{n}:no face\n"}
    assert wrong == {}


def test_a_client_that_waits_too_long_is_told_where_the_answer_will_be(
    system: RunningSystem, tmp_path: Path, paused_workers: None
) -> None:
    with another_web_process(system, tmp_path, RESULT_TIMEOUT_SECONDS=1) as (_, url):
        answer = system.post("slow.jpg", variant(HOPPER, 50), url)
        assert answer.status_code == 504
        where = answer.text.split()[-1]
        assert system.get(where).json()["state"] == "queued"

        resume(system)

        job = wait_for(
            lambda: (found := system.get(where).json())["state"] == "succeeded" and found,
            60,
            "the late answer",
        )
    assert job["result"] == HOPPER


def test_the_worker_is_killed_while_pictures_are_queued(system: RunningSystem) -> None:
    """kill -9 of the worker and its pool; a new one is started; every picture is answered."""
    pictures = people(60)
    with ThreadPoolExecutor(60) as posters:
        waiting = {n: posters.submit(system.post, n, data) for n, data in pictures.items()}
        wait_for(lambda: sum(job.done() for job in waiting.values()) >= 5, 60, "the first answers")
        for process in system.processes("celery"):
            process.kill()
        answers = {name: job.result().text for name, job in waiting.items()}

    assert answers == right_answers(60)


def test_one_process_of_the_pool_is_killed_in_the_middle_of_a_picture(
    system: RunningSystem,
) -> None:
    pictures = people(20)
    with ThreadPoolExecutor(20) as posters:
        waiting = {n: posters.submit(system.post, n, data) for n, data in pictures.items()}
        wait_for(lambda: sum(job.done() for job in waiting.values()) >= 2, 60, "the first answers")
        system.processes("celery")[-1].kill()
        answers = {name: job.result().text for name, job in waiting.items()}

    assert answers == right_answers(20)


def test_the_web_process_is_killed_while_its_clients_wait(
    system: RunningSystem, tmp_path: Path, paused_workers: None
) -> None:
    """Its clients are cut off; their answers are in the history."""
    names = [f"cut-off-{n}.jpg" for n in range(5)]
    with another_web_process(system, tmp_path) as (web, url), ThreadPoolExecutor(5) as posters:
        waiting = [
            posters.submit(system.post, name, variant(HOPPER, 60 + n), url)
            for n, name in enumerate(names)
        ]
        wait_for(lambda: depth(system, REQUESTS) >= 5, 30, "the queueing")
        os.kill(web.pid, signal.SIGKILL)
        for job in waiting:
            with pytest.raises(httpx.HTTPError):
                job.result()
    resume(system)

    for name in names:
        wait_for(lambda name=name: _answered(system, name), 60, f"the answer of {name}")


def _answered(system: RunningSystem, name: str) -> bool:
    try:
        body = system.aws("s3").get_object(
            Bucket="faceweb-out-bucket", Key=name.removesuffix(".jpg")
        )["Body"]
    except Exception:  # noqa: BLE001 - not there yet
        return False
    return bool(body.read() == HOPPER.encode())


def send(system: RunningSystem, body: str) -> None:
    sqs = system.aws("sqs")
    url = sqs.get_queue_url(QueueName=REQUESTS)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)


def celery_message(task: str, job_id: str, **arguments: Any) -> str:
    """A task as kombu's SQS transport writes it."""
    body = base64.b64encode(json.dumps([[], arguments, {}]).encode()).decode()
    message = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": job_id, "root_id": job_id, "group": None,
                    "retries": 0, "timelimit": [None, None]},
        "properties": {"correlation_id": job_id, "reply_to": "", "delivery_mode": 2,
                       "delivery_info": {"exchange": "", "routing_key": REQUESTS}, "priority": 0,
                       "body_encoding": "base64", "delivery_tag": str(uuid.uuid4())},
    }  # fmt: skip
    return base64.b64encode(json.dumps(message).encode()).decode()


def test_messages_that_nobody_understands_end_and_the_worker_lives(system: RunningSystem) -> None:
    """Acknowledged with a failed reply, or on the dead-letter queue: never in a loop."""
    bodies = [
        "rubbish",
        base64.b64encode(b"rubbish").decode(),
        base64.b64encode(b'{"body": 3}').decode(),
        celery_message("no-such-task", str(uuid.uuid4())),
        celery_message("recognise", str(uuid.uuid4()), wrong="arguments"),
        celery_message("recognise", "not-a-uuid", input_key="a", output_key="a"),
    ]
    for body in bodies:
        send(system, body)

    assert system.post("after.png", faceless(77)).text == "after.png:no face\n"
    wait_for(lambda: depth(system, REQUESTS) == 0, 90, "the end of the messages")
    assert depth(system, DEAD_LETTERS) >= 3


@contextmanager
def poisoned_worker(system: RunningSystem, folder: Path) -> Iterator[Child]:
    """A worker that dies of marked pictures, beside the paused ones of the system."""
    command = [sys.executable, "-m", "celery", "-A", "tests.system.poisoned_worker", "worker"]
    environment = {
        **system.environment, **system.exported(), "PYTHONPATH": str(PROJECT_DIRECTORY),
        "WORKER_PROCESSES": "1",
    }  # fmt: skip
    worker = Child("poisoned", command, environment, folder / "poisoned.log")
    worker.start()
    try:
        yield worker
        assert not worker.has_ended()
    finally:
        stop_all([worker], seconds=5)
        resume(system)


def test_a_picture_that_kills_its_worker_is_answered_with_the_reason(
    system: RunningSystem, tmp_path: Path, paused_workers: None
) -> None:
    """Three processes die of it; then it is a dead letter, and its client is told."""
    before = depth(system, DEAD_LETTERS)
    with poisoned_worker(system, tmp_path):
        answer = system.post("poison.jpg", variant(HOPPER, 70) + POISON)

    assert answer.status_code == 422, answer.text
    assert "none could finish it" in answer.text
    assert depth(system, DEAD_LETTERS) == before + 1
    assert system.post("after.png", faceless(78)).text == "after.png:no face\n"


def test_a_picture_that_takes_for_ever_is_given_up(
    system: RunningSystem, tmp_path: Path, paused_workers: None
) -> None:
    with poisoned_worker(system, tmp_path):
        answer = system.post("endless.jpg", variant(HOPPER, 71) + ENDLESS)

    assert answer.status_code == 422, answer.text
    assert "took longer than 9 seconds" in answer.text
