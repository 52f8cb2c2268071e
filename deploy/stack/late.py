"""AWS tells late what has just been made or has just gone: a call is repeated until it knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from foundation.aws import THROTTLED, error_code

Answer = TypeVar("Answer")

LOOKS = 40
PAUSE_SECONDS = 3.0
"""So that AWS has two minutes."""


def settled(call: Callable[[], Answer], late: str) -> Answer:
    """A call's answer, asked again while AWS refuses it by a code that ends in `late`.

    Raises botocore's errors: the last refusal where two minutes were not enough.
    """
    for _ in range(LOOKS):
        try:
            return call()
        except ClientError as error:
            code = error_code(error)
            if code not in THROTTLED and not code.endswith(late):
                raise
        time.sleep(PAUSE_SECONDS)
    return call()
