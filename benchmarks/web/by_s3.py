"""Clients that send their pictures to S3 themselves, by the form that the web tier gives them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from benchmarks.system.clients import Exchange, exchange, form, get, request

LONGEST_WAIT_SECONDS, PAUSE_SECONDS = 60.0, 0.25


def send_all(port: int, pictures: Mapping[str, bytes], concurrency: int) -> list[str]:
    """Send every picture, a number at a time. Returns the addresses of their jobs once the job that
    was sent last is answered."""
    return asyncio.run(_send_all(port, pictures, concurrency))


def answers_of(port: int, jobs: list[str]) -> list[Exchange]:
    """Ask for every job. It takes of the web tier, so it is done after the clocks were read."""
    return asyncio.run(_answers_of(port, jobs))


async def _send_all(port: int, pictures: Mapping[str, bytes], concurrency: int) -> list[str]:
    waiting, jobs = list(pictures.items())[::-1], []

    async def client() -> None:
        while waiting:
            jobs.append(await _send(port, *waiting.pop()))

    async with asyncio.TaskGroup() as clients:
        for _ in range(concurrency):
            clients.create_task(client())
    await _answered(port, jobs[-1])
    return jobs


async def _send(port: int, filename: str, picture: bytes) -> str:
    """Returns the job's address."""
    asked = json.dumps({"filename": filename}).encode()
    status, _, text = await exchange(port, request("/api/v1/uploads", asked, "application/json"))
    if status != 201:
        raise OSError(f"/api/v1/uploads answered with status {status}: {text[:200]}")
    allowed = json.loads(text)
    place = urlsplit(allowed["url"])
    body, kind = form("file", filename, picture, allowed["fields"])
    status, _, text = await exchange(int(place.port or 80), request(place.path, body, kind))
    if status not in (200, 201, 204):
        raise OSError(f"S3 answered with status {status}: {text[:200]}")
    return str(allowed["job"])


async def _answered(port: int, job: str) -> None:
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        while (await _answer(port, job)).answer is None:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(PAUSE_SECONDS)


async def _answers_of(port: int, jobs: list[str]) -> list[Exchange]:
    await asyncio.sleep(PAUSE_SECONDS)
    return [await _answer(port, job) for job in jobs]


async def _answer(port: int, job: str) -> Exchange:
    try:
        told = json.loads(await get(port, job))
    except OSError as error:  # 404 until the picture has arrived
        return Exchange(filename="", status=0, text=str(error), job_path=job, seconds=0.0)
    said = f"{told['filename']}:{told['result']}" if told["times"]["answered"] else ""
    return Exchange(filename=told["filename"], status=200, text=said, job_path=job, seconds=0.0)
