"""What moto's CloudFormation leaves out: parameters within `Fn::Sub`, and what a change set tells.

No system on this machine has a stack: only the tests of `deploy/` make one in the emulator.

moto looks for parameters in `Ref` alone, and leaves such resources as they were. Its change sets
tell nothing of a resource whose parameter alone changes, nor what is replaced.
Upstream: docs/upstream/moto-stack-updates-ignore-fn-sub.md.
"""

import re
from collections.abc import Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from moto.cloudformation import models, parsing
from moto.ec2.models.route_tables import RouteTable

SUB = "Fn::Sub"
NAME = re.compile(r"\$\{(\w+)\}")

CREATE_ONLY = {
    "AWS::AutoScaling::AutoScalingGroup": ("AutoScalingGroupName",),
    "AWS::EC2::EIP": ("Domain",),
    "AWS::EC2::SecurityGroup": ("GroupDescription", "VpcId"),
    "AWS::EC2::Volume": ("AvailabilityZone", "SnapshotId", "Encrypted"),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::RDS::DBInstance": ("StorageEncrypted", "DBSubnetGroupName", "DBInstanceIdentifier"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SQS::Queue": ("QueueName",),
}
"""Properties that AWS can't change: a resource with another value is a new one."""

_by_ref = parsing.get_references_from_template


def references(template: dict[str, object]) -> list[str]:
    """Names of parameters and resources that a part of a template refers to."""
    return [*_by_ref(template), *_in_texts(template)]


def _in_texts(part: object) -> list[str]:
    if isinstance(part, list):
        return [name for one in part for name in _in_texts(one)]
    if not isinstance(part, dict):
        return []
    found = [name for value in part.values() for name in _in_texts(value)]
    if SUB in part:
        text = part[SUB] if isinstance(part[SUB], str) else part[SUB][0]
        found += NAME.findall(text)
    return found


class Change:
    """One resource's change, as moto's answer to DescribeChangeSet has it."""

    def __init__(self, action: str, name: str, kind: str, is_replaced: bool) -> None:
        self.action, self.logical_resource_id, self.resource_type = action, name, kind
        self.replacement = str(is_replaced) if action == "Modify" else None


def changes(change_set: models.ChangeSet) -> list[Change]:
    """What a change set would do, with what parameters alone change, and what is replaced."""
    resources = change_set.stack.resource_map
    old, new = resources._resource_json_map, change_set.template_dict["Resources"]
    by_action = resources.build_resource_diff(change_set.template_dict, change_set.parameters)
    changed = {
        name for name, value in change_set.parameters.items()
        if resources.input_parameters.get(name) != value
    }  # fmt: skip
    return [
        Change(
            action,
            name,
            (old if action == "Remove" else new)[name]["Type"],
            action == "Modify" and _is_replaced(old[name], new[name], changed),
        )
        for action, names in by_action.items()
        for name in names
    ]


def _is_replaced(old: Mapping[str, Any], new: Mapping[str, Any], changed: set[str]) -> bool:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    return any(
        before.get(name) != after.get(name) or changed & set(references({"a": after.get(name)}))
        for name in CREATE_ONLY.get(new["Type"], ())
    )


_executed = models.CloudFormationBackend.execute_change_set


def execute(
    backend: models.CloudFormationBackend, change_set_name: str, stack_name: str | None = None
) -> None:
    """Carry a change set out, and have the stack tell its new parameters and outputs."""
    _executed(backend, change_set_name, stack_name)
    done = backend.describe_change_set(change_set_name)
    if done is None:
        return
    stack = done.stack
    stack._parse_template()
    stack.parameters = done.parameters
    stack.output_map = stack._create_output_map()


def delete_route_table(table: RouteTable, *_: str) -> None:
    """Delete a stack's route table, which moto leaves, and so its network."""
    table.associations.clear()
    table.ec2_backend.delete_route_table(table.id)


def with_stack_updates(application: WSGIApplication) -> WSGIApplication:
    """The emulator's application, for EMULATOR_MIDDLEWARE. moto is changed in this process."""
    RouteTable.delete = delete_route_table  # type: ignore[attr-defined]
    parsing.get_references_from_template = references
    models.ChangeSet.diff = changes  # type: ignore[assignment]
    models.CloudFormationBackend.execute_change_set = execute  # type: ignore[assignment,method-assign]
    return application
