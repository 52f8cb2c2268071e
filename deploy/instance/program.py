"""Looks after the Celery worker of one app instance, from its boot to its end.

It starts the worker, says when it takes messages, starts it again when it dies, and lets it finish
its tasks when the scaler or EC2 wants the machine back. Then it ends, and systemd turns the machine
off. `workers.instances` decides what to do, and does it.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from deploy.instance.metadata import Metadata, MetadataUnseen
from foundation.fleet import lifecycle
from workers.instances.instance_life import EX_CONFIG
from workers.instances.instance_steps import CanNotStart, Instance, Process

log = structlog.get_logger()

LOOK_SECONDS = 1.0
ENDING_LOOK_SECONDS = 0.1


class AppInstance:
    """One instance.

    Parameters:
        start: starts a worker and returns its process.
        ready_file: which the worker writes once it takes messages.
        say: writes the instance's own tag; may raise botocore's errors.
        stop: set when systemd wants this program to end.
    """

    def __init__(
        self,
        name: str,
        metadata: Metadata,
        start: Callable[[], Process],
        ready_file: Path,
        say: Callable[[str], None],
        stop: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata, self._told_to_stop = metadata, stop
        self._is_wanted = True

        def start_fresh() -> Process:
            ready_file.unlink(missing_ok=True)
            return start()

        self._instance = Instance(name, start_fresh, ready_file.exists, _last_word_once(say), clock)

    def run(self) -> int:
        """Look until the instance has ended. Returns the exit status."""
        while True:
            status = self.look_once()
            if status is not None:
                return status
            if self._instance.was_asked:  # it may end at any moment now
                time.sleep(ENDING_LOOK_SECONDS)
            else:
                self._told_to_stop.wait(LOOK_SECONDS)

    def look_once(self) -> int | None:
        """One look, and what is to be done. An exit status once all is done."""
        self._is_wanted = self._is_wanted and self._still_wanted()
        try:
            self._instance.look_once(is_wanted=self._is_wanted)
        except CanNotStart:
            log.error("worker_can_not_start", status=EX_CONFIG)
            return EX_CONFIG
        return 0 if self._instance.has_ended else None

    def _still_wanted(self) -> bool:
        """Once it is not, it never is again. What can't be seen counts as unchanged."""
        if self._told_to_stop.is_set():
            log.info("leaving", reason="stopped")
            return False
        try:
            if self._metadata.tag(lifecycle.WANTED_TAG) == lifecycle.DRAIN:
                log.info("leaving", reason="the scaler wants it back")
                return False
            if self._metadata.will_be_interrupted():
                log.info("leaving", reason="spot interruption")
                return False
        except MetadataUnseen as error:
            log.warning("metadata_unseen", error=str(error))
        return True


def _last_word_once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Says a state; of the last one, a refusal is no reason to stay: the machine ends anyway."""

    def say_once(state: str) -> None:
        try:
            say(state)
        except (BotoCoreError, ClientError) as error:
            if state != lifecycle.ENDED:
                raise
            log.warning("state_not_said", state=state, error=str(error))

    return say_once
