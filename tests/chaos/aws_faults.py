"""What AWS, and the network to it, do on a bad day."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from foundation import aws
from foundation.config import Settings
from foundation.fleet.lifecycle import describe_fleet
from tests.chaos.fault import Fault as ChaosFault
from tests.system.fault_proxy import Answer, Call, Exchange, Fault, FaultProxy, Rule, pass_on

HOLD_SECONDS = 6.0


class AwsFails:
    """While it lasts, a share of the calls goes wrong in one way."""

    def __init__(
        self,
        name: str,
        proxy: FaultProxy,
        fault: Fault,
        matches: Callable[[Call], bool] = lambda call: True,
        share: float = 1.0,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self.name = name
        self.hold_seconds = hold_seconds
        self._proxy = proxy
        self._fault = fault
        self._rule = Rule(matches=matches, fault=self._count, share=share)
        self._hits = 0

    def inject(self) -> None:
        self._hits = 0
        self._proxy.add(self._rule)

    def _count(self, exchange: Exchange) -> None:
        self._hits += 1
        self._fault(exchange)

    def undo(self) -> int:
        self._proxy.remove(self._rule)
        return self._hits


def of_service(service: str) -> Callable[[Call], bool]:
    return lambda call: call.service == service


def of_call(operation: str, resource: str) -> Callable[[Call], bool]:
    return lambda call: (call.operation, call.resource) == (operation, resource)


# What each service says when it fails, and when it is asked too often.
SQS_JSON = "application/x-amz-json-1.0"
FAILURES = {
    "sqs": (500, SQS_JSON, '{"__type": "com.amazonaws.sqs#InternalError"}'),
    "s3": (500, "application/xml", "<Error><Code>InternalError</Code></Error>"),
    "ec2": (
        503, "application/xml",
        "<Response><Errors><Error><Code>Unavailable</Code></Error></Errors></Response>",
    ),
}  # fmt: skip
THROTTLING = {
    "sqs": (400, SQS_JSON, '{"__type": "com.amazonaws.sqs#RequestThrottled"}'),
    "s3": (503, "application/xml", "<Error><Code>SlowDown</Code></Error>"),
    "ec2": (
        503, "application/xml",
        "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
    ),
}  # fmt: skip


LAMBDA_THROTTLES = (429, "application/json", '{"__type": "TooManyRequestsException"}')
NO_CAPACITY = (
    500, "application/xml",
    "<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code></Error></Errors></Response>",
)  # fmt: skip


def refused(status: int, content_type: str, body: str) -> Fault:
    """Answers with an error, and does nothing."""
    said = Answer(status=status, headers=(("Content-Type", content_type),), body=body.encode())
    return lambda exchange: exchange.send(said)


def late(chance: random.Random, shortest_seconds: float, longest_seconds: float) -> Fault:
    """Takes its time."""

    def answer(exchange: Exchange) -> None:
        time.sleep(chance.uniform(shortest_seconds, longest_seconds))
        pass_on(exchange)

    return answer


def broken_off(exchange: Exchange) -> None:
    """What was asked is done, and the connection breaks in the middle of the answer."""
    exchange.send_half(exchange.forward())


def sent_twice(exchange: Exchange) -> None:
    """A message comes to be on its queue twice."""
    exchange.forward()
    pass_on(exchange)


def delayed(chance: random.Random, longest_seconds: int) -> Fault:
    """A message becomes visible later than others that were sent after it."""

    def send(exchange: Exchange) -> None:
        asked = json.loads(exchange.body)
        asked["DelaySeconds"] = chance.randint(0, longest_seconds)
        exchange.body = json.dumps(asked).encode()
        pass_on(exchange)

    return send


def backwards(exchange: Exchange) -> None:
    """The messages of one answer come in the other order."""
    answer = exchange.forward()
    said = json.loads(answer.body or b"{}")
    if "Messages" in said:
        said["Messages"].reverse()
        answer = replace(answer, body=json.dumps(said).encode())
    exchange.send(answer)


class DeliveredAgain:
    """Hands each queue's last messages out a second time, to whoever asks next: the same ids, the
    same receipt handles. SQS does it when one of its servers was away."""

    def __init__(self) -> None:
        self._last: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        queue = exchange.call.resource
        with self._lock:
            again = self._last.pop(queue, None)
        if again is not None:
            exchange.send(again)
            return
        answer = exchange.forward()
        if b'"Messages"' in answer.body:
            with self._lock:
                self._last[queue] = answer
        exchange.send(answer)


class WithoutInstances:
    """A fault that befalls functions: EC2 takes all instances back, and has no other meanwhile."""

    def __init__(self, fault: ChaosFault, proxy: FaultProxy, settings: Settings) -> None:
        self.name, self.hold_seconds = fault.name, fault.hold_seconds
        self._fault, self._settings = fault, settings
        none_left = refused(*NO_CAPACITY)
        self._none_left = AwsFails("none left", proxy, none_left, of_call("RunInstances", ""))

    def inject(self) -> None:
        self._none_left.inject()
        ec2 = aws.client("ec2", self._settings)
        alive = describe_fleet(ec2, self._settings.faceweb_id, ("pending", "running"))
        if ids := [one["InstanceId"] for one in alive]:
            ec2.terminate_instances(InstanceIds=ids)
        self._fault.inject()

    def undo(self) -> int:
        self._none_left.undo()
        return self._fault.undo()
