"""Runs one function on its events: as many at once as it may, in processes that stay warm."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.lambda_host.event_source import Event, EventSource
from localcloud.lambda_host.functions import LambdaFunction
from localcloud.lambda_host.runtime_api import InvocationResult
from localcloud.lambda_host.sandbox import Sandbox

log = structlog.get_logger()

WAIT_SECONDS = 20
IDLE_SECONDS = 300.0
"""A process that had nothing to do for so long is ended."""
PAUSE_AFTER_ERROR_SECONDS = 1.0


class FunctionHost:
    """Takes events, one for each free place, and never holds one back that it can't work on."""

    def __init__(
        self, function: LambdaFunction, events: EventSource, new_environment: Callable[[], Sandbox]
    ) -> None:
        self._function, self._events, self._new = function, events, new_environment
        self._free = threading.Semaphore(function.concurrency)
        # The threads also start the processes, which the kernel ends when their thread does.
        self._pool = ThreadPoolExecutor(function.concurrency, thread_name_prefix=function.name)
        self._idle: list[Sandbox] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop`. An emulator that is away, or has lost its queues, is waited for."""
        while not self._stopping.is_set():
            try:
                self._take_one()
            except (BotoCoreError, ClientError) as error:
                log.warning("no_events", function=self._function.name, error=str(error))
                self._stopping.wait(PAUSE_AFTER_ERROR_SECONDS)
                self._prepare_again()

    def _prepare_again(self) -> None:
        try:
            self._events.prepare()
        except (BotoCoreError, ClientError) as error:
            log.debug("not_prepared", function=self._function.name, error=str(error))

    def _take_one(self) -> None:
        self._free.acquire()
        event = None
        try:
            event = self._events.receive(WAIT_SECONDS)
            if event is not None and not self._stopping.is_set():
                self._pool.submit(self._work_on, event)
            self._end_idle()
        finally:
            if event is None:
                self._free.release()

    def _work_on(self, event: Event) -> None:
        try:
            self.process(event)
        except (BotoCoreError, ClientError) as error:
            # Then it comes again once the queue no longer hides it.
            log.warning("event_not_settled", function=self._function.name, error=str(error))
        except Exception:
            log.exception("event_lost_for_now", function=self._function.name)
        finally:
            self._free.release()

    def process(self, event: Event) -> InvocationResult:
        """One attempt at an event, and what follows from how it ended."""
        request_id = str(uuid.uuid4())
        outcome = self._invoke(event, request_id)
        if outcome.succeeded:
            self._events.done(event)
        elif event.attempt < self._function.attempts:
            self._events.try_again(event)
        else:
            self._events.give_up(event, request_id, outcome)
        return outcome

    def _invoke(self, event: Event, request_id: str) -> InvocationResult:
        if event.attempt > self._function.attempts:
            return InvocationResult(error="Host.Died", message="the host ended at every attempt")
        environment = self._environment()
        began, cold = time.monotonic(), environment.invocations == 0
        outcome = environment.invoke(event.body, request_id)
        log.info(
            "invocation",
            function=self._function.name,
            request_id=request_id,
            attempt=event.attempt,
            cold=cold,
            seconds=round(time.monotonic() - began, 3),
            peak_memory_mb=round(environment.peak_memory_mb),
            error=outcome.error or None,
            message=outcome.message or None,
        )
        if environment.is_alive:
            with self._lock:
                self._idle.append(environment)
        return outcome

    def _environment(self) -> Sandbox:
        """The one that was used last, so that those that are not needed grow old."""
        with self._lock:
            while self._idle:
                environment = self._idle.pop()
                if environment.is_alive:
                    return environment
                environment.close()
        return self._new()

    def _end_idle(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [one for one in self._idle if now - one.last_used > IDLE_SECONDS]
            self._idle = [one for one in self._idle if one not in old]
        for environment in old:
            environment.close()

    def stop(self) -> None:
        """Take no more events."""
        self._stopping.set()

    def finish(self) -> None:
        """Wait for the events in hand, then end all processes. After `stop`."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for environment in self._idle:
                environment.close()
            self._idle.clear()
