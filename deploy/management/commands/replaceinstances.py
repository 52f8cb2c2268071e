"""`manage.py replaceinstances`: renew the fleet with the newest image, and lose no picture."""

import time
from collections.abc import Sequence

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deploy.management.asking import add_yes
from deploy.management.errors import translate_errors
from deploy.management.waiting import progress
from foundation import aws
from foundation.aws import typed
from foundation.config import Settings, get_settings
from foundation.fleet import lifecycle

LOOK_SECONDS = 2.0
LIVING = ("pending", "running")


class Command(BaseCommand):
    help = (
        "Ask app instances of an older image than the launch template's to finish what they hold "
        "and leave, a few at a time; the scaler launches new ones as work needs them. No picture "
        "is lost: what an instance can't finish goes back to the queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_yes(parser)
        parser.add_argument("--at-once", type=int, default=1, help="how many leave together (1)")
        parser.add_argument("--timeout-minutes", type=float, default=30.0, help="for all (30)")

    def handle(self, *, at_once: int, timeout_minutes: float, **options: object) -> None:
        if at_once < 1:
            raise CommandError("--at-once must be at least 1.")
        settings = get_settings()
        with translate_errors("Interrupted: instances that were asked to leave still do."):
            self._replace(settings, at_once, timeout_minutes * 60)

    def _replace(self, settings: Settings, at_once: int, seconds: float) -> None:
        ec2 = aws.client("ec2", settings)
        image = self._image(ec2, settings)
        deadline, leaving = time.monotonic() + seconds, set[str]()
        with progress() as report:
            while old := outdated(
                lifecycle.describe_fleet(ec2, settings.faceweb_id, LIVING), image
            ):
                if time.monotonic() > deadline:
                    raise CommandError(f"{len(old)} instances of an older image are still there.")
                if names := to_drain(old, at_once):
                    lifecycle.say_wanted(ec2, names, lifecycle.DRAIN)
                    leaving |= set(names)
                report(f"{len(old)} instances of an older image are left")
                time.sleep(LOOK_SECONDS)
        self.stdout.write(f"{len(leaving)} instances were replaced; all that live are of {image}.")

    def _image(self, ec2: typed.EC2Client, settings: Settings) -> str:
        name = settings.launch_template or f"{settings.faceweb_id}-app-tier"
        request: typed.DescribeLaunchTemplateVersionsRequestTypeDef = {"Versions": ["$Default"]}
        if name.startswith("lt-"):
            request["LaunchTemplateId"] = name
        else:
            request["LaunchTemplateName"] = name
        found = ec2.describe_launch_template_versions(**request)
        data = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        if "ImageId" not in data:
            raise CommandError("The launch template has no image yet: run manage.py bakeami.")
        return str(data["ImageId"])


def outdated(instances: Sequence[typed.InstanceTypeDef], image: str) -> list[typed.InstanceTypeDef]:
    """Instances that are not of this image, oldest first."""
    old = [instance for instance in instances if instance["ImageId"] != image]
    return sorted(old, key=lambda instance: (instance["LaunchTime"], instance["InstanceId"]))


def to_drain(old: Sequence[typed.InstanceTypeDef], at_once: int) -> list[str]:
    """Ids of the next ones to ask, so that no more than a number are leaving at a time."""
    leaving = [one for one in old if _wanted(one) == lifecycle.DRAIN]
    staying = [one["InstanceId"] for one in old if _wanted(one) != lifecycle.DRAIN]
    return staying[: max(at_once - len(leaving), 0)]


def _wanted(instance: typed.InstanceTypeDef) -> str | None:
    return lifecycle.tags_of(instance).get(lifecycle.WANTED_TAG)
