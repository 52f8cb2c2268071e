"""Run by the environment of `make posture`: statements come in, what AWS does not know goes out.

policy_sentry brings the service authorization reference along, so nothing is fetched.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.arns import get_raw_arns_for_service


def faults(statement: dict[str, Any]) -> list[str]:
    """What is wrong with one statement: no such action, or not on such a resource."""
    found = []
    for action in statement["actions"]:
        service, _, name = action.partition(":")
        data = get_action_data(service, name)
        if not data:
            found.append(f"{statement['sid']}: AWS has no action {action}")
            continue
        kinds = [one["resource_arn_format"] for one in data[service]]
        if not any(fits(resource, kind) for resource in statement["resources"] for kind in kinds):
            found.append(f"{statement['sid']}: {action} is on none of {statement['resources']}")
    return found


def fits(resource: str, kind: str) -> bool:
    """Whether an ARN, perhaps with `*`, can be of a kind such as arn:...:instance/${InstanceId}."""
    kind = re.sub(r"\$\{[^}]*\}", "*", kind)
    if "*" in (resource, kind):
        return resource == "*"
    ours, theirs = resource.split(":", 5), kind.split(":", 5)
    return ours[2] == theirs[2] and overlap(ours[5], theirs[5])


@cache
def overlap(one: str, other: str) -> bool:
    """Whether some text is of both patterns, in which `*` is any text."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return one[0] == other[0] and overlap(one[1:], other[1:])


def main() -> None:
    sys.setrecursionlimit(10_000)
    assert get_raw_arns_for_service("s3")  # the reference is there
    wrong = [one for statement in json.load(sys.stdin) for one in faults(statement)]
    json.dump(sorted(set(wrong)), sys.stdout)


if __name__ == "__main__":
    main()
