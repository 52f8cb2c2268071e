"""Calls against policies: what is refused, what is never used."""

from __future__ import annotations

from collections.abc import Sequence

from tests.deploy.permissions.policies import Statement, wanted
from tests.deploy.permissions.recording import Call


def refused(
    calls: Sequence[Call], statements: Sequence[Statement], system: str, vpc: str
) -> list[tuple[str, str]]:
    """(action, ARN) of what the calls need and no statement allows."""
    found = {
        (action, arn)
        for call in calls
        for action, arn, context in _asked(call, system, vpc)
        if not any(one.allows(action, arn, context) for one in statements)
    }
    return sorted(found)


def allowed_but_unused(
    calls: Sequence[Call], statements: Sequence[Statement], system: str, vpc: str
) -> list[tuple[str, str, str]]:
    """(statement, action, resource) of what is allowed and none of the calls needs: each action on
    each resource, so that one bucket too many is noticed."""
    asked = [one for call in calls for one in _asked(call, system, vpc)]
    return [
        (statement.sid, action, name_of(resource))
        for statement in statements
        for action in statement.actions
        for resource in statement.resources
        if not any(
            wanted_action == action and statement.on(resource).allows(wanted_action, arn, context)
            for wanted_action, arn, context in asked
        )
    ]


def name_of(arn: str) -> str:
    """An ARN without partition, service, region and account."""
    return arn.split(":", 5)[-1]


def _asked(call: Call, system: str, vpc: str) -> list[tuple[str, str, object]]:
    return list(wanted(call.action, call.resource, call.tags.split(), system, vpc))  # type: ignore[arg-type]
