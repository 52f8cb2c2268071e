"""The CloudFormation template as data: its parameters, and what resources they make. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from foundation.config import PROJECT_DIRECTORY

TEMPLATE = PROJECT_DIRECTORY / "deploy" / "template.yaml"

WITHOUT_BUDGETS = frozenset(
    [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3",
        "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1",
        "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1",
        "mx-central-1", "us-gov-east-1", "us-gov-west-1",
    ]
)  # fmt: skip
"""Regions whose CloudFormation knows no AWS::Budgets::Budget, and refuses a template with one."""

BUDGET = re.compile(r"^  MonthlyBudget:\n(?:    .*\n|\n)*", re.MULTILINE)

Values = Mapping[str, str]
"""Parameter name -> value, as CloudFormation takes them."""


class ParameterRefused(Exception):
    """A parameter that the template does not have, or a value that it does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource: its type, and its definition with all that is known filled in."""

    type: str
    definition: str


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` is `{"Ref": "x"}`."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


class Template:
    """A template's text, read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._document: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 # nosec B506 - a safe one

    @classmethod
    def ours(cls, region: str = "us-east-1") -> Template:
        """The template as this region takes it."""
        text = TEMPLATE.read_text()
        return cls(BUDGET.sub("", text) if region in WITHOUT_BUDGETS else text)

    @property
    def document(self) -> dict[str, Any]:
        """All of it, short forms written out."""
        return self._document

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """Name -> Type, Default, Description, and what values are taken."""
        found: dict[str, dict[str, Any]] = self._document["Parameters"]
        return found

    def values(self, given: Values) -> dict[str, str]:
        """All parameters' values: the given ones, else the defaults. Raises ParameterRefused."""
        if unknown := sorted(given.keys() - self.parameters.keys()):
            raise ParameterRefused(
                f"The template has no parameter {', '.join(unknown)}; "
                f"it has {', '.join(sorted(self.parameters))}."
            )
        values = {}
        for name, about in self.parameters.items():
            if name not in given and "Default" not in about:
                raise ParameterRefused(f"{name} must be given: {about['Description']}.")
            values[name] = str(given.get(name, about.get("Default")))
            _check(name, values[name], about)
        return values

    def conditions(self, values: Values) -> Conditions:
        """The template's conditions under these values."""
        return Conditions(self._document.get("Conditions", {}), values)

    def resources(self, values: Values) -> dict[str, Resource]:
        """Logical id -> resource, of those that these values make."""
        conditions = self.conditions(values)
        return {
            name: Resource(
                type=definition["Type"],
                definition=json.dumps(_filled(definition, values, conditions), sort_keys=True),
            )
            for name, definition in self._document["Resources"].items()
            if conditions.holds(definition.get("Condition"))
        }


def _check(name: str, value: str, about: Mapping[str, Any]) -> None:
    """Raises ParameterRefused, in words, before AWS would."""
    allowed = [str(one) for one in about.get("AllowedValues", ())]
    if allowed and value not in allowed:
        raise ParameterRefused(f"{name}={value!r} is none of {', '.join(map(repr, allowed))}.")
    pattern = about.get("AllowedPattern", ".*")
    if not re.fullmatch(pattern, value):
        raise ParameterRefused(f"{name}={value!r} is not of the form {pattern}.")
    if about["Type"] == "Number":
        _check_number(name, value, about)


def _check_number(name: str, value: str, about: Mapping[str, Any]) -> None:
    try:
        number = float(value)
    except ValueError:
        raise ParameterRefused(f"{name}={value!r} is not a number.") from None
    least, most = about.get("MinValue", number), about.get("MaxValue", number)
    if not least <= number <= most:
        raise ParameterRefused(f"{name}={value} is not from {least:g} to {most:g}.")


class Conditions:
    """The template's conditions under some values."""

    def __init__(self, definitions: Mapping[str, object], values: Values) -> None:
        self._definitions, self._values = definitions, values

    def holds(self, name: str | None) -> bool:
        return name is None or self._is(self._definitions[name])

    def _is(self, expression: Any) -> bool:
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

    def _value(self, operand: object) -> Any:
        return self._values[operand["Ref"]] if isinstance(operand, dict) else operand


def _filled(part: object, values: Values, conditions: Conditions) -> Any:
    """A part of a definition with parameters and conditions filled in; other references stay."""
    if isinstance(part, list):
        return [_filled(one, values, conditions) for one in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Ref"} and part["Ref"] in values:
        return values[part["Ref"]]
    if set(part) == {"Fn::If"}:
        name, yes, no = part["Fn::If"]
        return _filled(yes if conditions.holds(name) else no, values, conditions)
    if set(part) == {"Fn::Sub"} and isinstance(part["Fn::Sub"], str):
        return {"Fn::Sub": _substituted(part["Fn::Sub"], values)}
    if set(part) == {"Fn::Sub"}:
        text, more = part["Fn::Sub"]
        return {"Fn::Sub": [_substituted(text, values), _filled(more, values, conditions)]}
    return {key: _filled(value, values, conditions) for key, value in part.items()}


def _substituted(text: str, values: Values) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
