"""One seed's world: web, workers, functions, queues, buckets, clients, and what goes wrong."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connection, transaction

from faceweb.models import OPEN_STATES, DeadLetter, Face, Job, PictureName
from faceweb.replies import responses
from foundation.config import Settings
from foundation.messages import Reply
from tests.protocol.app_tier import Worker, recogniser, simulated_celery
from tests.protocol.faults import CALM, Faults, Weather
from tests.protocol.functions import FunctionRun
from tests.protocol.pictures import NAMED, Content
from tests.protocol.simulated_s3 import SimulatedS3
from tests.protocol.simulated_sqs import Queue, SimulatedSqs, Stored
from tests.protocol.virtual_time import Process, VirtualTime, current_process
from tests.protocol.web_tier import Clients, WebProcess

START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
WEBS, WORKERS = 2, 2
MOST_CLIENTS = 6
ARRIVALS_SECONDS = 20.0
RESTART_SECONDS = 1.5
WATCH_SECONDS = 2.0
"""How often waiters look for what other processes wrote; 0.25 s would be most of all queries."""

DRAIN_SECONDS = 2400.0
"""After the last fault: three sends of a lost job 120 s apart, and three deliveries of each."""


@dataclass(slots=True)
class Ending:
    """What is there when a world has ended."""

    seed: int
    weather: Weather
    clients: Clients
    jobs: list[Job]
    dead_letters: list[DeadLetter]
    queued: dict[str, int]
    answers: dict[str, str]
    violations: list[str]
    injected: dict[str, int]
    trace: list[str] = field(default_factory=list)
    elapsed: float = 0.0
    drained: bool = False


class World:
    """Everything of one seed. Nothing outlives `run`."""

    def __init__(self, seed: int, settings: Settings, weather: Weather | None = None) -> None:
        self.seed, self.settings = seed, settings
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.time = VirtualTime(START)
        self.trace: list[str] = []
        self.violations: list[str] = []
        self.weather = weather or Weather.drawn(self._chance)
        self.faults = Faults(self.time, self._chance, self.weather, self._note)
        self.sqs = SimulatedSqs(self.time, self._chance, self.faults, self._watch)
        self.s3 = SimulatedS3(self.faults)
        self.webs: list[WebProcess] = []
        self.workers: dict[Process, Worker | FunctionRun] = {}
        self.celery: Any = None
        self.clients = Clients(self.time, self._chance, self._living_webs)
        self._held: dict[str, Process] = {}
        self._finals: dict[Any, tuple[str, str]] = {}
        self._make_queues()

    def _note(self, who: str, what: str) -> None:
        self.trace.append(f"{self.time.elapsed:9.3f}  {who:<12} {what}")

    def _make_queues(self) -> None:
        """As foundation.aws.provisioning makes them."""
        settings = self.settings
        dead = self.sqs.add(Queue(settings.dead_letter_queue, 900.0))
        self.sqs.add(
            Queue(
                settings.request_queue,
                settings.visibility_timeout_seconds,
                settings.receive_wait_seconds,
                settings.max_receive_count,
                dead,
            )
        )
        self.sqs.add(Queue(settings.response_queue, 30.0, 0.0, 20, dead))

    # Who lives ------------------------------------------------------------------------------

    def _living_webs(self) -> list[WebProcess]:
        return [web for web in self.webs if web.process.alive]

    def _start_web(self, number: int, generation: int = 1) -> None:
        process = Process(
            f"web-{number}.{generation}",
            lambda: self._again(lambda: self._start_web(number, generation + 1)),
        )
        self.webs.append(WebProcess(process, self.settings, self.time))

    def _start_worker(self, number: int, generation: int = 1) -> None:
        process = Process(
            f"worker-{number}.{generation}",
            lambda: self._again(lambda: self._start_worker(number, generation + 1)),
        )
        worker = Worker(process, self.celery, self.sqs, self.settings, self.time)
        self.workers[process] = worker
        self.time.start(process, worker.run)

    def _start_function(self, number: int, generation: int = 1) -> None:
        """Invoked again whenever a run has ended: there is always one, as a scaler would have it
        while pictures wait."""
        process = Process(
            f"function-{number}.{generation}",
            lambda: self._again(lambda: self._start_function(number, generation + 1)),
        )
        seconds = self._chance.choice((5.0, 40.0, 90.0))
        run = FunctionRun(process, self.settings, self.time, seconds)
        self.workers[process] = run
        self.time.start(process, run.run)

    def _again(self, start: Callable[[], None]) -> None:
        self.time.after(RESTART_SECONDS, Process("supervisor"), start)

    # What is watched ------------------------------------------------------------------------

    def _watch(self, verb: str, queue: str, message: Stored) -> None:
        process = current_process()
        self._note(process.name, f"{verb} {message.message_id} ({queue})")
        if queue != self.settings.request_queue:
            return
        if verb == "received":
            self._check_held(message, process)
            self._held[message.message_id] = process
        elif verb in ("deleted", "redriven"):
            self._held.pop(message.message_id, None)

    def _check_held(self, message: Stored, process: Process) -> None:
        """Nobody gets what a living worker holds, unless something kept it from hiding it."""
        holder = self._held.get(message.message_id)
        excuses = self.weather.failing or self.weather.stopped or self.weather.duplicates
        if holder is None or not holder.alive or excuses or self.weather.slow:
            return
        worker = self.workers.get(holder)
        if worker is not None and worker.in_hand == message.message_id and holder is not process:
            self.violations.append(
                f"{message.message_id} was given to {process.name} while {holder.name} held it"
            )

    def note_answer(self, reply: Reply) -> None:
        """An answer is written once."""
        said = (reply.state, reply.answer or reply.error_kind)
        first = self._finals.setdefault(reply.job_id, said)
        if first != said:
            self.violations.append(f"job {reply.job_id} was {first}, and then {said}")

    # The run --------------------------------------------------------------------------------

    def run(self) -> Ending:
        """Until everybody has an answer and nothing moves any more, or the time is up."""
        count = self._chance.randint(1, MOST_CLIENTS)
        kinds = [*NAMED, *NAMED, Content.BROKEN, Content.DEADLY, Content.ENDLESS]
        self._chance.shuffle(kinds)
        _empty_database()
        with self._in_place():
            self.celery = simulated_celery()
            for number in range(WEBS):
                self._start_web(number + 1)
            for number in range(WORKERS):
                start = self._chance.choice((self._start_worker, self._start_function))
                start(number + 1)
            self.clients.come(count, ARRIVALS_SECONDS, kinds)
            limit = START + max(self.weather.calm_after_seconds, ARRIVALS_SECONDS) + DRAIN_SECONDS
            drained = self._until_drained(limit)
            ending = self._ending(drained)
            self.time.end()
            for web in self.webs:
                web.end()
        return ending

    def _until_drained(self, limit: float) -> bool:
        """Looked at every few seconds: what is drained stays so."""
        while self.time.now < limit:
            self.time.run_until(self.time.now + 5.0, lambda: False)
            calm = self.time.elapsed > max(self.weather.calm_after_seconds, ARRIVALS_SECONDS)
            if calm and self._is_drained():
                return True
        return False

    def _is_drained(self) -> bool:
        """The database is asked last: it is asked often, and most of the time the rest says no."""
        if not all(client.is_served for client in self.clients.all):
            return False
        if any(worker.in_hand for process, worker in self.workers.items() if process.alive):
            return False
        if any(self._queued().values()):
            return False
        letters = len(self.sqs.queues[self.settings.dead_letter_queue].messages)
        open_jobs = Job.objects.filter(state__in=OPEN_STATES)
        return DeadLetter.objects.count() == letters and not open_jobs.exists()

    def _queued(self) -> dict[str, int]:
        names = (self.settings.request_queue, self.settings.response_queue)
        return {name: len(self.sqs.queues[name].messages) for name in names}

    def _ending(self, drained: bool) -> Ending:
        return Ending(
            seed=self.seed,
            weather=self.weather,
            clients=self.clients,
            jobs=list(Job.objects.all()),
            dead_letters=list(DeadLetter.objects.all()),
            queued=self._queued(),
            answers={
                key: stored.body.decode()
                for (bucket, key), stored in self.s3.objects.items()
                if bucket == self.settings.out_bucket
            },
            violations=self.violations,
            injected=self.faults.injected,
            trace=self.trace,
            elapsed=self.time.elapsed,
            drained=drained,
        )

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """AWS, clock, hub and recogniser of this world where the product looks for its own."""
        known = recogniser(self.time, self._chance, self.settings)
        clients = {"sqs": self.sqs, "s3": self.s3}
        with ExitStack() as stack:
            for target, value in {
                "foundation.aws.client": lambda service, settings: clients[service],
                "foundation.aws.queue_url": lambda name, settings: name,
                "foundation.aws.whole_objects._may_use_obstore": lambda: False,
                "workers.runtime.current": lambda settings: known,
                "workers.queue.request.get_event_loop": self._hub,
                "uuid.uuid4": lambda: uuid.UUID(int=self._chance.getrandbits(128), version=4),
                "workers.queue.request.time": SimpleNamespace(monotonic=lambda: self.time.now),
                "faceweb.views.response_path.running": self._path,
                "faceweb.intake.writing.send_task": self._send_tasks,
                "faceweb.replies.waiters.POLL_SECONDS": WATCH_SECONDS,
                "faceweb.intake.pause.is_paused": lambda: False,  # it looks at the real clock
                "faceweb.replies.patience.patience": lambda seconds: seconds,  # the real load, too
                "faceweb.replies.threads.close_old_connections": lambda: None,
                "django.utils.timezone.now": lambda: datetime.fromtimestamp(self.time.now, UTC),
            }.items():
                stack.enter_context(mock.patch(target, value))
            stack.enter_context(connection.execute_wrapper(self.faults.query))
            stack.enter_context(_told_of_answers(self.note_answer))
            yield

    def _hub(self) -> Any:
        worker = self.workers.get(current_process())
        return worker.heartbeats if worker else None

    def _send_tasks(self, *jobs: Job) -> None:
        process = current_process()
        web = next(web for web in self.webs if web.process is process)
        web.path.departures.add_from_thread(*jobs)

    def _path(self) -> Any:
        loop = asyncio.get_running_loop()
        return next(web.path for web in self.webs if web.loop is loop)


@contextmanager
def _told_of_answers(tell: Callable[[Reply], None]) -> Iterator[None]:
    """Each answer that is written to a job's row, once its transaction has ended."""
    write = responses.write_answers

    def written(replies: Sequence[Reply], answered_at: datetime) -> None:
        write(replies, answered_at)
        for reply in replies:
            transaction.on_commit(partial(tell, reply))  # not what a crash rolls back

    with mock.patch.object(responses, "write_answers", written):
        yield


def _empty_database() -> None:
    """In the order of their references: nothing has to be looked up before it is deleted."""
    for model in (DeadLetter, Face, Job, PictureName):
        rows = model.objects.all()
        rows._raw_delete(rows.db)


__all__ = ["CALM", "Ending", "World"]
