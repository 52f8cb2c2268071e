"""Somebody enrolled by page, API and command, recognised, renamed, merged, and erased under load:
nothing of them is left in the whole system, on either database."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.postgresql import PostgresqlServer, find_binaries
from tests.system.pictures import COLLINS, HOPPER, encoded, film_of_two, portrait, variant
from tests.system.running import RunningSystem, started, wait_for

FIRST, SECOND, RENAMED = "Adabel Quimby", "Adalgisa Quorn", "Belphoebe Quail"
NAMES = (FIRST, SECOND, RENAMED)
SECOND_LOOK_SECONDS = 400
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, kw_only=True)
class Erased:
    """Somebody who was erased while a system was under load, and what was told of it.

    Parameters:
        person: the id.
        traces: bytes that are in no file once all is done.
        answers: of the load.
    """

    somebody: Somebody
    person: str
    traces: list[bytes]
    receipt: dict[str, Any]
    answers: list[str]


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Erased]]:
    """Somebody on each database, once: both systems wait for the second look at the same time."""
    with ExitStack() as running:

        @cache
        def on(database: str) -> Erased:
            folder = tmp_path_factory.mktemp(database)
            return erased_under_load(running.enter_context(forgetful(database, folder)), folder)

        yield on


@contextmanager
def forgetful(database: str, folder: Path) -> Iterator[RunningSystem]:
    """A system with its own database."""
    settings: dict[str, object] = {"SCALER_MIN": 1}
    with ExitStack() as ending:
        if database == "postgresql":
            if find_binaries() is None:
                pytest.skip("PostgreSQL is not installed here")
            server = PostgresqlServer()
            ending.callback(server.stop)
            settings["DATABASE_URL"] = server.start()
        yield ending.enter_context(started(folder / "var", **settings))


class Somebody:
    """What is done with the person of Collins' face, as users do it."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.api = httpx.Client(base_url=f"{system.url}api/v1", timeout=120)
        self.pages = httpx.Client(base_url=system.url, timeout=300, follow_redirects=True)
        self.numbers = count()

    def people(self) -> dict[str, str]:
        subjects = self.api.get("/subjects").json()["subjects"]
        return {subject["name"]: subject["id"] for subject in subjects}

    def picture(self) -> bytes:
        """A picture that nobody has sent before."""
        return variant(COLLINS, next(self.numbers) % 200)

    def recognised(self) -> dict[str, Any]:
        answer = self.api.post("/recognise", files={"picture": ("who.jpg", self.picture())})
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def unknown(self) -> dict[str, Any] | None:
        job = self.recognised()
        return job if job["result"] == "unknown" else None

    def thrice_as(self, names: set[str]) -> list[dict[str, Any]]:
        """Three jobs, where each has one of the names; else none."""
        jobs = [self.recognised() for _ in range(3)]
        return jobs if {job["result"] for job in jobs} <= names else []

    def named_by_page(self, name: str) -> None:
        job = wait_for(self.unknown, 30, "the removal of the sample")
        as_page = {"Accept": "text/html"}
        page = self.pages.get(f"/jobs/{job['id']}", headers=as_page).raise_for_status().text
        found = re.search(r'name="face" value="(\d+)"', page)
        assert found, page
        form = {"face": found[1], "name": name, "remember": "yes"}
        token = {"X-CSRFToken": self._token(), "Referer": self.system.url}
        self.pages.post("/faces/say", data=form, headers=token).raise_for_status()

    def _token(self) -> str:
        self.pages.get("/").raise_for_status()
        return self.pages.cookies["csrftoken"]

    def enrolled_by_api(self, name: str) -> None:
        files = {"picture": ("example.jpg", self.picture())}
        self.api.post("/subjects", data={"name": name}, files=files).raise_for_status()

    def enrolled_by_command(self, name: str, folder: Path) -> None:
        (folder / name).mkdir(parents=True)
        (folder / name / "1.jpg").write_bytes(encoded(portrait(COLLINS)))
        done = self.system.manage("enrol", str(folder))
        assert done.returncode == 0, done.stderr

    def seen_in_film(self) -> dict[str, Any]:
        files = {"inputFile": ("film.mp4", film_of_two())}
        sent = httpx.post(
            f"{self.system.url}videos", files=files, data={"frames": "6"}, timeout=120
        )
        address = sent.headers["Location"]

        def ended() -> Any:
            video = httpx.get(address, timeout=120).json()
            return video if video["state"] in ("succeeded", "failed") else None

        return wait_for(ended, 120, "the video's result")  # type: ignore[no-any-return]

    def erased(self, person_id: str) -> dict[str, Any]:
        """The receipt. On a busy machine the erasing goes on in the background."""
        answer = self.api.delete(f"/subjects/{person_id}")
        if answer.status_code == 202:
            answer = wait_for(lambda: self.receipt(answer.headers["Location"]), 240, "the receipt")
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def receipt(self, where: str) -> httpx.Response | None:
        answer = self.api.get(where)
        return answer if answer.status_code != 202 else None


class Load:
    """Pictures of the person and of Hopper, one after the other, from some clients at once."""

    def __init__(self, somebody: Somebody, clients: int = 4) -> None:
        self.somebody, self.answers = somebody, list[str]()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(clients)]

    def _post(self, number: int) -> None:
        while not self._stop.is_set():
            picture = self.somebody.picture() if number % 2 else variant(HOPPER, number)
            self.answers.append(self.somebody.system.post(f"load{number}.jpg", picture).text)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        self.goes_on()
        return self

    def goes_on(self) -> None:
        """Wait until each client was answered twice more."""
        enough = len(self.answers) + 2 * len(self._threads)
        wait_for(lambda: len(self.answers) > enough, 120, "the load")

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)


def embeddings(system: RunningSystem, person_ids: list[str]) -> list[bytes]:
    """The bytes of the examples that the gallery has of people."""
    s3 = system.aws("s3")
    found = []
    for entry in s3.list_objects_v2(Bucket="faceweb-gallery")["Contents"]:
        if any(f"people/{person_id}." in entry["Key"] for person_id in person_ids):
            body = s3.get_object(Bucket="faceweb-gallery", Key=entry["Key"])["Body"].read()
            found += [row.astype("<f4").tobytes() for row in np.load(io.BytesIO(body))]
    return found


def left_in(folder: Path, traces: list[bytes]) -> list[str]:
    """Files that have one of the traces, looked for as bytes."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and _has_one(path.read_bytes(), traces)
    ]


def _has_one(content: bytes, traces: list[bytes]) -> bool:
    return any(trace in content for trace in traces)


def erased_under_load(system: RunningSystem, folder: Path) -> Erased:
    """Name, enrol, film, rename and merge the person first, as all that must be forgotten."""
    somebody = Somebody(system)
    somebody.erased(somebody.people()[COLLINS])  # the sample, whose face this is
    somebody.named_by_page(FIRST)
    somebody.enrolled_by_command(FIRST, folder / "pictures")
    wait_for(lambda: somebody.recognised()["result"] == FIRST, 30, "the enrolment")
    assert FIRST in {person["name"] for person in somebody.seen_in_film()["people"]}
    somebody.enrolled_by_api(SECOND)
    person, other = somebody.people()[FIRST], somebody.people()[SECOND]
    somebody.api.patch(f"/subjects/{person}", json={"name": RENAMED}).raise_for_status()
    jobs = wait_for(lambda: somebody.thrice_as({RENAMED, SECOND}), 30, "the new name")
    traces = [*embeddings(system, [person, other]), *(name.encode() for name in NAMES)]
    assert len(traces) == 3 + 3
    merged = somebody.api.post(f"/subjects/{other}/merge", json={"into": person})
    merged.raise_for_status()
    shown = {face["identity"] for job in jobs for face in _job(somebody, job)["faces"]}
    assert shown == {RENAMED}
    assert system.manage("forget", RENAMED, "--check").returncode == 1

    with Load(somebody) as load:
        receipt = somebody.erased(person)
        load.goes_on()

    return Erased(
        somebody=somebody, person=person, traces=traces, receipt=receipt, answers=load.answers
    )


@pytest.mark.parametrize("database", DATABASES)
def test_somebody_is_erased_under_load(database: str, erased: Callable[[str], Erased]) -> None:
    found = erased(database)

    receipt = found.receipt
    assert receipt["jobs"] >= 3 + 1 + 1, receipt
    assert receipt["name"] in (RENAMED, "erased"), "in the background no name is kept"
    assert receipt["videos"] == 1
    assert receipt["examples"] == 3
    assert all(":" in answer for answer in found.answers), found.answers
    assert found.somebody.erased(found.person)["receipt"] == receipt["receipt"]


@pytest.mark.parametrize("database", DATABASES)
def test_nothing_is_left_of_somebody_who_was_erased(
    database: str, erased: Callable[[str], Erased]
) -> None:
    found = erased(database)
    system = found.somebody.system

    deadline = time.monotonic() + SECOND_LOOK_SECONDS
    while (left := left_in(system.var_dir, found.traces)) and time.monotonic() < deadline:
        time.sleep(5)  # each look reads a hundred megabytes
    assert left == []
    for name in NAMES:
        checked = system.manage("forget", name, "--check")
        while checked.returncode and time.monotonic() < deadline:  # the second look ends it
            time.sleep(5)  # each check takes 4 s of processor
            checked = system.manage("forget", name, "--check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
    assert found.somebody.unknown()


def _job(somebody: Somebody, job: dict[str, Any]) -> dict[str, Any]:
    return somebody.api.get(f"/jobs/{job['id']}").json()  # type: ignore[no-any-return]
