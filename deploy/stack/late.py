"""AWS tells late what has just been made or has gone, and may be asked too often: asked again."""

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from foundation.aws import THROTTLED, error_code

Answer = TypeVar("Answer")

LOOKS = 40
PAUSE_SECONDS = 3.0
"""So that AWS has two minutes."""


def settled(call: Callable[[], Answer], late: str | None = None) -> Answer:
    """A call's answer, asked again while AWS throttles it or refuses it by a code that ends so.

    Raises botocore's errors: the last refusal where two minutes were not enough.
    """
    for _ in range(LOOKS):
        try:
            return call()
        except ClientError as error:
            code = error_code(error)
            if code not in THROTTLED and not (late and code.endswith(late)):
                raise
        time.sleep(PAUSE_SECONDS)
    return call()
