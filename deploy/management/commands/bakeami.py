"""`manage.py bakeami`: make the image of instances, or of functions, and have it used."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deploy.image import base, first_boot
from deploy.image.builder import BakeFailed, Bakery, BuilderPlan, BuilderReport
from deploy.image.release import NoRelease, Release, committed
from deploy.image.signed import signed_addresses
from deploy.management.asking import add_yes
from deploy.management.errors import told_to_operators
from deploy.management.waiting import told
from deploy.stack.cloudformation import Stack, StackState
from deploy.stack.launch_default import use_newest_version
from deploy.stack.preflight import NotReady
from deploy.stack.template import Template
from foundation import aws
from foundation.config import Settings, get_settings
from recognition.registry.model_choice import DEFAULT
from workers.gallery_model import gallery_model

INTERRUPTED = "Interrupted: the builder was removed, and nothing else was changed."
STOP_SECONDS, BUILD_SECONDS = 180.0, 2400.0


class Asked(TypedDict):
    yes: bool
    base_image: str | None
    architecture: str
    models: list[str] | None
    keep: int
    web: bool
    functions: bool
    json: bool


class Command(BaseCommand):
    help = (
        "Make the machine image: launch a builder, install the committed version of this checkout "
        "by cloud-init, export the model, recognise a sample picture there, keep the machine as an "
        "image, remove the builder (also when anything fails), have the launch template use the "
        "image, delete old ones. Takes 10 to 20 minutes on AWS. Instances that run go on as they "
        "are: manage.py replaceinstances renews them. With --functions, build and push the "
        "functions' container image instead; no Docker is needed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_yes(parser)
        parser.add_argument("--base-image", metavar="AMI", help="instead of the newest Debian 12")
        parser.add_argument(
            "--architecture", choices=sorted(base.NEWEST), default="x86_64",
            help="of the base image; arm64 needs an AppInstanceType of that kind (x86_64)",
        )  # fmt: skip
        parser.add_argument(
            "--model", action="append", metavar="NAME", dest="models",
            help="whose nets are exported; may be given twice, for manage.py changemodel "
            "(else the stack's RecognitionModel, RECOGNITION_MODEL, the gallery's model, or sface)",
        )  # fmt: skip
        parser.add_argument("--keep", type=int, default=3, help="images that are kept (3)")
        parser.add_argument(
            "--web", action="store_true",
            help="web instances get the image, too: they are replaced, one at a time",
        )  # fmt: skip
        parser.add_argument(
            "--functions", action="store_true", help="make the functions' image, and use it"
        )
        parser.add_argument("--json", action="store_true", help="the result as JSON, last line")

    def handle(self, *args: object, **options: Unpack[Asked]) -> None:
        if options["keep"] < 1:
            raise CommandError("--keep must be at least 1: the image that is in use.")
        settings = get_settings()
        with told_to_operators(INTERRUPTED):
            try:
                self._bake(settings, options)
            except (BakeFailed, NoRelease) as error:
                raise CommandError(f"{error}\nThe builder was removed.") from None

    def _bake(self, settings: Settings, options: Asked) -> None:
        stack = Stack(aws.client("cloudformation", settings), settings.faceweb_id)
        state = _resting(stack, settings)
        release = committed()
        self.stdout.write(f"Release {release.version}, {len(release.archive) / 2**20:.1f} MiB")
        if release.leaves_out:
            words = f"{release.leaves_out} changed files are not committed, and not in the image."
            self.stdout.write(self.style.WARNING(words))
        with told() as report_progress:
            bakery = Bakery(
                aws.client("ec2", settings), aws.client("s3", settings), settings.faceweb_id,
                report_progress,
            )  # fmt: skip
            if options["functions"]:
                self._make_functions(bakery, stack, state, release, settings, options)
                return
            image, report = self._made(bakery, state, release, settings, options)
        self.stdout.write(
            f"Image {image}: model {report['model']}, a face found with "
            f"{report['probability']:.3f}, ready in {report['ready_seconds']:.1f} s, "
            f"Python {report['python']}"
        )
        used = {"AppImageId": image, **({"WebImageId": image} if options["web"] else {})}
        self._use(stack, state, used, settings)
        self.stdout.write(f"App instances are launched from {image} now.")
        pruned = self._prune(bakery, stack, options["keep"])
        if options["json"]:
            result = {"image": image, "version": release.version, "pruned": pruned, **report}
            self.stdout.write(json.dumps(result))

    def _made(
        self, bakery: Bakery, state: StackState, release: Release, settings: Settings,
        options: Asked,
    ) -> tuple[str, BuilderReport]:  # fmt: skip
        """The image's id and the builder's report."""
        with self._built(bakery, state, release, settings, options) as (builder, name, report):
            bakery.stop(builder, STOP_SECONDS)
            return bakery.keep(builder, name, release.version, BUILD_SECONDS), report

    def _make_functions(
        self, bakery: Bakery, stack: Stack, state: StackState, release: Release,
        settings: Settings, options: Asked,
    ) -> None:  # fmt: skip
        """Have a builder build and push the functions' image, and the functions use it."""
        with self._built(bakery, state, release, settings, options) as (_, _, report):
            image = report["image"]
        used = {"LambdaImageUri": image, "LambdaArchitecture": options["architecture"]}
        self._use(stack, state, used, settings)
        self.stdout.write(f"The functions run from {image} now, with the model {report['model']}.")
        if options["json"]:
            self.stdout.write(json.dumps({"image": image, "version": release.version}))

    @contextmanager
    def _built(
        self, bakery: Bakery, state: StackState, release: Release, settings: Settings,
        options: Asked,
    ) -> Iterator[tuple[str, str, BuilderReport]]:  # fmt: skip
        """A builder that has done its work: its id, the image's name, and its good report."""
        base_image = options["base_image"] or base.newest(options["architecture"], settings)
        if not options["functions"]:
            base.check(base_image, state.values, options["web"], settings)
        bucket = state.outputs["ReleasesBucket"]
        name = f"{settings.faceweb_id}-{release.version}-{time.strftime('%Y%m%d-%H%M%S')}"
        report_key = f"reports/{name}.json"
        aws.client("s3", settings).put_object(Bucket=bucket, Key=release.key, Body=release.archive)
        urls = signed_addresses(settings, bucket, release.key, report_key)
        plan = BuilderPlan(
            system=settings.faceweb_id,
            base_image=base_image,
            instance_type=state.values["AppInstanceType"],
            security_group=state.outputs["BuilderSecurityGroup"],
            subnet=state.values["SubnetIds"].split(",")[0].strip(),
            user_data=first_boot.user_data(
                version=release.version, models=options["models"] or [_model(state, settings)],
                **urls, **_more_for_the_builder(state, settings, options),
            ),
            profile=state.outputs["BuilderProfile"] if options["functions"] else "",
        )  # fmt: skip
        with bakery.builder(plan) as instance_id:
            self.stdout.write(f"Builder {instance_id}, from {plan.base_image}")
            yield instance_id, name, bakery.verdict(instance_id, bucket, report_key, BUILD_SECONDS)

    def _use(
        self, stack: Stack, state: StackState, used: Mapping[str, str], settings: Settings
    ) -> None:
        template = Template.ours(settings.aws_region)
        values = {**state.values, **used}
        seen = stack.seen()
        if proposed := stack.propose(template.rendered(values), values, creates=False):
            stack.carry_out(proposed)
            for event in stack.follow(seen):
                self.stdout.write(str(event))
        use_newest_version(stack.state().outputs, settings)

    def _prune(self, bakery: Bakery, stack: Stack, keep: int) -> list[str]:
        values = stack.state().values
        pruned = bakery.prune(keep, {values.get("AppImageId", ""), values.get("WebImageId", "")})
        for name in pruned:
            self.stdout.write(f"Deleted the old image {name}")
        return pruned


def _more_for_the_builder(state: StackState, settings: Settings, options: Asked) -> dict[str, str]:
    """What the build script is told beside the release."""
    if options["functions"]:
        return {
            "build": first_boot.FUNCTIONS,
            "REPOSITORY": state.outputs["FunctionsRepository"],
            "AWS_REGION": settings.aws_region,
        }
    agent = base.agent_url(options["architecture"], state.values, settings)
    return {"AGENT_URL": agent}


def _model(state: StackState, settings: Settings) -> str:
    """The model that instances will ask for: whose nets the image must have."""
    configured = state.values.get("RecognitionModel") or settings.recognition_model
    return configured or gallery_model(settings) or DEFAULT


def _resting(stack: Stack, settings: Settings) -> StackState:
    """Raises NotReady where there is no stack to bake for, or one of another version."""
    state = stack.state()
    if not state.exists or state.is_moving or not state.outputs:
        raise NotReady(
            f"The stack {stack.name} is {state.status.lower()}: run manage.py provision first."
        )
    template = Template.ours(settings.aws_region)
    if state.values.keys() != template.parameters.keys() or stack.text() != template.rendered(
        state.values
    ):
        raise NotReady("The stack is of another version: run manage.py provision first.")
    return state
