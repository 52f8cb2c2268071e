"""The real worker, but one that dies of pictures with a mark in them, as of a broken decoder.

`celery -A tests.system.poisoned_worker worker`
"""

from __future__ import annotations

import os
import signal
from typing import Any

from tests.system.poison import POISON
from workers import runtime
from workers.app import app

__all__ = ["app"]


_recognise = runtime.Runtime.recognise


def _recognise_or_die(self: runtime.Runtime, picture: bytes) -> Any:
    if POISON in picture:
        os.kill(os.getpid(), signal.SIGKILL)
    return _recognise(self, picture)


runtime.Runtime.recognise = _recognise_or_die  # type: ignore[method-assign]
