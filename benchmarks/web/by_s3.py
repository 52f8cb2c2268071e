"""Clients that send their pictures to S3 themselves, by the form that the web tier gives them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from benchmarks.system.clients import Exchange, exchange, form, get, request
from foundation.parts import in_parts

FORMS_AT_ONCE = 25
LONGEST_WAIT_SECONDS, PAUSE_SECONDS = 60.0, 0.25


def send_all(port: int, pictures: Mapping[str, bytes], concurrency: int) -> list[str]:
    """Send every picture, a number at a time. Returns the addresses of their jobs once the job that
    was sent last is answered."""
    return asyncio.run(_send_all(port, pictures, concurrency))


def answers_of(port: int, jobs: list[str]) -> list[Exchange]:
    """Ask for every job. It takes of the web tier, so it is done after the clocks were read."""
    return asyncio.run(_answers_of(port, jobs))


async def _send_all(port: int, pictures: Mapping[str, bytes], concurrency: int) -> list[str]:
    waiting, jobs = in_parts(list(pictures), FORMS_AT_ONCE), []

    async def client() -> None:
        for names in waiting:
            for name, one in zip(names, await _allowed(port, names), strict=True):
                await _send(one, name, pictures[name])
                jobs.append(one["job"])

    async with asyncio.TaskGroup() as clients:
        for _ in range(concurrency):
            clients.create_task(client())
    await _answered(port, jobs[-1])
    return jobs


async def _allowed(port: int, names: Sequence[str]) -> list[dict[str, Any]]:
    body = json.dumps({"uploads": [{"filename": name} for name in names]}).encode()
    path = "/api/v1/uploads/batch"
    status, _, text = await exchange(port, request(path, body, "application/json"))
    if status != 201:
        raise OSError(f"{path} answered with status {status}: {text[:200]}")
    return list(json.loads(text)["uploads"])


async def _send(allowed: dict[str, Any], filename: str, picture: bytes) -> None:
    place = urlsplit(allowed["url"])
    body, kind = form("file", filename, picture, allowed["fields"])
    status, _, text = await exchange(int(place.port or 80), request(place.path, body, kind))
    if status not in (200, 201, 204):
        raise OSError(f"S3 answered with status {status}: {text[:200]}")


async def _answered(port: int, job: str) -> None:
    async with asyncio.timeout(LONGEST_WAIT_SECONDS):
        while (await _answer(port, job)).answer is None:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(PAUSE_SECONDS)


async def _answers_of(port: int, jobs: list[str]) -> list[Exchange]:
    await asyncio.sleep(PAUSE_SECONDS)
    return [await _answer(port, job) for job in jobs]


async def _answer(port: int, job: str) -> Exchange:
    try:
        state = json.loads(await get(port, job))
    except OSError as error:  # 404 until the picture has arrived
        return Exchange(filename="", status=0, text=str(error), job_path=job, seconds=0.0)
    answer = f"{state['filename']}:{state['result']}" if state["times"]["answered"] else ""
    return Exchange(filename=state["filename"], status=200, text=answer, job_path=job, seconds=0.0)
