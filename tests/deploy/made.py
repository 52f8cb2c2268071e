"""What a template makes of parameters: its resources, with all that is known filled in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from deploy.stack.template import Template, Values

PLACE = {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource: its type, and its definition as JSON."""

    type: str
    definition: str

    @property
    def properties(self) -> Any:
        return json.loads(self.definition).get("Properties", {})


def made(template: Template, values: Values) -> dict[str, Resource]:
    """Logical id -> resource."""
    resources = json.loads(template.rendered(values))["Resources"]
    return {
        name: Resource(type=one["Type"], definition=json.dumps(_filled(one, values)))
        for name, one in resources.items()
    }


def _filled(part: Any, values: Values) -> Any:
    """A part with parameters filled in; other references stay."""
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Ref"} and part["Ref"] in values:
        return values[part["Ref"]]
    if set(part) == {"Fn::Sub"} and isinstance(part["Fn::Sub"], str):
        return {"Fn::Sub": _substituted(part["Fn::Sub"], values)}
    if set(part) == {"Fn::Sub"}:
        text, more = part["Fn::Sub"]
        return {"Fn::Sub": [_substituted(text, values), _filled(more, values)]}
    return {key: _filled(value, values) for key, value in part.items()}


def _substituted(text: str, values: Values) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
