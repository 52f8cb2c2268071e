"""Size standard on this machine: two web instances, a balancer, PostgreSQL. One is killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from localcloud.system.ports import free_port
from localcloud.system.processes import Child
from tests.deploy.caddy import NEEDS_CADDY, caddy
from tests.support.postgresql import PostgresqlServer, find_binaries
from tests.system.pictures import HOPPER, variant
from tests.system.running import RunningSystem, wait_for
from tests.system.shared.test_delivery import REQUESTS, another_web_process, depth, resume

BALANCER = """{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  reverse_proxy {targets} {{
    lb_policy least_conn
    lb_try_duration 5s
    health_uri /readyz
    health_interval 1s
    header_down X-Instance {{http.reverse_proxy.upstream.hostport}}
  }}
  handle_errors {{
    header Retry-After 1
    respond "{{err.status_code}}" {{err.status_code}}
  }}
}}
"""
PAGES = ("", "history", "people", "fleet")
POSTERS = 4
TO_BE_SENT_AGAIN = (409, 502, 503)
QUICK = {"RESULT_TIMEOUT_SECONDS": 20}


@dataclass
class Clients:
    """Who looks at pages and who sends pictures, by the balancer, until `enough` is set."""

    url: str
    enough: threading.Event = field(default_factory=threading.Event)
    pages: list[int] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    cut_off: list[str] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)

    def look(self) -> None:
        while not self.enough.is_set():
            for page in PAGES:
                answer = httpx.get(self.url + page, timeout=120)
                self.pages.append(answer.status_code)
                self.instances.add(answer.headers["X-Instance"])

    def send(self, poster: int) -> None:
        number = 0
        while not self.enough.is_set():
            number += 1
            self._send_one(f"{poster}-{number}", variant(HOPPER, 20 * poster + number % 20))

    def _send_one(self, name: str, picture: bytes) -> None:
        """Send a picture until it is answered, with one key and as `Retry-After` says."""
        while True:
            answer = httpx.post(
                f"{self.url}api/v1/recognise", files={"picture": (f"{name}.jpg", picture)},
                headers={"Idempotency-Key": name}, timeout=300,
            )  # fmt: skip
            if answer.status_code == 202:  # this machine is busy: it was not answered in time
                job = answer.json()["id"]
                answer = wait_for(lambda: self._late_answer(job), 60, "a late answer")  # noqa: B023
            if answer.status_code not in TO_BE_SENT_AGAIN:
                self.instances.add(answer.headers["X-Instance"])
                self.answers[name] = answer.text
                assert answer.status_code == 200, answer.text
                return
            if answer.status_code != 409:
                self.cut_off.append(name)
            time.sleep(int(answer.headers["Retry-After"]))

    def _late_answer(self, job: str) -> httpx.Response | None:
        answer = httpx.get(f"{self.url}api/v1/jobs/{job}", timeout=60)
        return answer if answer.is_success and answer.json()["times"]["answered"] else None


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RunningSystem]:
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed here")
    server = PostgresqlServer()
    running = RunningSystem(tmp_path / "var", DATABASE_URL=server.start(), **QUICK)
    try:
        yield running.start()
    finally:
        running.stop()
        server.stop()


@pytest.fixture
def web2(system: RunningSystem, tmp_path: Path) -> Iterator[tuple[Child, str]]:
    with another_web_process(system, tmp_path) as started:
        yield started


@pytest.fixture
def balancer(system: RunningSystem, web2: tuple[Child, str], tmp_path: Path) -> Iterator[str]:
    port = free_port()
    targets = " ".join(url.removeprefix("http://").rstrip("/") for url in (system.url, web2[1]))
    url = f"http://127.0.0.1:{port}/"
    with caddy(tmp_path, BALANCER.format(port=port, targets=targets)):
        wait_for(lambda: _answers(url), 30, "the balancer")
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=120).status_code == 200
    except httpx.HTTPError:
        return False


@NEEDS_CADDY
def test_all_is_answered_but_what_the_killed_instance_had_in_its_hands(
    system: RunningSystem, web2: tuple[Child, str], balancer: str
) -> None:
    clients = Clients(balancer)
    with ThreadPoolExecutor(POSTERS + 1) as pool:
        working = [pool.submit(clients.look)]
        working += [pool.submit(clients.send, poster) for poster in range(POSTERS)]
        wait_for(lambda: len(clients.instances) == 2, 120, "answers of both instances")
        for worker in system.processes("celery"):
            worker.suspend()  # so that each instance has some in its hands
        wait_for(lambda: depth(system, REQUESTS) >= POSTERS, 60, "the waiting clients")
        os.kill(web2[0].pid, signal.SIGKILL)
        wait_for(lambda: clients.cut_off, 30, "the cut off clients")
        before = len(clients.answers)
        resume(system)
        wait_for(lambda: len(clients.answers) >= before + 3 * POSTERS, 120, "more answers")
        clients.enough.set()  # the killed one's keys are free after a minute, in which all rest
        wait_for(lambda: clients.answers.keys() >= set(clients.cut_off), 120, "those cut off")
        for one in working:
            one.result()

    print(
        f"{len(clients.pages)} pages by {len(clients.instances)} instances, "
        f"{len(clients.answers)} pictures, cut off and sent again: {sorted(clients.cut_off)}"
    )
    assert set(clients.pages) == {200}
    assert len(clients.instances) == 2
    assert 1 <= len(clients.cut_off) == len(set(clients.cut_off)) <= POSTERS
    assert {HOPPER in text for text in clients.answers.values()} == {True}
