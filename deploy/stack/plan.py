"""What an update would add, change and remove. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.stack.template import Resource, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Logical ids with their types, and parameters whose values change (before, after)."""

    added: Mapping[str, str]
    changed: Mapping[str, str]
    removed: Mapping[str, str]
    parameters: Mapping[str, tuple[str, str]]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed or self.parameters)


def plan_of(
    before: Mapping[str, Resource],
    after: Mapping[str, Resource],
    values_before: Values,
    values_after: Values,
) -> Plan:
    """The difference of two states of one stack."""
    return Plan(
        added=_types(after, after.keys() - before.keys()),
        removed=_types(before, before.keys() - after.keys()),
        changed=_types(
            after, {name for name in after.keys() & before.keys() if after[name] != before[name]}
        ),
        parameters={
            name: (values_before.get(name, ""), value)
            for name, value in values_after.items()
            if before and values_before.get(name, "") != value
        },
    )


def _types(resources: Mapping[str, Resource], names: set[str]) -> dict[str, str]:
    return {name: resources[name].type for name in sorted(names)}


def in_lines(plan: Plan) -> list[str]:
    """The plan for people: what will be added (+), changed (~) and removed (-)."""
    lines = [f"  {name}: {old!r} -> {new!r}" for name, (old, new) in plan.parameters.items()]
    for mark, resources in (("+", plan.added), ("~", plan.changed), ("-", plan.removed)):
        lines += [f"  {mark} {kind:<34} {name}" for name, kind in resources.items()]
    lines.append(
        f"{len(plan.added)} to add, {len(plan.changed)} to change, {len(plan.removed)} to remove."
    )
    return lines
