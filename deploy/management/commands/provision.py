"""`manage.py provision`: make the system on AWS, or bring it to what is asked for."""

import json
from collections.abc import Iterable
from typing import TypedDict, Unpack

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deploy.management.asking import add_yes, confirmed
from deploy.management.errors import translate_errors
from deploy.stack import finishing, preflight, prices
from deploy.stack.change_set import ChangeSet, in_lines
from deploy.stack.cloudformation import Stack, StackEvent, StackState
from deploy.stack.template import ParameterRefused, Template
from foundation import aws
from foundation.config import Settings, get_settings

ENVIRONMENT_FILE = "web.environment"

INTERRUPTED = (
    "Interrupted. AWS goes on by itself with what was begun: run the same command again to watch "
    "it, or manage.py deprovision to remove it."
)


class Options(TypedDict):
    yes: bool
    parameter: list[str]
    dry_run: bool
    json: bool


class Command(BaseCommand):
    help = (
        "Make the whole system on AWS (queues, buckets, roles, launch template, web instance, "
        "video functions, alarms), or bring it to the given parameters. Shows what CloudFormation "
        "will add, change, replace and remove, what is lost by it and what it costs, asks, and "
        "follows AWS until it is done. Running it again changes nothing. The parameters, each with "
        "its meaning, are in deploy/template/parameters.yaml; those that are not given keep the "
        "values they have."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_yes(parser)
        parser.add_argument(
            "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
            help="a parameter of the template; may be given several times",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="show, and change nothing")
        parser.add_argument("--json", action="store_true", help="the result as JSON, last line")

    def handle(self, *args: object, **options: Unpack[Options]) -> None:
        settings = get_settings()
        with translate_errors(INTERRUPTED):
            self._provision(settings, options)

    def _provision(self, settings: Settings, options: Options) -> None:
        aws.client("sts", settings).get_caller_identity()  # no credentials: say so first
        stack = Stack(aws.client("cloudformation", settings), settings.faceweb_id)
        state = self._at_rest(stack)
        template = Template.ours(settings.aws_region)
        values = _values(template, state, _parsed(options["parameter"]), settings)
        costs = prices.estimate(values)
        self._check(template, values, state, settings)
        if not options["dry_run"]:
            finishing.make_missing(settings)
        proposed = stack.propose(template.rendered(values), values, creates=not state.exists)
        changes = proposed.changes if proposed else ()
        lines = in_lines(changes, state.values, values)
        self.stdout.write("\n".join([f"Stack {stack.name}:", *lines]))
        self.stdout.write(prices.in_words(costs, settings.aws_region))
        if proposed:
            self._decide(stack, proposed, options)
        if options["dry_run"]:
            self.stdout.write("Nothing was changed (--dry-run).")
        outputs = {} if options["dry_run"] else self._finish(stack, settings)
        if options["json"]:
            self._write_json(stack, proposed, costs, outputs)

    def _decide(self, stack: Stack, proposed: ChangeSet, options: Options) -> None:
        """Carry the change out, or leave no trace of it."""
        is_wanted = False
        try:
            if not options["dry_run"] and not options["yes"]:
                confirmed('Go on? Type "yes": ', "yes")
            is_wanted = not options["dry_run"]
        finally:
            if not is_wanted:
                stack.withdraw(proposed)
        if is_wanted:
            self._tell(stack.carry_out(proposed))

    def _at_rest(self, stack: Stack) -> StackState:
        """The stack once nobody is changing it: a run that was interrupted is watched on."""
        state = stack.state()
        if state.is_moving:
            self.stdout.write(f"The stack {stack.name} is {state.status}: watching that first.")
            self._tell(stack.follow(set()))
            state = stack.state()
        if way_out := stack.way_out(state.status):
            raise CommandError(f"The stack {stack.name} is {state.status}. {way_out}")
        return state

    def _check(
        self, template: Template, values: dict[str, str], state: StackState, settings: Settings
    ) -> None:
        preflight.check_https(values)
        preflight.check_certificate(values)
        preflight.check_data_zone(state.values, values)
        preflight.check_images(values, settings)
        preflight.check_spot_role(values, settings)
        if not state.exists:
            preflight.check_names_are_free(template, values, settings)
        if warning := preflight.quota_warning(values, settings):
            self.stdout.write(self.style.WARNING(warning))

    def _tell(self, events: Iterable[StackEvent]) -> None:
        for event in events:
            self.stdout.write(str(event))
            self.stdout.flush()

    def _finish(self, stack: Stack, settings: Settings) -> dict[str, str]:
        """What CloudFormation leaves to us: the template's default version, the settings' file."""
        outputs = stack.state().outputs
        finishing.use_newest_version(outputs, settings)
        path = settings.var_dir / ENVIRONMENT_FILE
        finishing.write_environment(outputs["WebEnvironment"], path, settings)
        self.stdout.write(f"The stack {stack.name} is as asked for.")
        self.stdout.write(f"Settings of the web tier: {path}")
        if outputs.get("DomainPointsAt"):  # a stack without a web instance has no address
            self.stdout.write(
                f"Have {stack.state().values['DomainName']} point at {outputs['DomainPointsAt']}."
            )
        if "WebAddress" in outputs:
            self.stdout.write(f"Web tier: {outputs['WebAddress']}")
        if not stack.state().values.get("AppImageId"):
            self.stdout.write("There is no image yet: manage.py bakeami makes one.")
        return outputs

    def _write_json(
        self, stack: Stack, proposed: ChangeSet | None, costs: prices.Estimate,
        outputs: dict[str, str],
    ) -> None:  # fmt: skip
        added, changed, removed = (
            proposed.names(action) if proposed else [] for action in ("Add", "Modify", "Remove")
        )
        result = {
            "stack": stack.name,
            "status": stack.state().status,
            "added": added,
            "changed": changed,
            "removed": removed,
            "replaced": proposed.replaced if proposed else [],
            "dollars_per_hour": {"idle": round(costs.idle, 4), "busy": round(costs.busy, 4)},
            "outputs": outputs,
        }
        self.stdout.write(json.dumps(result))


def _parsed(parameters: list[str]) -> dict[str, str]:
    """Raises ParameterRefused."""
    overrides = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals:
            raise ParameterRefused(f"{text!r} is not NAME=VALUE.")
        overrides[name] = value
    return overrides


def _values(
    template: Template, state: StackState, overrides: dict[str, str], settings: Settings
) -> dict[str, str]:
    """What is given, over what the stack has, over what our settings say, over the defaults."""
    if overrides.get("FacewebId", settings.faceweb_id) != settings.faceweb_id:
        raise ParameterRefused("The prefix is FACEWEB_ID's: set that instead of FacewebId.")
    kept = {name: value for name, value in state.values.items() if name in template.parameters}
    needs_network = not {"VpcId", "SubnetIds"} <= (kept | overrides).keys()
    default = str(template.parameters["AppInstanceType"]["Default"])
    instance_type = {**kept, **overrides}.get("AppInstanceType", default)
    found = preflight.network(settings, instance_type) if needs_network else {}
    ours = {
        "FacewebId": settings.faceweb_id,
        "VisibilityTimeoutSeconds": str(settings.visibility_timeout_seconds),
        "MaxReceiveCount": str(settings.max_receive_count),
        "ReceiveWaitSeconds": str(settings.receive_wait_seconds),
    }
    values = template.values({**found, **ours, **kept, **overrides})
    more = preflight.more_of_the_network(values, settings)
    return template.values({**values, **more, **overrides})
