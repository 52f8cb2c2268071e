"""The template's policies, and what they allow: IAM's rules as far as our policies use them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from deploy.stack.template import Template, Values

ACCOUNT, REGION = "123456789012", "us-east-1"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
ROLES = {
    "web": "WebRole",
    "app": "AppRole",
    "face-burst": "FaceBurstRole",
    "video-splitting": "VideoSplittingRole",
    "face-recognition": "FaceRecognitionRole",
}
"""Who calls (by the access key) -> the role that it has on AWS."""

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a role's policies, its resources as ARN patterns."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def on(self, resource: str) -> Statement:
        """The same, of one of its resources alone."""
        return replace(self, resources=(resource,))

    def allows(self, action: str, arn: str, context: Context) -> bool:
        return (
            any(fnmatchcase(action, pattern) for pattern in self.actions)
            and any(fnmatchcase(arn, pattern) for pattern in self.resources)
            and all(_holds(kind, tests, context) for kind, tests in self.conditions.items())
        )


def _holds(kind: str, tests: Mapping[str, Any], context: Context) -> bool:
    for key, wanted in tests.items():
        values = _listed(context.get(key, ()))
        allowed = [str(one) for one in _listed(wanted)]
        if kind == "ForAllValues:StringEquals":
            if not all(value in allowed for value in values):
                return False
        elif kind in ("StringEquals", "Bool", "ArnEquals"):
            if not any(value in allowed for value in values):
                return False
        else:
            raise ValueError(f"the condition {kind} is not known here")
    return True


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def statements_of(role: str, template: Template, values: Values) -> list[Statement]:
    """All statements of a role, of every policy of its."""
    resources = template.document["Resources"]
    resolver = _Resolver(resources, values, template)
    properties = resolver.resolved(resources[ROLES[role]]["Properties"])
    return [
        Statement(
            sid=statement["Sid"],
            actions=tuple(_listed(statement["Action"])),
            resources=tuple(_listed(statement["Resource"])),
            conditions=statement.get("Condition", {}),
        )
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement is not None
    ]


class _Resolver:
    """Fills references in with the names and ARNs that AWS would give."""

    def __init__(self, resources: dict[str, Any], values: Values, template: Template) -> None:
        self._resources, self._values = resources, values
        self._conditions = template.conditions(values)

    def resolved(self, part: Any) -> Any:
        if isinstance(part, list):
            return [self.resolved(one) for one in part]
        if not isinstance(part, dict):
            return part
        if set(part) == {"Fn::If"}:
            name, yes, no = part["Fn::If"]
            return self.resolved(yes if self._conditions.holds(name) else no)
        if set(part) == {"Ref"}:
            return self._reference(part["Ref"])
        if set(part) == {"Fn::GetAtt"}:
            return self._reference(".".join(part["Fn::GetAtt"]))
        if set(part) == {"Fn::Sub"}:
            return self._substituted(part["Fn::Sub"])
        if set(part) == {"Fn::Join"}:
            between, parts = part["Fn::Join"]
            return str(between).join(self.resolved(parts))
        if set(part) == {"Fn::Split"}:
            between, text = part["Fn::Split"]
            return self.resolved(text).split(between)
        return {key: self.resolved(value) for key, value in part.items()}

    def _substituted(self, text: Any) -> str:
        text, more = (text, {}) if isinstance(text, str) else text
        names = {name: self.resolved(value) for name, value in more.items()}
        return re.sub(
            r"\$\{([\w:.]+)\}",
            lambda found: str(names.get(found[1]) or self._reference(found[1])),
            text,
        )

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._values:
            return self._values[name]
        logical, _, attribute = name.partition(".")
        kind = self._resources[logical]["Type"]
        if kind == "AWS::EC2::LaunchTemplate":
            return "lt-1"
        return self._arn(logical, kind) if attribute == "Arn" else logical

    def _arn(self, logical: str, kind: str) -> str:
        properties = self._resources[logical].get("Properties", {})
        match kind:
            case "AWS::SQS::Queue":
                return arn("sqs", self.resolved(properties["QueueName"]))
            case "AWS::S3::Bucket":
                return f"arn:aws:s3:::{self.resolved(properties['BucketName'])}"
            case "AWS::Logs::LogGroup":
                return arn("logs", f"log-group:{self.resolved(properties['LogGroupName'])}:*")
            case "AWS::Lambda::Function":
                return arn("lambda", f"function:{self.resolved(properties['FunctionName'])}")
            case "AWS::IAM::Role":
                return f"arn:aws:iam::{ACCOUNT}:role/{logical}"
            case _:
                raise ValueError(f"the ARN of a {kind} is not known here")


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def wanted(
    action: str, resource: str, tags: Sequence[str], system: str, vpc: str
) -> Iterator[tuple[str, str, Context]]:
    """What AWS asks for when a call is made: (action, ARN, context), each of which must be
    allowed. EC2's own are by its table of actions and resources."""
    fleet = {"aws:ResourceTag/faceweb:fleet": system}
    service = action.partition(":")[0]
    if action == "ec2:RunInstances":
        yield from _launch(system, vpc)
    elif action == "ec2:CreateTags":
        yield action, arn("ec2", "instance/i-1"), {**fleet, "aws:TagKeys": list(tags)}
    elif action in ("ec2:AttachVolume", "ec2:AssociateAddress"):
        other = {"ec2:AttachVolume": "volume/DataVolume"}.get(action, "elastic-ip/WebElasticIp")
        yield action, arn("ec2", "instance/i-1"), {"aws:ResourceTag/faceweb:system": system}
        yield action, arn("ec2", other), {}
    elif action == "ec2:TerminateInstances":
        yield action, arn("ec2", "instance/i-1"), fleet
    elif service == "sqs":
        yield action, arn("sqs", resource), {}
    elif service == "s3":
        yield action, f"arn:aws:s3:::{resource}", {}
    elif service == "lambda":
        yield action, arn("lambda", f"function:{resource}"), {}
    elif service == "ssm":
        yield action, arn("ssm", f"parameter{resource}"), {}
    elif service == "logs":
        yield action, arn("logs", f"log-group:/{system}/journal:*"), {}
    elif service == "cloudwatch":
        yield action, "*", {"cloudwatch:namespace": resource}
    else:
        yield action, "*", {}


def _launch(system: str, vpc: str) -> Iterator[tuple[str, str, Context]]:
    run = "ec2:RunInstances"
    template = arn("ec2", "launch-template/lt-1")
    by_template = {"ec2:LaunchTemplate": template, "ec2:IsLaunchTemplateResource": "true"}
    tag = {"aws:RequestTag/faceweb:fleet": system}
    yield run, template, {}
    yield run, f"arn:aws:ec2:{REGION}::image/ami-1", by_template
    for kind in ("security-group/sg-1", "volume/*", "network-interface/*"):
        yield run, arn("ec2", kind), by_template
    yield run, arn("ec2", "instance/*"), {**by_template, **tag}
    yield run, arn("ec2", "subnet/subnet-1"), {"ec2:Vpc": arn("ec2", f"vpc/{vpc}")}
    yield "ec2:CreateTags", arn("ec2", "instance/*"), {"ec2:CreateAction": "RunInstances"}
    role = f"arn:aws:iam::{ACCOUNT}:role/AppRole"
    yield "iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"}
