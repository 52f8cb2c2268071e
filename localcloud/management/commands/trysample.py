"""`manage.py trysample`: the last step of a start whose processes somebody else has started."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from foundation.config import get_settings
from localcloud.emulator.emulator_process import answers
from localcloud.system import first_start
from localcloud.system.first_answer import Question
from localcloud.system.local_system import first_answer_file

PATIENCE_SECONDS = 120.0


class Command(BaseCommand):
    help = (
        "Enrol the sample people where nobody is enrolled, make an administrator where there is "
        "none, and ask who is on a sample picture. compose.yaml runs it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--web", metavar="URL", required=True, help="where the web tier is")

    def handle(self, *args: object, web: str, **options: object) -> None:
        """Raises CommandError where nobody is enrolled, and where the answer is wrong."""
        settings = get_settings()
        self._wait_for(f"{web.rstrip('/')}/healthz")
        if password := first_start.create_administrator():
            self.stdout.write(
                f"Administrator: {first_start.ADMINISTRATOR}, password {password} (only now)"
            )
        picture, person = list(first_start.enrol_samples(settings, self.stdout.write).items())[-1]
        if not first_start.is_anybody_enrolled(settings):
            raise CommandError("Nobody was enrolled: the worker's log says why.")
        with Question(picture, settings) as question:
            answer = question.answer(person, keep_running=lambda: None)
        if not answer.is_right:
            raise CommandError(
                f"Not ready: {picture.name} is {answer.result!r}, not {answer.expected}. "
                "The logs of web and worker say why."
            )
        first_answer_file(settings).touch()
        self.stdout.write(f"Ready: the web tier answers {picture.name}:{answer.result}")

    def _wait_for(self, url: str) -> None:
        """The web tier migrates the database before it answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        if not answers(url):
            self.stdout.write(f"Waiting for {url}, {PATIENCE_SECONDS:.0f} seconds at most")
        while not answers(url):
            if time.monotonic() > deadline:
                raise CommandError(f"Nothing answers at {url}: do its logs say why?")
            time.sleep(0.5)
