"""`manage.py loadtest FOLDER`: send many pictures at once, and see what comes back."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from benchmarks.console import progress
from benchmarks.load import Hit, Shot, Tally, Verdict, fire, histogram, post, tally
from faceweb.management.errors import translate_errors
from foundation.config import get_settings
from recognition.enrolment.labelled_pictures import is_picture, listed_in_csv

SHOWN_PROBLEMS = 10


class Command(BaseCommand):
    help = (
        "Send the pictures of FOLDER to a running system, many at a time, and compare the answers "
        "with a CSV file of the columns Image,Results. Pictures are sent again in turn when there "
        "are fewer than --requests. Ends with status 1 when an answer was wrong or missing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        settings = get_settings()
        parser.add_argument("folder", type=Path, help="the pictures")
        parser.add_argument("--labels", type=Path, metavar="CSV", help="the right answers")
        parser.add_argument("--requests", type=int, metavar="N", help="default: each picture once")
        parser.add_argument("--concurrency", type=int, default=20, metavar="C", help="default: 20")
        parser.add_argument(
            "--url", default=f"http://127.0.0.1:{settings.port}/", metavar="U",
            help="default: %(default)s",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: Any, folder: Path, labels: Path | None, **options: Any) -> None:
        if options["concurrency"] < 1 or (options["requests"] or 1) < 1:
            raise CommandError("--requests and --concurrency must be at least 1.")
        with translate_errors():
            shots = _shots(folder, labels, options["requests"])
        hits, seconds = self._fire(shots, options["concurrency"], options["url"])
        total = tally(hits, seconds)
        self._report(hits, total, len(shots))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(total)))
        if total.ok < len(shots):
            raise SystemExit(1)

    def _fire(self, shots: list[Shot], concurrency: int, url: str) -> tuple[list[Hit], float]:
        hits: list[Hit] = []
        began = time.monotonic()
        with progress() as advance:
            arriving = fire(shots, concurrency, lambda shot: post(shot, url))
            try:
                for hit in arriving:
                    hits.append(hit)
                    advance(_counts(hits), len(shots), len(hits))
            except KeyboardInterrupt:
                self.stderr.write("Interrupted: waiting for the requests that are on their way.")
                arriving.close()  # type: ignore[attr-defined]
        return hits, time.monotonic() - began

    def _report(self, hits: list[Hit], total: Tally, wanted: int) -> None:
        problems = [hit for hit in hits if hit.verdict != Verdict.OK]
        for hit in problems[:SHOWN_PROBLEMS]:
            right = f", not {hit.shot.label}" if hit.verdict == Verdict.WRONG else ""
            self.stdout.write(f"{hit.verdict}: {hit.shot.path.name}: {hit.text}{right}")
        if len(problems) > SHOWN_PROBLEMS:
            self.stdout.write(f"... and {len(problems) - SHOWN_PROBLEMS} more")
        rows = histogram(hits)
        most = max((count for _, count in rows), default=1)
        for edge, count in rows:
            self.stdout.write(f"{edge:8.2f} s {count:5} {'#' * round(40 * count / most)}")
        self.stdout.write(
            f"{total.ok} ok, {total.wrong} wrong, {total.failed} failed of {wanted} in "
            f"{total.seconds:.1f} s; median {total.p50_ms:.0f} ms, 95 % {total.p95_ms:.0f} ms"
        )


def _shots(folder: Path, labels: Path | None, requests: int | None) -> list[Shot]:
    if labels:
        found = [Shot(path=one.path, label=one.word) for one in listed_in_csv(folder, labels)]
    else:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and is_picture(path))
        found = [Shot(path=path, label=None) for path in paths]
    if not found:
        raise CommandError(f"{folder} has no pictures.")
    return list(islice(cycle(found), requests or len(found)))


def _counts(hits: list[Hit]) -> str:
    wrong = sum(hit.verdict == Verdict.WRONG for hit in hits)
    failed = sum(hit.verdict == Verdict.FAILED for hit in hits)
    return f"{wrong} wrong, {failed} failed"
