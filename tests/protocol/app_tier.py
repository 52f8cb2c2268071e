"""A worker of the app tier: Celery's own tracer and request, our rules on top, no process pool.

What Celery's consumer and kombu's channel do around them is written out here, with where it is
done there; everything else is the product's code.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from billiard.einfo import ExceptionInfo
from billiard.exceptions import WorkerLostError
from botocore.exceptions import BotoCoreError, ClientError
from celery import Celery
from celery.app.trace import build_tracer
from kombu.message import Message

from foundation import messages
from foundation.config import Settings
from tests.protocol.faults import ChildDied
from tests.protocol.pictures import Content, KnowingRecogniser
from tests.protocol.virtual_time import Killed, Process, VirtualTime, current_task
from workers.queue.request import RepliedTask, ReplyBeforeAcknowledge
from workers.queue.sqs_transport import DONE_SECONDS
from workers.work import recognised


class TimeLimit(BaseException):
    """The pool's clock: the picture took as long as it may."""


@cache
def simulated_celery() -> Celery:
    """A Celery app with our configuration and our task, but without a broker. It keeps nothing
    of a world: all worlds of this process share it."""
    from workers.app import celery_configuration

    configuration = celery_configuration()
    kept = ("result_backend", "task_serializer", "result_serializer", "accept_content",
            "task_acks_late", "task_reject_on_worker_lost", "task_time_limit")  # fmt: skip
    app = Celery("simulated", set_as_current=False, task_cls=RepliedTask)
    app.conf.update({name: configuration[name] for name in kept})

    @app.task(bind=True, name=messages.RECOGNISE_TASK, shared=False)
    def recognise(self: Any, input_key: str, output_key: str) -> str:
        return recognised(self.request.id, input_key, output_key=output_key)

    app.finalize()
    return app


class Channel:
    """Our SQS channel, as a message sees it (basic_ack, basic_reject)."""

    def __init__(self, sqs: Any, queue: str, process: Process, time: VirtualTime) -> None:
        self._sqs = sqs
        self._queue = queue
        self._process = process
        self._time = time
        self._done: list[str] = []
        self.no_ack_consumers: None = None

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Deletes in a moment, with others; where SQS says no, the message comes again."""
        self._done.append(delivery_tag)
        if len(self._done) == 1:
            self._time.start(self._process, self._delete, delay=DONE_SECONDS)

    def _delete(self) -> None:
        done, self._done = self._done, []
        entries = [{"Id": str(at), "ReceiptHandle": one} for at, one in enumerate(done)]
        with suppress(ClientError, BotoCoreError):
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=entries)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Left where it is: the queue has a redrive policy."""

    def message(self, received: dict[str, str]) -> Message:
        envelope = json.loads(received["Body"])
        return Message(
            body=envelope["body"],
            delivery_tag=received["ReceiptHandle"],
            content_type=envelope["content-type"],
            content_encoding=envelope["content-encoding"],
            headers=envelope["headers"],
            properties=envelope["properties"],
            channel=self,
            accept=["application/json"],
        )


class Heartbeats:
    """The event loop of a worker's parent, which `workers.queue.request` asks for repeats."""

    def __init__(self, time: VirtualTime, process: Process) -> None:
        self._time = time
        self._process = process

    def call_repeatedly(self, seconds: float, act: Callable[..., None], *args: Any) -> Any:
        timer = _Timer()

        def beat() -> None:
            if not timer.cancelled:
                self._time.start(self._process, lambda: act(*args))
                self._time.after(seconds, self._process, beat)

        self._time.after(seconds, self._process, beat)
        return timer


class _Timer:
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Worker:
    """One worker process with a pool of one: takes a message, runs it, ends it."""

    def __init__(
        self, process: Process, app: Celery, sqs: Any, settings: Settings, time: VirtualTime
    ) -> None:
        self.process = process
        self.heartbeats = Heartbeats(time, process)
        self.in_hand = ""
        self._app = app
        self._sqs = sqs
        self._settings = settings
        self._time = time
        self._channel = Channel(sqs, settings.request_queue, process, time)
        task = app.tasks[messages.RECOGNISE_TASK]
        self._trace = build_tracer(task.name, task, app=app)

    def run(self) -> None:
        """Poll and work until the process dies. A poll that fails is followed by a pause."""
        while True:
            try:
                answer = self._sqs.receive_message(
                    QueueUrl=self._settings.request_queue,
                    MaxNumberOfMessages=1,
                    WaitTimeSeconds=self._settings.receive_wait_seconds,
                )
            except Exception:  # noqa: BLE001 - workers.queue.sqs_transport does the same
                self._time.pause(1.0)
                continue
            for received in answer["Messages"]:
                self._serve(received)

    def _serve(self, received: dict[str, str]) -> None:
        """Whatever escapes Celery's callbacks ends the worker, as it does there."""
        self.in_hand = received["MessageId"]
        try:
            self.serve(received)
        except Exception as error:
            raise Killed from error
        finally:
            self.in_hand = ""

    def serve(self, received: dict[str, str]) -> None:
        """One message, as celery.worker.request.Request.execute_using_pool goes through it."""
        message = self._channel.message(received)
        request = ReplyBeforeAcknowledge(
            message,
            on_ack=message.ack_log_error,
            on_reject=message.reject_log_error,
            app=self._app,
            hostname=self.process.name,
        )
        request.on_accepted(1, self._time.now)
        try:
            failed, value = self._in_child(request)
        except ChildDied:
            request.on_failure(_lost())
        except TimeLimit:
            request.on_timeout(False, self._settings.task_time_limit_seconds)
        else:
            request.on_success((failed, value, 0.0))

    def _in_child(self, request: Any) -> tuple[bool, Any]:
        """What the pool's process does: celery.app.trace.trace_task, which stores the result."""
        task = current_task()
        assert task is not None
        task.in_child = True
        try:
            args, kwargs, _ = request._payload
            headers = {**request.request_dict, "delivery_info": request.delivery_info}
            value, info, _, _ = self._trace(request.id, args, kwargs, headers)
        finally:
            task.in_child = False
        return (True, value) if isinstance(value, ExceptionInfo) else (bool(info), value)


def _lost() -> ExceptionInfo:
    try:
        raise WorkerLostError("Worker exited prematurely: signal 9 (SIGKILL).")
    except WorkerLostError:
        return ExceptionInfo()


def recogniser(time: VirtualTime, chance: random.Random, settings: Settings) -> KnowingRecogniser:
    """The recogniser of whichever worker's code runs now."""

    def work(content: Content) -> None:
        task = current_task()
        has_pool = task is not None and task.in_child
        if content == Content.DEADLY:
            time.pause(chance.uniform(0.01, 0.5))
            if has_pool and chance.random() < 0.5:
                raise ChildDied
            raise Killed
        limit = settings.task_time_limit_seconds
        if content == Content.ENDLESS:
            time.pause(limit if has_pool else 1000.0)  # a function's watch ends it before
            raise TimeLimit
        longest = limit if has_pool else 0.8 * limit  # its clock runs while storage answers, too
        time.pause(chance.choice((0.1, 0.5, chance.uniform(0.0, longest))))

    return KnowingRecogniser(work)
