"""`manage.py benchmark`: speed, always against something else in the same run."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from foundation.config import PROJECT_DIRECTORY

PARTS = {
    "queue": ("benchmarks.queue", "tasks per second through SQS"),
    "video": ("benchmarks.video_benchmark", "the Lambda functions: cold, warm, memory"),
    "system": ("benchmarks.system", "what the path around the recogniser costs"),
    "history": ("benchmarks.history", "pages in front of a million jobs"),
    "recogniser": ("benchmarks.recogniser", "pictures per second"),
    "gallery": ("benchmarks.recogniser.gallery", "one face against a million"),
    "first": ("benchmarks.first_answer", "the first picture from zero, and where its time goes"),
    "web": ("benchmarks.web", "what the web tier takes of a core for each picture"),
    "accuracy": ("benchmarks.accuracy", "strangers named, known people found"),
}
"""Each runs in a new process: it loads a model, or has a system or a database for itself."""


class Command(BaseCommand):
    help = "Measure a part of the system against what is usual, side by side in one run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
        for part, (_, text) in PARTS.items():
            parts.add_parser(part, help=f"{text} (see {part} --help)", add_help=False)

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand all arguments of a part on to it."""
        if len(argv) > 2 and argv[2] in PARTS:
            sys.exit(_run_apart(argv[2], argv[3:]))
        super().run_from_argv(argv)

    def handle(self, *args: object, part: str, **options: object) -> None:
        sys.exit(_run_apart(part, []))


def _run_apart(part: str, arguments: list[str]) -> int:
    module, _ = PARTS[part]
    command = [sys.executable, "-m", module, *arguments]
    try:
        return subprocess.run(command, cwd=PROJECT_DIRECTORY, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return 130
