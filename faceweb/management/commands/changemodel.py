"""`manage.py changemodel NAME`: embed everybody with another model."""

import json
import subprocess
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from faceweb.collections.reach import named_by_operator
from faceweb.management.choosing import add_collection, add_patience
from faceweb.management.errors import translate_errors
from faceweb.management.progress import counting
from faceweb.people.examples.losses import Losses
from faceweb.people.examples.model_change import NotAgreed, change_model
from foundation.config import PROJECT_DIRECTORY, Settings, get_settings
from recognition.registry.exported import NetRuntime, missing_nets, nets_of
from recognition.registry.models import model_named

MOST_LINES = 40


class Command(BaseCommand):
    help = (
        "Change the gallery's model: the workers embed the kept cut-out of every example with "
        "model NAME, then the gallery is swapped. Until then workers answer by the old one. Says "
        "who can't be carried over, and asks before anything is lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a model that `python -m recognition models` lists")
        parser.add_argument(
            "--yes", action="store_true", help="lose what can't be carried over, without asking"
        )
        add_patience(parser)
        add_collection(parser)
        parser.add_argument("--json", action="store_true", help="the result as JSON, last line")

    def handle(
        self,
        *args: object,
        name: str,
        yes: bool,
        patience: float,
        collection: str | None,
        **options: object,
    ) -> None:
        settings = get_settings()
        with translate_errors():
            where = named_by_operator(collection)
            model_named(name)
            self._prepare(name, settings)
            with counting("sent to the workers", "embedded") as (stop, (sending, embedding)):

                def advance(total: int, sent: int, done: int) -> None:
                    sending(total, sent)
                    embedding(total, done)

                def agree(losses: Losses) -> bool:
                    stop()
                    return self._agrees(losses, yes)

                try:
                    gallery = change_model(name, settings, advance, agree, patience, where)
                except NotAgreed:
                    raise CommandError("Nothing was changed.") from None
        self.stdout.write(
            f"The gallery is of the model {name} now: {len(gallery.people)} people, "
            f"{gallery.example_count} examples."
        )
        if options["json"]:
            people, examples = len(gallery.people), gallery.example_count
            self.stdout.write(json.dumps({"model": name, "people": people, "examples": examples}))

    def _prepare(self, name: str, settings: Settings) -> None:
        """Have the model's nets on this machine; on AWS they come with the machine image."""
        precision, folder = settings.recognition_precision, settings.weights_directory
        runtimes: tuple[NetRuntime, ...] = ("native", "onnx")
        if not all(missing_nets(nets_of(name, precision, each), folder) for each in runtimes):
            return
        command = [
            sys.executable, "-m", "recognition.export", "--weights", str(folder),
            "--model", name, "--precision", precision,
        ]  # fmt: skip
        ended = subprocess.run(command, cwd=PROJECT_DIRECTORY, check=False)  # noqa: S603
        if ended.returncode:
            raise CommandError(f"The model {name} can't be prepared, as said above.")

    def _agrees(self, losses: Losses, yes: bool) -> bool:
        lines = losses.lines()
        for line in lines[:MOST_LINES]:
            self.stdout.write(line)
        if len(lines) > MOST_LINES:
            self.stdout.write(f"... and {len(lines) - MOST_LINES} more people")
        if yes:
            return True
        try:
            answer = input("Change the model all the same, and lose these? [y/N] ")
        except EOFError:
            raise CommandError("Nobody is here to ask: give --yes to lose these.") from None
        return answer.strip().lower() in ("y", "yes")
