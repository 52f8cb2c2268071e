"""`manage.py bakeami`: make the image of instances, or of functions, and have it used."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import color_style

from deploy.image import base, first_boot
from deploy.image.builder import BakeFailed, Bakery, BuilderPlan, BuilderReport, Report
from deploy.image.release import NoRelease, committed, signed_addresses
from deploy.management.asking import add_yes
from deploy.management.errors import translate_errors
from deploy.management.waiting import progress
from deploy.stack.cloudformation import Stack, StackState
from deploy.stack.finishing import use_newest_version
from deploy.stack.preflight import NotReady
from deploy.stack.template import Template
from foundation import aws
from foundation.config import Settings, get_settings
from recognition.registry.model_choice import DEFAULT
from workers.gallery_model import gallery_model

INTERRUPTED = "Interrupted: the builder was removed, and nothing else was changed."
STOP_SECONDS, BUILD_SECONDS = 180.0, 2400.0


class Options(TypedDict):
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

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        """Make the image. The builder is removed, whatever fails. Raises CommandError."""
        if options["keep"] < 1:
            raise CommandError("--keep must be at least 1: the image that is in use.")
        with translate_errors(INTERRUPTED):
            try:
                made = _Baking(get_settings(), options, self.stdout.write).run()
            except (BakeFailed, NoRelease) as error:
                raise CommandError(f"{error}\nThe builder was removed.") from None
        if options["json"]:
            self.stdout.write(json.dumps(made))


class _Baking:
    """One run of the command: a builder is launched, and what it made is used."""

    def __init__(self, settings: Settings, options: Options, say: Callable[[str], object]) -> None:
        self._settings, self._options, self._say = settings, options, say
        self._stack = Stack(aws.client("cloudformation", settings), settings.faceweb_id)
        self._state = _resting(self._stack, settings)
        self._release = committed()

    def _bakery(self, report: Report = lambda _: None) -> Bakery:
        ec2, s3 = aws.client("ec2", self._settings), aws.client("s3", self._settings)
        return Bakery(ec2, s3, self._settings.faceweb_id, report)

    def run(self) -> dict[str, object]:
        """What was made, for --json."""
        release = self._release
        self._say(f"Release {release.version}, {len(release.archive) / 2**20:.1f} MiB")
        if release.leaves_out:
            words = f"{release.leaves_out} changed files are not committed, and not in the image."
            self._say(color_style().WARNING(words))
        return self._functions() if self._options["functions"] else self._image()

    def _image(self) -> dict[str, object]:
        """Have instances launched from a new image."""
        with self._built() as (bakery, builder, name, report):
            bakery.stop(builder, STOP_SECONDS)
            image = bakery.keep(builder, name, self._release.version, BUILD_SECONDS)
        self._say(
            f"Image {image}: model {report['model']}, a face found with "
            f"{report['probability']:.3f}, ready in {report['ready_seconds']:.1f} s, "
            f"Python {report['python']}"
        )
        self._use({"AppImageId": image, **({"WebImageId": image} if self._options["web"] else {})})
        self._say(f"App instances are launched from {image} now.")
        values = self._stack.state().values
        in_use = {values.get("AppImageId", ""), values.get("WebImageId", "")}
        pruned = self._bakery().prune(self._options["keep"], in_use)
        for name in pruned:
            self._say(f"Deleted the old image {name}")
        return {"image": image, "version": self._release.version, "pruned": pruned, **report}

    def _functions(self) -> dict[str, object]:
        """Have a builder build and push the functions' image, and the functions use it."""
        with self._built() as (_, _, _, report):
            image = report["image"]
        self._use({"LambdaImageUri": image, "LambdaArchitecture": self._options["architecture"]})
        self._say(f"The functions run from {image} now, with the model {report['model']}.")
        return {"image": image, "version": self._release.version}

    @contextmanager
    def _built(self) -> Iterator[tuple[Bakery, str, str, BuilderReport]]:
        """A builder that has done its work: its bakery, its id, the image's name, and its good
        report."""
        settings, options = self._settings, self._options
        state, release = self._state, self._release
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
                version=release.version, models=options["models"] or [self._model()],
                **urls, **self._more_for_the_builder(),
            ),
            profile=state.outputs["BuilderProfile"] if options["functions"] else "",
        )  # fmt: skip
        with progress() as report:
            bakery = self._bakery(report)
            with bakery.builder(plan) as builder:
                self._say(f"Builder {builder}, from {plan.base_image}")
                verdict = bakery.verdict(builder, bucket, report_key, BUILD_SECONDS)
                yield bakery, builder, name, verdict

    def _more_for_the_builder(self) -> dict[str, str]:
        """The build script's variables beside the release's."""
        if self._options["functions"]:
            return {
                "build": first_boot.FUNCTIONS,
                "REPOSITORY": self._state.outputs["FunctionsRepository"],
                "AWS_REGION": self._settings.aws_region,
            }
        architecture = self._options["architecture"]
        return {"AGENT_URL": base.agent_url(architecture, self._state.values, self._settings)}

    def _model(self) -> str:
        """The model that instances will ask for: whose nets the image must have."""
        stacks = self._state.values.get("RecognitionModel")
        configured = stacks or self._settings.recognition_model
        return configured or gallery_model(self._settings) or DEFAULT

    def _use(self, used: Mapping[str, str]) -> None:
        values = {**self._state.values, **used}
        text = Template.ours(self._settings.aws_region).rendered(values)
        if proposed := self._stack.propose(text, values, creates=False):
            for event in self._stack.carry_out(proposed):
                self._say(str(event))
        use_newest_version(self._stack.state().outputs, self._settings)


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
