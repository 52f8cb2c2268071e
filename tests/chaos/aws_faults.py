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
from tests.system.fault_proxy import (
    Answer,
    Call,
    Exchange,
    Fault,
    FaultProxy,
    Rule,
    answer,
    pass_on,
)

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
XML = "application/xml"


def ec2_error(code: str) -> bytes:
    return f"<Response><Errors><Error><Code>{code}</Code></Error></Errors></Response>".encode()


FAILURES = {
    "sqs": answer(500, b'{"__type": "com.amazonaws.sqs#InternalError"}'),
    "s3": answer(500, b"<Error><Code>InternalError</Code></Error>", XML),
    "ec2": answer(503, ec2_error("Unavailable"), XML),
}
THROTTLING = {
    "sqs": answer(400, b'{"__type": "com.amazonaws.sqs#RequestThrottled"}'),
    "s3": answer(503, b"<Error><Code>SlowDown</Code></Error>", XML),
    "ec2": answer(503, ec2_error("RequestLimitExceeded"), XML),
}
LAMBDA_THROTTLES = answer(429, b'{"__type": "TooManyRequestsException"}', "application/json")
NO_CAPACITY = answer(500, ec2_error("InsufficientInstanceCapacity"), XML)


def late(chance: random.Random, shortest_seconds: float, longest_seconds: float) -> Fault:
    """Takes its time."""

    def wait(exchange: Exchange) -> None:
        time.sleep(chance.uniform(shortest_seconds, longest_seconds))
        pass_on(exchange)

    return wait


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
    given = exchange.forward()
    said = json.loads(given.body or b"{}")
    if "Messages" in said:
        said["Messages"].reverse()
        given = replace(given, body=json.dumps(said).encode())
    exchange.send(given)


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
        given = exchange.forward()
        if b'"Messages"' in given.body:
            with self._lock:
                self._last[queue] = given
        exchange.send(given)


class WithoutInstances:
    """A fault that befalls functions: EC2 takes all instances back, and has no other meanwhile."""

    def __init__(self, fault: ChaosFault, proxy: FaultProxy, settings: Settings) -> None:
        self.name, self.hold_seconds = fault.name, fault.hold_seconds
        self._fault, self._settings = fault, settings
        self._none_left = AwsFails("none left", proxy, NO_CAPACITY, of_call("RunInstances", ""))

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
