"""Handlers that do what handlers should not, run by the tests in processes of their own."""

from __future__ import annotations

import os
import time
from typing import Any

calls = 0


def echo(event: Any, context: Any) -> Any:
    """Tells what it was given, and how often this process was called."""
    global calls
    calls += 1
    return {
        "event": event,
        "calls": calls,
        "request_id": context.aws_request_id,
        "left_ms": context.get_remaining_time_in_millis(),
        "memory": context.memory_limit_in_mb,
        "pid": os.getpid(),
    }


def raises(event: Any, context: Any) -> Any:
    raise ValueError(f"no {event['what']} here")


def dies(event: Any, context: Any) -> Any:
    os._exit(3)


def never_ends(event: Any, context: Any) -> Any:
    time.sleep(600)


def eats_memory(event: Any, context: Any) -> Any:
    eaten = [b"x" * 2**20 for _ in range(400)]
    time.sleep(600)
    return len(eaten)
