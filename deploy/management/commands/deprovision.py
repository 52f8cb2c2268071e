"""`manage.py deprovision`: remove the system from AWS, with everything in it."""

from json import dumps

from django.core.management.base import BaseCommand, CommandParser

from deploy.management.asking import add_yes, confirmed
from deploy.management.errors import translate_errors
from deploy.stack import emptying
from deploy.stack.cloudformation import Stack
from foundation import aws
from foundation.config import Settings, get_settings

INTERRUPTED = "Interrupted: some of it is gone. Run the same command again to remove the rest."


class Command(BaseCommand):
    help = (
        "Remove the system from AWS: end its instances, empty its buckets, delete images, secrets "
        "and the stack. Nothing can be got back, so the prefix has to be typed. Running it again "
        "removes what an earlier run left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_yes(parser)
        parser.add_argument("--json", action="store_true", help="the result as JSON, last line")

    def handle(self, *args: object, yes: bool, json: bool, **options: object) -> None:
        with translate_errors(INTERRUPTED):
            removed = self._deprovision(get_settings(), yes)
        if json:
            self.stdout.write(dumps(removed))

    def _deprovision(self, settings: Settings, yes: bool) -> dict[str, object]:
        aws.client("sts", settings).get_caller_identity()
        name = settings.faceweb_id
        stack = Stack(aws.client("cloudformation", settings), name)
        state = stack.state()
        self.stdout.write(
            f"This removes the stack {name} ({state.status.lower()}) in {settings.aws_region}: "
            "every picture, video, answer, person, database, snapshot, queue, instance and image "
            "of it, for good."
        )
        if not yes:
            confirmed(f'Type "{name}" to go on: ', name)
        volumes = stack.resources("AWS::EC2::Volume", and_gone=True) if state.exists else []
        counts = self._empty(settings, stack if state.exists else None)
        if state.has_name:
            for event in stack.remove():
                self.stdout.write(str(event))
                self.stdout.flush()
        counts["snapshots"] = emptying.delete_snapshots(settings, self.stdout.write, volumes)
        counts["parameters"] = emptying.delete_parameters(settings)  # without the stack's own
        return {"removed": counts, "left": self._last_words(settings, counts)}

    def _empty(self, settings: Settings, stack: Stack | None) -> dict[str, int]:
        report = self.stdout.write
        if stack:
            emptying.end_web_group(settings, stack.resources)
            emptying.unprotect_database(settings, stack.resources)
        return {
            "instances": emptying.end_instances(settings, report),
            "objects": emptying.empty_buckets(settings, report),
            "images": emptying.delete_images(settings, report),
        }

    def _last_words(self, settings: Settings, counts: dict[str, int]) -> list[str]:
        removed = ", ".join(f"{count} {what}" for what, count in counts.items())
        self.stdout.write(f"Removed {removed}, and the stack.")
        left = emptying.left_over(settings)
        for one in left:
            self.stdout.write(self.style.WARNING(f"Still there: {one}"))
        if not left:
            self.stdout.write("Nothing is left.")
        return left
