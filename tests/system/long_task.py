"""The real worker with one task more, which takes as long as it is told.

`celery -A tests.system.long_task worker`
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery.signals import worker_init

from workers import tasks
from workers.app import app

__all__ = ["app"]

NAP_TASK = "nap"
worker_init.disconnect(tasks._prepare)  # no model is needed here


@app.task(name=NAP_TASK, ignore_result=True, time_limit=60)
def nap(diary: str, seconds: float) -> None:
    """Write down which process began, sleep, write down that it ended."""
    with Path(diary).open("a") as file:
        file.write(f"began {os.getpid()}\n")
    time.sleep(seconds)
    with Path(diary).open("a") as file:
        file.write("ended\n")
