"""The stack as CloudFormation has it: looked at, changed by change sets, removed, followed."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from botocore.exceptions import ClientError

from deploy.stack.change_set import ChangeSet, change_of
from deploy.stack.late import settled
from deploy.stack.template import Values
from foundation.aws.typed import (
    CloudFormationClient,
    DescribeChangeSetOutputTypeDef,
    StackEventTypeDef,
)

FOLLOW_SECONDS = 2.0
QUIET_LOOKS = 30
"""The number of looks within which a begun change shows its first event."""
CHANGE_SET_LOOKS = 300
"""Ten minutes, of which CloudFormation takes less than one."""

GONE = "GONE"
REMOVE = "Remove it with manage.py deprovision, and provision again."
WAYS_OUT = {
    "ROLLBACK_COMPLETE": f"It could not be made, and no update mends it. {REMOVE}",
    "ROLLBACK_FAILED": f"It could not be made, and not all of it could be removed. {REMOVE}",
    "CREATE_FAILED": f"It could not be made, and no update mends it. {REMOVE}",
    "DELETE_FAILED": "Some of it could not be removed: {failed}. Run manage.py deprovision again.",
    "UPDATE_ROLLBACK_FAILED": (
        "An update failed, and so did the way back, at: {failed}. Mend what that says, and run "
        "`aws cloudformation continue-update-rollback --stack-name {stack}`. With "
        "`--resources-to-skip NAME` it leaves one alone. Then provision again."
    ),
    "UPDATE_FAILED": (
        "An update failed, and nobody rolled it back, at: {failed}. Run `aws cloudformation "
        "rollback-stack --stack-name {stack}`, then provision again."
    ),
}
"""States that no update gets a stack out of, and what does."""

NOTHING_CHANGES = ("didn't contain changes", "No updates are to be performed")


class StackFailed(Exception):
    """The stack did not become what was asked for; the text has AWS's own first reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """A stack as it is now. `status` is GONE where there is none."""

    status: str
    values: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def has_name(self) -> bool:
        """Whether a stack has the name, and if it is one whose making was only proposed."""
        return self.status not in (GONE, "DELETE_COMPLETE")

    @property
    def exists(self) -> bool:
        """Whether there is a stack that was made, or is being made."""
        return self.has_name and self.status != "REVIEW_IN_PROGRESS"

    @property
    def is_moving(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """One line of the stack's history."""

    id: str
    at: datetime
    status: str
    type: str
    name: str
    reason: str

    @property
    def is_failure(self) -> bool:
        """Whether the event says that a step failed."""
        return self.status.endswith("_FAILED")

    def __str__(self) -> str:
        line = f"{self.at:%H:%M:%S}  {self.status:<28} {self.type:<34} {self.name}"
        return f"{line}  {self.reason}" if self.reason else line


class Stack:
    """One stack by name. Every method raises botocore's errors."""

    def __init__(
        self, client: CloudFormationClient, name: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client, self.name, self._sleep = client, name, sleep

    def state(self) -> StackState:
        """The stack as it is now; GONE where there is none."""
        try:
            found = self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return StackState(status=GONE)
            raise
        return StackState(
            status=found["StackStatus"],
            values={
                p["ParameterKey"]: _one_text(p["ParameterValue"])
                for p in found.get("Parameters", ())
            },
            outputs={o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
            reason=found.get("StackStatusReason", ""),
        )

    def text(self) -> str:
        """The template that the stack was made from."""
        body = self._client.get_template(StackName=self.name)["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))

    def propose(self, text: str, values: Values, *, creates: bool) -> ChangeSet | None:
        """What CloudFormation would do, all of it; None where there is nothing. Raises StackFailed.

        It leaves a name under review where there is no stack, which `withdraw` removes. What
        CloudFormation refuses, or finds without a change, leaves nothing.
        """
        made = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"faceweb-{uuid.uuid4().hex[:12]}",
            ChangeSetType="CREATE" if creates else "UPDATE",
            TemplateBody=text,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
            Capabilities=["CAPABILITY_IAM"],
            Tags=[{"Key": "faceweb:system", "Value": self.name}],
        )
        found = self._described(made["Id"])
        if found["Status"] == "FAILED":
            self.withdraw(ChangeSet(id=made["Id"], changes=(), creates=creates))
            reason = found.get("StatusReason", "")
            if any(words in reason for words in NOTHING_CHANGES):
                return None
            raise StackFailed(f"CloudFormation refuses this change of {self.name}: {reason}")
        pages = self._client.get_paginator("describe_change_set").paginate(
            ChangeSetName=made["Id"], StackName=self.name
        )
        changes = [change_of(one) for page in pages for one in page.get("Changes", ())]
        return ChangeSet(id=made["Id"], changes=changes, creates=creates)

    def _described(self, change_set: str) -> DescribeChangeSetOutputTypeDef:
        """The change set once CloudFormation has made it. Raises StackFailed."""
        look = partial(self._client.describe_change_set, StackName=self.name)
        for _ in range(CHANGE_SET_LOOKS):
            found = settled(partial(look, ChangeSetName=change_set))
            if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                return found
            self._sleep(FOLLOW_SECONDS)
        raise StackFailed(f"CloudFormation does not say what would change in {self.name}.")

    def carry_out(self, change_set: ChangeSet) -> Iterator[StackEvent]:
        """Update the stack, with its events as they come. Raises StackFailed."""
        seen = self._event_ids()
        self._client.execute_change_set(ChangeSetName=change_set.id, StackName=self.name)
        yield from self.follow(seen)

    def withdraw(self, change_set: ChangeSet) -> None:
        """Leave everything as it was before it was proposed."""
        self._client.delete_change_set(ChangeSetName=change_set.id, StackName=self.name)
        if change_set.creates:
            self._client.delete_stack(StackName=self.name)

    def way_out(self, status: str) -> str:
        """What an operator can do about a stack that no update mends; empty for any other."""
        words = WAYS_OUT.get(status, "")
        failed = {one.name: one.reason for one in self.events() if one.is_failure} if words else {}
        reasons = "; ".join(f"{name} ({reason})" for name, reason in failed.items())
        return words.format(stack=self.name, failed=reasons or "see its events")

    def resources(self, kind: str, *, and_gone: bool = False) -> list[str]:
        """Physical ids of the stack's resources of a type.

        CloudFormation lists those of a failed stack, too, that it has removed already.
        """
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return [
            one["PhysicalResourceId"]
            for page in pages
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind and one.get("PhysicalResourceId")
            if and_gone or one["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def remove(self) -> Iterator[StackEvent]:
        """Remove the stack, with its events as they come. Raises StackFailed."""
        seen = self._event_ids()
        self._client.delete_stack(StackName=self.name)
        yield from self.follow(seen)

    def events(self) -> list[StackEvent]:
        """All events, oldest first; none of a stack that is not there (any more)."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=self.name)
        try:
            found = [event for page in pages for event in page["StackEvents"]]
        except ClientError as error:
            if "does not exist" in str(error):  # it may go between two looks at it
                return []
            raise
        return [_event(event) for event in reversed(found)]

    def _event_ids(self) -> set[str]:
        """Ids of the events so far, to follow from here on."""
        return {event.id for event in self.events()}

    def follow(self, seen: set[str]) -> Iterator[StackEvent]:
        """New events as they come, until the stack rests. Raises StackFailed where it ended in
        another state than it was going to."""
        failure: StackEvent | None = None
        has_begun, looks = False, 0
        while True:
            state, events = settled(lambda: (self.state(), self.events()))
            if state.status == GONE:
                return
            for event in events:
                if event.id not in seen:
                    seen.add(event.id)
                    has_begun, failure = True, failure or (event if event.is_failure else None)
                    yield event
            looks += 1
            if not state.is_moving and (has_begun or looks > QUIET_LOOKS):
                break
            self._sleep(FOLLOW_SECONDS)
        if "ROLLBACK" in state.status or state.status.endswith("_FAILED"):
            why = f"{failure.name}: {failure.reason}" if failure else state.reason
            sentence = (
                f"The stack {self.name} is {state.status}. {why} {self.way_out(state.status)}"
            )
            raise StackFailed(sentence.rstrip())


def _one_text(value: str) -> str:
    """A list parameter in CloudFormation's form; the emulator gives it as Python writes lists."""
    return re.sub(r"[\[\]' ]", "", value) if value.startswith("['") else value


def _event(event: StackEventTypeDef) -> StackEvent:
    return StackEvent(
        id=event["EventId"],
        at=event["Timestamp"],
        status=event["ResourceStatus"],
        type=event["ResourceType"],
        name=event["LogicalResourceId"],
        reason=event.get("ResourceStatusReason", ""),
    )
