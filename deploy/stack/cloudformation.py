"""The stack as CloudFormation has it: looked at, made, changed, removed, followed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deploy.stack.template import Template, Values

FOLLOW_SECONDS = 2.0
GONE = "GONE"
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
"""States that no update gets a stack out of."""


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
    def exists(self) -> bool:
        return self.status not in (GONE, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")

    @property
    def is_moving(self) -> bool:
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
        return self.status.endswith("_FAILED")

    def __str__(self) -> str:
        line = f"{self.at:%H:%M:%S}  {self.status:<28} {self.type:<34} {self.name}"
        return f"{line}  {self.reason}" if self.reason else line


class Stack:
    """One stack by name. Every method raises botocore's errors."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self.name, self._sleep = client, name, sleep

    def state(self) -> StackState:
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

    def template(self) -> Template:
        """The template that the stack was made from."""
        body = self._client.get_template(StackName=self.name)["TemplateBody"]
        return Template(body if isinstance(body, str) else str(body))

    def create(self, template: Template, values: Values) -> None:
        self._client.create_stack(**_arguments(self.name, template, values))

    def update(self, template: Template, values: Values) -> bool:
        """False where AWS finds nothing to change."""
        try:
            self._client.update_stack(**_arguments(self.name, template, values))
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return False
            raise
        return True

    def delete(self) -> None:
        self._client.delete_stack(StackName=self.name)

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

    def seen(self) -> set[str]:
        """Ids of the events so far, to follow from here on."""
        return {event.id for event in self.events()}

    def follow(self, seen: set[str]) -> Iterator[StackEvent]:
        """New events as they come, until the stack rests. Raises StackFailed where it ended in
        another state than it was going to."""
        failure: StackEvent | None = None
        while True:
            state = self.state()
            if state.status == GONE:
                return
            for event in self.events():
                if event.id not in seen:
                    seen.add(event.id)
                    failure = failure or (event if event.is_failure else None)
                    yield event
            if not state.is_moving:
                break
            self._sleep(FOLLOW_SECONDS)
        if "ROLLBACK" in state.status or state.status.endswith("_FAILED"):
            why = f"{failure.name}: {failure.reason}" if failure else state.reason
            raise StackFailed(f"The stack {self.name} is {state.status}. {why}")


def _one_text(value: str) -> str:
    """A list parameter as CloudFormation has it; the emulator gives it as Python writes lists."""
    return re.sub(r"[\[\]' ]", "", value) if value.startswith("['") else value


def _arguments(name: str, template: Template, values: Values) -> dict[str, Any]:
    return {
        "StackName": name,
        "TemplateBody": template.text,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": "faceweb:system", "Value": name}],
    }


def _event(event: dict[str, Any]) -> StackEvent:
    return StackEvent(
        id=event["EventId"],
        at=event["Timestamp"],
        status=event["ResourceStatus"],
        type=event["ResourceType"],
        name=event["LogicalResourceId"],
        reason=event.get("ResourceStatusReason", ""),
    )
