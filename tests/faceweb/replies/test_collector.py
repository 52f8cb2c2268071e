"""The collector takes replies off the queue, and deletes them once they are written down."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from django.db import connection
from structlog.testing import capture_logs

from faceweb.models import Job
from faceweb.replies.collector import QueueMessage, ResponseCollector
from faceweb.replies.responses import JobOutcome, record_replies
from foundation import messages
from foundation.fleet.function_reports import FunctionReport, encode_report
from scaler.models import Lifeline
from scaler.record import function_runs
from tests.support.factories import make_job, make_reply
from tests.support.fakes import MemoryQueue

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_the_collector_outlives_what_fails() -> None:
    class Away(MemoryQueue):
        def receive(self) -> Sequence[QueueMessage]:
            raise ConnectionError("no queue")

    stop = Stop()
    with capture_logs() as lines:
        ResponseCollector(Away(), lambda _: None).run(stop)

    assert stop.waits == [1.0, 1.0]
    assert [(one["event"], one["error"]) for one in lines] == 2 * [
        ("collector_failed", "ConnectionError: no queue")
    ]


class Collected:
    """A collector over a queue in memory, and what it told the waiters."""

    def __init__(self, bodies: Sequence[str]) -> None:
        self.queue = MemoryQueue(bodies)
        self.told: list[JobOutcome] = []
        self.collector = ResponseCollector(self.queue, self.told.extend)


def test_pictures_that_arrive_together_are_taken_together() -> None:
    """Those that are not S3's messages stay on the queue."""
    rounds: list[list[str]] = []

    def arrive(bodies: Sequence[str]) -> list[bool]:
        rounds.append(list(bodies))
        return ["taken" in body for body in bodies]

    bodies = ['{"Records": "taken"}', '{"Records": "not"}']
    queue = MemoryQueue(bodies)

    ResponseCollector(queue, lambda _: None, arrive=arrive).collect_once()

    assert rounds == [bodies] and queue.deleted == ["0"]


def test_replies_are_deleted_where_pictures_beside_them_can_t_be_taken() -> None:
    """They are written down. Left on the queue, they would go to the dead letters in the end."""
    job = make_job()
    queue = MemoryQueue([messages.encode_reply(make_reply(job.id)), '{"Records": "not"}'])

    def arrive(bodies: Sequence[str]) -> list[bool]:
        raise ConnectionError("S3 is away")

    with pytest.raises(ConnectionError):
        ResponseCollector(queue, lambda _: None, arrive=arrive).collect_once()

    assert queue.deleted == ["0"]


def test_replies_are_written_told_and_deleted() -> None:
    """And nobody asks S3's messages for what none of them brought."""
    jobs = [make_job() for _ in range(3)]
    queue = MemoryQueue([messages.encode_reply(make_reply(job.id)) for job in jobs])
    told: list[JobOutcome] = []
    arrivals: list[Sequence[str]] = []

    with capture_logs() as lines:
        came = ResponseCollector(queue, told.extend, arrive=arrivals.append).collect_once()

    assert came == 3
    assert {outcome.job_id for outcome in told} == {job.id for job in jobs}
    assert not queue.messages and not arrivals
    assert (lines[-1]["event"], lines[-1]["count"]) == ("replies_collected", 3)


def test_a_message_that_cant_be_read_stays_for_the_dead_letter_queue() -> None:
    job = make_job()
    collected = Collected(["}{", messages.encode_reply(make_reply(job.id))])

    with capture_logs() as lines:
        collected.collector.collect_once()

    malformed = next(line for line in lines if line["event"] == "reply_malformed")
    assert (malformed["message_id"], "JSON" in malformed["error"]) == ("0", True)
    assert [message.body for message in collected.queue.messages] == ["}{"]
    assert Job.objects.get(pk=job.id).result == "Paul"


def test_a_reply_to_no_job_is_taken_off_the_queue() -> None:
    collected = Collected([messages.encode_reply(make_reply())])

    collected.collector.collect_once()

    assert not collected.queue.messages
    assert not collected.told


class Stop(threading.Event):
    """Notes how long is waited, waits no time, and is set at the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        if len(self.waits) >= 2:
            self.set()
        return self.is_set()


@pytest.mark.parametrize(("round_seconds", "pause"), [(100.0, 0.06), (0.01, 10 / 300)])
def test_replies_gather_where_many_clients_wait(round_seconds: float, pause: float) -> None:
    """So that a round brings several. A full round is followed by the next one at once. In slow
    rounds the clients alone decide, in quick ones the pace of the replies."""
    replies = [messages.encode_reply(make_reply(make_job().id)) for _ in range(17)]
    stop, told = Stop(), list[JobOutcome]()
    moments = iter([0.0, round_seconds, 2 * round_seconds])

    ResponseCollector(MemoryQueue(replies), told.extend, lambda: 22, now=moments.__next__).run(stop)

    assert stop.waits == pytest.approx([0.0, pause])
    assert len(told) == 17


def test_nothing_is_deleted_that_was_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    collected = Collected([messages.encode_reply(make_reply(job.id))])

    def broken(replies: object) -> list[JobOutcome]:
        raise ConnectionError("the database is away")

    monkeypatch.setattr("faceweb.replies.collector.record_replies", broken)
    with pytest.raises(ConnectionError):
        collected.collector.collect_once()
    monkeypatch.undo()

    assert len(collected.queue.messages) == 1
    collected.queue.show_again()
    collected.collector.collect_once()
    assert Job.objects.get(pk=job.id).result == "Paul"


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_agree_on_one_answer() -> None:
    """Two web processes are handed a reply each for the same jobs, with different answers."""
    ids = [make_job().id for _ in range(20)]
    told: dict[str, list[JobOutcome]] = {"Paul": [], "Shea": []}
    barrier = threading.Barrier(2)

    def collect(answer: str) -> None:
        barrier.wait(10)
        for start in range(0, len(ids), 5):
            replies = [make_reply(job_id, answer=answer) for job_id in ids[start : start + 5]]
            told[answer] += record_replies(replies)
        connection.close()

    threads = [threading.Thread(target=collect, args=(answer,)) for answer in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    written = {job.id: job.result for job in Job.objects.all()}
    for outcomes in told.values():
        assert {outcome.job_id: outcome.result for outcome in outcomes} == written


def test_a_functions_report_ends_its_run_beside_replies() -> None:
    job = make_job()
    function_runs.begin("burst-1", 1_800_000_000.0)
    report = FunctionReport(function="burst-1", began_at=1.0, ended_at=2.0, answered=1)
    queue = MemoryQueue([encode_report(report), messages.encode_reply(make_reply(job.id))])
    told: list[JobOutcome] = []

    ResponseCollector(queue, told.extend).collect_once()

    assert [one.job_id for one in told] == [job.id]
    assert (Lifeline.objects.get().answered, len(queue.messages)) == (1, 0)


def test_a_report_that_is_none_stays_on_the_queue() -> None:
    queue = MemoryQueue(['{"v": 1, "function": "burst-1"}', '{"v": 1, "function": 7}'])

    ResponseCollector(queue, lambda outcomes: None).collect_once()

    assert len(queue.messages) == 2
