"""A workload generator: many clients post pictures, and each answer is compared with its label."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import urllib3

TIMEOUT_SECONDS = 900


class Verdict(StrEnum):
    """What became of one request."""

    OK = "ok"
    WRONG = "wrong"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture to post, and the name that is right (None: any answer is)."""

    path: Path
    label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What one request brought."""

    shot: Shot
    verdict: Verdict
    seconds: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """All requests together."""

    ok: int
    wrong: int
    failed: int
    seconds: float
    p50_ms: float
    p95_ms: float


def judged(shot: Shot, status: int, text: str) -> tuple[Verdict, str]:
    """Right, wrong or failed, by what came back. Only 200 with `<name>:<result>` counts."""
    _, colon, result = text.strip().rpartition(":")
    if status != 200 or not colon:
        return Verdict.FAILED, f"status {status}: {text.strip()[:120]}"
    is_right = shot.label is None or result.strip() == shot.label
    return (Verdict.OK if is_right else Verdict.WRONG), result.strip()


def post(shot: Shot, url: str) -> Hit:
    """Post one picture as the contract says, and judge the answer."""
    began = time.monotonic()
    try:
        fields = {"inputFile": (shot.path.name, shot.path.read_bytes())}
        answer = urllib3.request("POST", url, fields=fields, retries=False, timeout=TIMEOUT_SECONDS)
        verdict, text = judged(shot, answer.status, answer.data.decode(errors="replace"))
    except urllib3.exceptions.NewConnectionError:
        verdict, text = Verdict.FAILED, f"nothing listens at {url}: is `make run` running?"
    except urllib3.exceptions.HTTPError as error:
        verdict, text = Verdict.FAILED, f"{type(error).__name__}: {error}"
    return Hit(shot=shot, verdict=verdict, seconds=time.monotonic() - began, text=text)


def fire(shots: Sequence[Shot], concurrency: int, send: Callable[[Shot], Hit]) -> Iterator[Hit]:
    """Post all, `concurrency` at a time; gives each as it is done. Ends early when closed."""
    with ThreadPoolExecutor(concurrency) as clients:
        pending: set[Future[Hit]] = {clients.submit(send, shot) for shot in shots}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in pending:
                future.cancel()


def tally(hits: Sequence[Hit], seconds: float) -> Tally:
    """All hits together; `seconds` is what they took. Latencies are of those that were answered."""
    counts = {verdict: sum(hit.verdict == verdict for hit in hits) for verdict in Verdict}
    answered = sorted(hit.seconds for hit in hits if hit.verdict != Verdict.FAILED)
    return Tally(
        ok=counts[Verdict.OK], wrong=counts[Verdict.WRONG], failed=counts[Verdict.FAILED],
        seconds=round(seconds, 3),
        p50_ms=round(percentile(answered, 0.50) * 1000, 1),
        p95_ms=round(percentile(answered, 0.95) * 1000, 1),
    )  # fmt: skip


def percentile(ordered: Sequence[float], part: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    return ordered[max(math.ceil(part * len(ordered)), 1) - 1] if ordered else 0.0


def histogram(hits: Sequence[Hit], rows: int = 10) -> list[tuple[float, int]]:
    """Latencies in equal steps: (upper edge in seconds, how many)."""
    taken = [hit.seconds for hit in hits if hit.verdict != Verdict.FAILED]
    if not taken:
        return []
    step = max(taken) / rows or 1.0
    counts = [0] * rows
    for seconds in taken:
        counts[min(int(seconds / step), rows - 1)] += 1
    return [(step * (row + 1), count) for row, count in enumerate(counts)]
