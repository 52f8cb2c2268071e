"""The CloudFormation template: put together from deploy/template/, and rendered for a stack. Pure.

A stack gets the resources that its parameters make and no others, as compact JSON: CloudFormation
takes 51,200 bytes in one call, and no condition is left for it to decide. For the same reason the
names of statements and the outputs' descriptions stay behind: they are for readers of the files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Required, TypedDict

import yaml

try:  # in C, ten times as quick: an operator waits for each command
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

from deploy.stack.hardening import Document, hardened
from deploy.stack.shorthand import NO_VALUE, parameter, with_condition, written_out
from foundation.config import PROJECT_DIRECTORY

TEMPLATES = PROJECT_DIRECTORY / "deploy" / "template"

WITHOUT_BUDGETS = frozenset(
    [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3",
        "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1",
        "mx-central-1", "us-gov-east-1", "us-gov-west-1",
    ]
)  # fmt: skip
"""Regions whose CloudFormation knows no AWS::Budgets::Budget, and refuses a template with one."""

Values = Mapping[str, str]
"""Parameter name -> value, as CloudFormation takes them."""


class ParameterRefused(Exception):
    """A parameter that the template does not have, or a value that it does not take."""


class Parameter(TypedDict, total=False):
    """What the template says of a parameter, as CloudFormation names it."""

    Type: Required[str]
    Default: str | int
    Description: str
    AllowedValues: list[str | int]
    AllowedPattern: str
    MinValue: float
    MaxValue: float


class _Loader(SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` is `{"Ref": "x"}`."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Document:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: object
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        value = text.split(".", 1) if suffix == "GetAtt" else text
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


class Template:
    """A template's document, its short forms written out."""

    def __init__(self, document: Document) -> None:
        self.document = document

    @classmethod
    def read(cls, text: str) -> Template:
        """The template of a text, YAML or JSON."""
        return cls(_read(text))

    @classmethod
    def ours(cls, region: str = "us-east-1") -> Template:
        """The template as this region takes it."""
        document: Document = {}
        for file in sorted(TEMPLATES.glob("*.yaml")):
            read = _read(file.read_text())
            read["Resources"] = with_condition(
                read.get("Resources", {}), read.pop("Condition", None)
            )
            for section, content in read.items():
                if isinstance(content, dict):
                    document.setdefault(section, {}).update(content)
                else:
                    document[section] = content
        if region in WITHOUT_BUDGETS:
            del document["Resources"]["MonthlyBudget"]
        parameters = document["Parameters"].items()
        document["Parameters"] = {name: parameter(short) for name, short in parameters}
        document["Resources"] = written_out(hardened(document["Resources"]))
        return cls(document)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Name -> Type, Default, Description, and what values are taken."""
        found: dict[str, Parameter] = self.document["Parameters"]
        return found

    def values(self, overrides: Values) -> dict[str, str]:
        """All parameters' values: the given ones, else the defaults. Raises ParameterRefused."""
        if unknown := sorted(overrides.keys() - self.parameters.keys()):
            raise ParameterRefused(
                f"The template has no parameter {', '.join(unknown)}; "
                f"it has {', '.join(sorted(self.parameters))}."
            )
        values = {}
        for name, about in self.parameters.items():
            if name not in overrides and "Default" not in about:
                raise ParameterRefused(f"{name} must be given: {about['Description']}.")
            values[name] = str(overrides.get(name, about.get("Default")))
            _check(name, values[name], about)
        return values

    def conditions(self, values: Values) -> Conditions:
        """The template's conditions under these values."""
        return Conditions(self.document.get("Conditions", {}), values)

    def rendered(self, values: Values) -> str:
        """The text of a stack with these values: its conditions decided, its parameters without
        what `values` has seen to."""
        conditions = self.conditions(values)
        rendered: Document = {
            section: {
                name: _decided(part, conditions)
                for name, part in content.items()
                if conditions.holds(part.get("Condition"))
            }
            if isinstance(content, dict)
            else content
            for section, content in self.document.items()
            if section != "Conditions"
        }
        for output in rendered["Outputs"].values():
            del output["Description"]
        rendered["Parameters"] = {
            name: {"Type": about["Type"]} for name, about in self.parameters.items()
        }
        return json.dumps(rendered, separators=(",", ":"))


def _check(name: str, value: str, about: Parameter) -> None:
    """Raises ParameterRefused, in words, before AWS would."""
    allowed = [str(one) for one in about.get("AllowedValues", ())]
    if allowed and value not in allowed:
        raise ParameterRefused(f"{name}={value!r} is none of {', '.join(map(repr, allowed))}.")
    pattern = about.get("AllowedPattern", ".*")
    if not re.fullmatch(pattern, value):
        raise ParameterRefused(f"{name}={value!r} is not of the form {pattern}.")
    if about["Type"] == "Number":
        _check_number(name, value, about)


def _check_number(name: str, value: str, about: Parameter) -> None:
    try:
        number = float(value)
    except ValueError:
        raise ParameterRefused(f"{name}={value!r} is not a number.") from None
    least, most = about.get("MinValue", number), about.get("MaxValue", number)
    if not least <= number <= most:
        raise ParameterRefused(f"{name}={value} is not from {least:g} to {most:g}.")


class Conditions:
    """The template's conditions under some values."""

    def __init__(self, definitions: Mapping[str, Document], values: Values) -> None:
        self._definitions, self._values = definitions, values

    def holds(self, name: str | None) -> bool:
        """Whether a condition holds; None always does."""
        return name is None or self._is(self._definitions[name])

    def _is(self, expression: Document) -> bool:
        ((operation, operands),) = expression.items()
        match operation:
            case "Fn::Equals":
                one, other = (str(self._value(operand)) for operand in operands)
                return one == other
            case "Fn::Not":
                return not self._is(operands[0])
            case "Fn::And":
                return all(self._is(operand) for operand in operands)
            case "Fn::Or":
                return any(self._is(operand) for operand in operands)
            case "Condition":
                return self.holds(operands)
            case _:
                raise ValueError(f"{operation} is not known in a condition")

    def _value(self, operand: object) -> object:
        return self._values[operand["Ref"]] if isinstance(operand, dict) else operand


def _read(text: str) -> Document:
    document: Document = yaml.load(text, Loader=_Loader)  # noqa: S506 # nosec B506 - a safe one
    return document


def _decided(part: object, conditions: Conditions) -> object:
    """A part of the template with its conditions decided."""
    if isinstance(part, list):
        decided = [_decided(one, conditions) for one in part]
        return [one for one in decided if one != NO_VALUE]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Fn::If"}:
        name, yes, no = part["Fn::If"]
        return _decided(yes if conditions.holds(name) else no, conditions)
    decided_parts = {
        key: _decided(value, conditions)
        for key, value in part.items()
        if not (key == "Condition" and isinstance(value, str)) and key != "Sid"
    }
    return {key: value for key, value in decided_parts.items() if value != NO_VALUE}
