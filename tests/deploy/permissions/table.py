"""Calls against policies: what is refused, what is never used."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.call_recorder import Call
from tests.deploy.permissions.policies import Statement, wanted


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
) -> list[tuple[str, str]]:
    """(statement, action) of what is allowed and none of the calls needs."""
    asked = [one for call in calls for one in _asked(call, system, vpc)]
    return [
        (statement.sid, action)
        for statement in statements
        for action in statement.actions
        if not any(
            wanted_action == action and statement.allows(wanted_action, arn, context)
            for wanted_action, arn, context in asked
        )
    ]


def _asked(call: Call, system: str, vpc: str) -> list[tuple[str, str, object]]:
    return list(wanted(call.action, call.resource, call.tags.split(), system, vpc))  # type: ignore[arg-type]
