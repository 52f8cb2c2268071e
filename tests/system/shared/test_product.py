"""The REST API and the pages of a running system."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.system.pictures import COLLINS, HOPPER, encoded, faceless, portrait, variant
from tests.system.running import RunningSystem, wait_for


class Api:
    """The API as a client sees it."""

    def __init__(self, system: RunningSystem) -> None:
        self.http = httpx.Client(base_url=f"{system.url}api/v1", timeout=120)

    def send(self, path: str, picture: bytes, name: str = "a.jpg", **data: str) -> httpx.Response:
        return self.http.post(path, files={"picture": (name, picture)}, data=data)

    def people(self) -> dict[str, str]:
        subjects = self.http.get("/subjects").json()["subjects"]
        return {subject["name"]: subject["id"] for subject in subjects}


@pytest.fixture
def api(system: RunningSystem) -> Api:
    return Api(system)


def test_a_picture_is_recognised_with_its_faces(api: Api) -> None:
    answer = api.send("/recognise", variant(HOPPER, 201))

    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert (job["state"], job["result"]) == ("succeeded", HOPPER)
    assert job["faces"][0]["identity"] == HOPPER
    assert "embedding" not in answer.text
    assert api.http.get(f"/jobs/{job['id']}").json()["result"] == HOPPER


def test_who_does_not_wait_gets_the_jobs_address(api: Api) -> None:
    answer = api.http.post(
        "/recognise", params={"wait": "false"}, files={"picture": ("a.jpg", variant(HOPPER, 202))}
    )

    assert answer.status_code == 202, answer.text
    job_id = answer.json()["id"]
    wait_for(lambda: api.http.get(f"/jobs/{job_id}").json()["state"] == "succeeded", 60)


def test_faces_are_detected_and_compared(api: Api) -> None:
    detected = api.send("/detect", variant(HOPPER, 203)).json()
    assert detected["result"] == "1 face"

    def same(one: str, other: str) -> bool:
        files = {
            "picture": ("a.jpg", variant(one, 204)),
            "other": ("b.jpg", variant(other, 205)),
        }
        answer = api.http.post("/verify", files=files)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["same_person"])

    assert same(HOPPER, HOPPER)
    assert not same(HOPPER, COLLINS)


def test_any_faces_of_two_pictures_are_compared_and_a_missing_one_is_named(api: Api) -> None:
    both = Image.new("RGB", (1000, 500))
    for place, (person, side) in enumerate(((HOPPER, 500), (COLLINS, 400))):
        both.paste(portrait(person).resize((side, side)), (500 * place, 0))

    def verified(other: bytes, **form: str) -> dict[str, Any]:
        files = {"picture": ("a.jpg", variant(COLLINS, 206)), "other": ("b.jpg", other)}
        answer = api.http.post("/verify", files=files, data=form)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    answers = [
        verified(encoded(both), other_face=choice)["same_person"] for choice in ("0", "1", "any")
    ]
    assert answers == [False, True, True]
    missing = verified(faceless())
    assert (missing["same_person"], missing["detail"]) == (None, "The second picture has no face.")
    assert missing["job"]["result"] == "no face"
    assert "has no face 7" in verified(encoded(both), other_face="7")["detail"]


def test_problems_are_problem_details(api: Api, system: RunningSystem) -> None:
    refused = api.send("/recognise", b"no picture")

    assert refused.status_code == 415
    assert refused.headers["content-type"] == "application/problem+json"
    assert set(refused.json()) >= {"type", "title", "status", "detail"}
    missing = api.http.get("/jobs/00000000-0000-0000-0000-000000000000")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)


def test_a_person_is_added_recognised_renamed_and_erased(api: Api) -> None:
    """The face of one sample, mirrored and cut, under another name: it is the nearer one."""
    mine = encoded(portrait(COLLINS).resize((230, 230)), quality=97)
    added = api.http.post(
        "/subjects", files={"picture": ("s.jpg", mine)}, data={"name": "Somebody Else"}
    )
    assert added.status_code in (200, 201), added.text
    try:
        subject = wait_for(lambda: api.people().get("Somebody Else"), 30, "the new person")
        wait_for(
            lambda: api.send("/recognise", mine).json()["result"] == "Somebody Else", 20, "the name"
        )
        renamed = api.http.patch(f"/subjects/{subject}", json={"name": "Another Name"})
        assert renamed.status_code == 200, renamed.text
        assert "Another Name" in api.people()
    finally:
        for name in ("Somebody Else", "Another Name"):
            if name in api.people():
                erased = api.http.delete(f"/subjects/{api.people()[name]}")
                assert erased.status_code in (200, 204), erased.text
    assert {COLLINS, HOPPER} <= set(api.people())
    wait_for(lambda: api.send("/recognise", mine).json()["result"] == COLLINS, 20, "the old name")


def test_jobs_are_listed_page_by_page(api: Api) -> None:
    for number in range(3):
        api.send("/recognise", faceless(300 + number), f"page-{number}.png")

    first = api.http.get("/jobs", params={"limit": 2}).json()

    assert len(first["jobs"]) == 2
    newest = [job["filename"] for job in first["jobs"]]
    assert newest == ["page-2.png", "page-1.png"]


def test_the_same_idempotency_key_makes_one_job(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    files = {"picture": ("once.png", faceless(400))}

    answers = [api.http.post("/recognise", files=files, headers=headers).json() for _ in range(2)]

    assert answers[0]["id"] == answers[1]["id"]


@pytest.mark.parametrize("page", ["", "history", "people", "unknown", "fleet", "api/v1/docs"])
def test_every_page_opens_under_a_strict_policy(system: RunningSystem, page: str) -> None:
    answer = system.get(page)

    assert answer.status_code == 200
    if page != "api/v1/docs":
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_operations_are_told(system: RunningSystem) -> None:
    assert system.get("readyz").json()["status"] == "ready"
    assert "faceweb_request_seconds" in system.get("metrics").text
    gallery = system.get("api/v1/gallery").json()
    assert gallery["model"] == system.default_model
    assert "queues" in system.get("api/v1/fleet").json()


def test_loadtest_says_what_was_right(system: RunningSystem, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("load")
    for number in range(4):
        (folder / f"p{number}.jpg").write_bytes(variant(HOPPER, 500 + number))
    labels = folder.parent / "labels.csv"
    labels.write_text("Image,Results\n" + "".join(f"p{n},{HOPPER}\n" for n in range(4)))

    ended = system.manage(
        "loadtest", str(folder), "--labels", str(labels), "--requests", "8", "--concurrency", "4",
        "--url", system.url, "--json",
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout.strip().splitlines()[-1])
    assert (figures["ok"], figures["wrong"], figures["failed"]) == (8, 0, 0)
    assert figures["p50_ms"] <= figures["p95_ms"]
