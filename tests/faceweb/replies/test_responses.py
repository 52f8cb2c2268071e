"""The response path: replies become rows, once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from faceweb.models import Job, JobState
from faceweb.people.faces.shown_faces import job_json
from faceweb.replies.responses import (
    JobOutcome,
    QueueMessage,
    ResponseCollector,
    fail_job,
    filled_up,
    finished_among,
    record_replies,
)
from foundation import messages
from foundation.fleet.function_reports import FunctionReport, encode_report
from scaler.models import Lifeline
from scaler.record import function_runs
from tests.support.factories import make_face, make_job, make_reply
from tests.support.fakes import MemoryQueue

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_reply_ends_its_job_with_all_that_it_says() -> None:
    job = make_job()

    [outcome] = record_replies([make_reply(job.id)])

    job.refresh_from_db()
    assert outcome.result == job.result == "Paul"
    assert (job.state, job.instance_id, job.worker, job.model) == (
        JobState.SUCCEEDED, "i-1", "host:1", "dlib",
    )  # fmt: skip
    assert (job.width, job.height, job.distance) == (640, 480, 0.31)
    assert job.started_at is not None
    assert job.answered_at is not None
    assert job.stage_milliseconds == {"detect": 12.5, "embed": 30.0}


def test_the_first_reply_wins() -> None:
    job = make_job()
    record_replies([make_reply(job.id, answer="Paul")])

    [outcome] = record_replies([make_reply(job.id, answer="Shea")])

    assert outcome.result == "Paul"
    assert Job.objects.get(pk=job.id).result == "Paul"


def test_the_first_of_two_replies_in_one_batch_wins() -> None:
    job = make_job()

    record_replies([make_reply(job.id, answer="Paul"), make_reply(job.id, answer="Shea")])

    assert Job.objects.get(pk=job.id).result == "Paul"


def test_a_late_failure_does_not_undo_an_answer() -> None:
    job = make_job()
    record_replies([make_reply(job.id)])

    record_replies([make_reply(job.id, state=messages.FAILED, error="too late", answer="")])

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")


def test_a_failure_is_written_and_told_with_its_reason() -> None:
    job = make_job(width=30, height=40)
    reply = make_reply(
        job.id, state=messages.FAILED, answer="", faces=(), width=0, height=0,
        error_kind=messages.BAD_PICTURE, error="It has no pixels.", started_at=1e12,
    )  # fmt: skip
    outcome = JobOutcome(
        job_id=job.id, state="failed", result="", error_kind="bad-picture",
        error="It has no pixels.",
    )  # fmt: skip

    assert record_replies([reply]) == [outcome]

    job.refresh_from_db()
    assert (job.state, job.error_kind, job.error) == ("failed", "bad-picture", "It has no pixels.")
    assert (job.width, job.height, job.distance) == (30, 40, None)
    assert job.gallery_version == "abc"
    assert job.started_at is None, "no calendar has such a year"
    assert job.finished_at == datetime.fromtimestamp(1_780_000_000.5, UTC)
    assert record_replies([make_reply(job.id)]) == finished_among([job.id]) == [outcome]


def test_a_job_that_gets_no_reply_is_ended_with_a_reason() -> None:
    job = make_job()

    [outcome] = fail_job(job.id, messages.DEAD_LETTER, "It was given up.")

    told = (outcome.job_id, outcome.state, outcome.error_kind, outcome.error)
    assert told == (job.id, "failed", "dead-letter", "It was given up.")


def test_a_job_s_distance_is_that_of_its_first_face_that_has_one() -> None:
    job = make_job()
    faces = (make_face(distance=None), make_face(distance=0.4), make_face(distance=0.2))

    record_replies([make_reply(job.id, faces=faces)])

    assert Job.objects.get(pk=job.id).distance == 0.4


def test_the_log_says_which_job_was_answered_and_by_whom() -> None:
    job = make_job(created_at=timezone.now() - timedelta(seconds=90))
    with capture_logs() as lines:
        record_replies([make_reply(job.id), make_reply(job.id, answer="Shea")])
        record_replies([make_reply(job.id)])
        nobody = make_reply()
        record_replies([nobody])
        Collected(["}{"]).collector.collect_once()

    answered, unknown, malformed = lines
    seconds = answered.pop("seconds")
    assert 90 <= seconds == round(seconds, 3)
    assert answered == {
        "event": "job_answered", "log_level": "info", "job_id": str(job.id), "state": "succeeded",
        "instance_id": "i-1",
    }  # fmt: skip
    assert (unknown["event"], unknown["job_id"]) == ("reply_without_job", str(nobody.job_id))
    assert (malformed["event"], malformed["message_id"]) == ("reply_malformed", "0")


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


def test_a_face_nobody_knows_keeps_its_embedding_with_the_job() -> None:
    job = make_job()
    unknown = make_face(identity=None, embedding=b"\x00\x00\x80\x3f")

    record_replies([make_reply(job.id, answer="unknown", faces=(unknown,))])

    job.refresh_from_db()
    assert bytes(job.faces.get().embedding) == b"\x00\x00\x80\x3f"
    assert "embedding" not in job_json(job)["faces"][0]


def test_finished_jobs_are_found_whoever_wrote_them_down() -> None:
    finished, waiting, somebody_elses = make_job(), make_job(), make_job()
    record_replies([make_reply(finished.id), make_reply(somebody_elses.id)])

    found = finished_among([finished.id, waiting.id, uuid.uuid4()])

    assert [outcome.job_id for outcome in found] == [finished.id]


def test_ids_are_filled_up_to_the_next_power_of_two() -> None:
    ids = [uuid.uuid4() for _ in range(1000)]

    for count, length in ((0, 0), (1, 1), (2, 2), (3, 4), (5, 8), (512, 512), (1000, 1024)):
        filled = filled_up(ids[:count])
        assert len(filled) == length
        assert set(filled) == set(ids[:count])


class Collected:
    """A collector over a queue in memory, and what it told the waiters."""

    def __init__(self, bodies: Sequence[str], waiting: int = 0) -> None:
        self.queue = MemoryQueue(bodies)
        self.told: list[JobOutcome] = []
        self.collector = ResponseCollector(self.queue, self.told.extend, lambda: waiting)


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

    collected.collector.collect_once()

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


@pytest.mark.parametrize(("waiting", "seconds"), [(0, 0.0), (16, 0.0), (22, 0.06), (1000, 0.25)])
def test_replies_gather_where_many_clients_wait(waiting: int, seconds: float) -> None:
    """So that a round brings several. Few clients are answered at once, and a full round is
    followed by the next one at once: with a wait, ten replies a wait would be the most."""
    replies = [messages.encode_reply(make_reply(make_job().id)) for _ in range(17)]
    stop, collected = Stop(), Collected(replies, waiting)

    collected.collector.run(stop)

    assert stop.waits == pytest.approx([0.0, seconds])
    assert len(collected.told) == 17


def test_nothing_is_deleted_that_was_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    collected = Collected([messages.encode_reply(make_reply(job.id))])

    def broken(replies: object) -> list[JobOutcome]:
        raise ConnectionError("the database is away")

    monkeypatch.setattr("faceweb.replies.responses.record_replies", broken)
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
