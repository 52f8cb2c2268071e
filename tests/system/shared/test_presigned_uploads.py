"""A picture that its client sends to S3: by curl, and the web tier sees no byte of it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.system.running import RunningSystem, wait_for

API = "api/v1"


def allowed(system: RunningSystem, path: str = "uploads", **asked: object) -> dict[str, Any]:
    answer = httpx.post(f"{system.url}{API}/{path}", json=asked, timeout=120)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


def curl(allowed: dict[str, Any], file: Path) -> str:
    fields = [
        part for name, value in allowed["fields"].items() for part in ("-F", f"{name}={value}")
    ]
    done = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *fields, "-F", f"file=@{file}",
         allowed["url"]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def job_of(system: RunningSystem, told: dict[str, Any]) -> dict[str, Any]:
    """The job once it has ended."""
    address = f"{system.url.rstrip('/')}{told['job']}"

    def ended() -> dict[str, Any] | None:
        answer = system.get(address)
        job = answer.json()
        return job if answer.status_code == 200 and job["times"]["answered"] else None

    found = wait_for(ended, 60, "the answer")
    assert found is not None
    return found


def test_a_picture_is_sent_to_s3_by_curl_and_answered(system: RunningSystem) -> None:
    picture = next((system.var_dir / "samples").glob("*.jpg"))
    told = allowed(system, filename=picture.name)

    assert curl(told, picture) in ("200", "201", "204")

    job = job_of(system, told)
    assert (job["state"], job["filename"]) == ("succeeded", picture.name)
    assert job["faces"]


def test_a_burst_asks_once_for_all_its_pictures(system: RunningSystem) -> None:
    pictures = sorted((system.var_dir / "samples").glob("*.jpg"))[:3]
    asked = [{"filename": picture.name} for picture in pictures]
    told = allowed(system, "uploads/batch", uploads=asked)["uploads"]

    for each, picture in zip(told, pictures, strict=True):
        assert curl(each, picture) in ("200", "201", "204")

    jobs = [job_of(system, each) for each in told]
    assert [job["filename"] for job in jobs] == [picture.name for picture in pictures]
    assert {job["state"] for job in jobs} == {"succeeded"}


def test_what_is_no_picture_is_refused_with_its_reason(
    system: RunningSystem, tmp_path: Path
) -> None:
    file = tmp_path / "notes.jpg"
    file.write_text("no picture")
    told = allowed(system, filename="notes.jpg")

    curl(told, file)

    job = job_of(system, told)
    assert job["state"] == "failed" and "not a picture" in job["error"]["message"]
