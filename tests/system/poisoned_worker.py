"""The real worker, but one that dies of marked pictures, or never ends, as with a broken decoder.

`celery -A tests.system.poisoned_worker worker`
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from tests.system.poison import ENDLESS, POISON
from workers import runtime
from workers.app import app

__all__ = ["app"]


_recognise = runtime.Runtime.recognise


def _recognise_or_die(self: runtime.Runtime, picture: bytes, *options: Any) -> Any:
    if POISON in picture:
        os.kill(os.getpid(), signal.SIGKILL)
    while ENDLESS in picture:
        time.sleep(1)
    return _recognise(self, picture, *options)


runtime.Runtime.recognise = _recognise_or_die  # type: ignore[method-assign]
