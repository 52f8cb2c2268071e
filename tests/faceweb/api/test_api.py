"""The API's doors: keys, problems, idempotency. Recognition itself is in tests/system."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import AsyncClient

from faceweb import views
from faceweb.access import identity
from faceweb.access.callers import issue_key
from faceweb.intake import asking, writing
from faceweb.models import ApiKey, Collection, Face, IdempotentAnswer, Job
from faceweb.replies.responses import record_replies
from faceweb.replies.threads import run_in_thread
from faceweb.watch import metrics
from foundation.messages import CandidateReply
from tests.support.factories import make_face, make_job, make_reply, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender

# Requests run on threads of their own, so what they see must be committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

PROBLEM = "application/problem+json"


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(require_api_key=True)
    monkeypatch.setattr(identity, "get_settings", lambda: settings)


@pytest.fixture
def fleet_key() -> str:
    return issue_key(ApiKey(name="watcher", may_recognise=False, may_read_fleet=True))


async def test_jobs_are_listed_without_a_key_on_ones_own_machine(job: Job) -> None:
    answer = await AsyncClient().get("/api/v1/jobs")

    assert [one["id"] for one in answer.json()["jobs"]] == [str(job.pk)]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


async def test_a_key_is_asked_for_where_it_is_required(strict: None) -> None:
    answer = await AsyncClient().get("/api/v1/jobs")

    assert (answer.status_code, answer["Content-Type"]) == (401, PROBLEM)


async def test_a_key_opens_only_what_its_scopes_say(strict: None, fleet_key: str) -> None:
    answer = await AsyncClient().get("/api/v1/jobs", headers={"X-API-Key": fleet_key})

    assert answer.status_code == 403
    assert "recognise" in answer.json()["detail"]


async def test_a_key_over_its_rate_gets_retry_after() -> None:
    secret = await run_in_thread(issue_key, ApiKey(name="busy", requests_per_minute=1))
    for _ in range(2):
        answer = await AsyncClient().get("/api/v1/jobs", headers={"X-API-Key": secret})

    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60


AFTER_ALL_TIME = base64.urlsafe_b64encode(
    b"9999-12-31T23:59:59-23:59|00000000-0000-0000-0000-000000000000"
).decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/jobs/00000000-0000-0000-0000-000000000000", 404),
        ("/api/v1/jobs?cursor=nonsense", 400),
        ("/api/v1/jobs?limit=0", 422),
        ("/api/v1/jobs?state=asleep", 422),
        ("/api/v1/jobs?since=9999-12-31T23:59:59-23:59", 422),
        ("/api/v1/jobs?until=0001-01-01T00:00:00%2B14:00", 422),
        (f"/api/v1/jobs?cursor={AFTER_ALL_TIME}", 400),
    ],
)
async def test_errors_are_problem_details(path: str, status: int) -> None:
    answer = await AsyncClient().get(path)

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


@pytest.mark.usefixtures("waiters")
async def test_what_is_no_picture_is_refused() -> None:
    file = SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>")
    answer = await AsyncClient().post("/api/v1/detect", {"picture": file})

    assert (answer.status_code, answer["Content-Type"]) == (415, PROBLEM)
    assert not await Job.objects.aexists()


@pytest.mark.usefixtures("waiters")
async def test_a_batch_with_one_bad_picture_takes_the_others_and_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = MemoryBucket()
    monkeypatch.setattr(asking, "in_bucket", lambda settings: bucket)
    monkeypatch.setattr(writing, "send_task", RecordingSender())
    good = [SimpleUploadedFile(f"{n}.jpg", picture_bytes(seed=n)) for n in (1, 2)]
    bad = SimpleUploadedFile("bad.jpg", b"no picture")
    path = "/api/v1/recognise/batch?wait=false"

    answer = await AsyncClient().post(path, {"pictures": [good[0], bad, good[1]]})

    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert [job["filename"] for job in told["jobs"]] == ["1.jpg", "2.jpg"]
    [problem] = told["problems"]
    assert (problem["picture"], problem["filename"], problem["status"]) == (1, "bad.jpg", 415)
    assert "not a picture" in problem["detail"]

    bad.seek(0)
    none = await AsyncClient().post(path, {"pictures": [bad]})
    assert (none.status_code, none["Content-Type"]) == (415, PROBLEM)
    assert len(none.json()["problems"]) == 1


class FailsAtTheThird(MemoryBucket):
    def put_new(self, *args: Any) -> None:
        if len(self.objects) == 2:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        super().put_new(*args)


@pytest.mark.usefixtures("waiters")
async def test_a_batch_that_storage_does_not_all_take_is_not_recognised_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its client sends all of it again. What is in S3 has rows to erase it by."""
    bucket, sender = FailsAtTheThird(), RecordingSender()
    monkeypatch.setattr(asking, "in_bucket", lambda settings: bucket)
    monkeypatch.setattr(writing, "send_task", sender)
    pictures = [SimpleUploadedFile(f"{n}.jpg", picture_bytes(seed=n)) for n in range(3)]

    answer = await AsyncClient().post("/api/v1/recognise/batch", {"pictures": pictures})

    jobs = [job async for job in Job.objects.all()]
    assert (answer.status_code, sender.sent) == (503, [])
    assert {(job.input_key, job.state) for job in jobs} == {
        ("0.jpg", "cancelled"),
        ("1.jpg", "cancelled"),
    }
    assert set(bucket.objects) == {job.input_key for job in jobs}


async def test_a_form_that_can_not_be_read_is_the_clients_fault() -> None:
    """Found by Schemathesis: a multipart form without a boundary."""
    answer = await AsyncClient().post("/api/v1/detect", b"x", content_type="multipart/form-data")

    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


async def test_a_post_sent_twice_is_done_once(job: Job) -> None:
    client, key = AsyncClient(), {"Idempotency-Key": "one"}

    first = await client.post(f"/api/v1/jobs/{job.pk}/cancel", headers=key)
    again = await client.post(f"/api/v1/jobs/{job.pk}/cancel", headers=key)
    other = await client.post(
        "/api/v1/jobs/00000000-0000-0000-0000-000000000000/cancel", headers=key
    )

    assert first.status_code == again.status_code == 200
    assert json.loads(first.content) == json.loads(again.content)
    assert again["Idempotency-Replayed"] == "true"
    assert other.status_code == 422
    assert await IdempotentAnswer.objects.acount() == 1


@pytest.mark.parametrize("asked_first", ["", "?wait=true", "?collection=staff"])
async def test_an_answer_to_another_query_is_not_given_again(job: Job, asked_first: str) -> None:
    await Collection.objects.acreate(name="staff")
    client, key = AsyncClient(), {"Idempotency-Key": "one"}
    path = f"/api/v1/jobs/{job.pk}/cancel"
    if asked_first == "?collection=staff":
        await Job.objects.aupdate(collection=await Collection.objects.aget(name="staff"))

    first = await client.post(f"{path}{asked_first}", headers=key)
    other = await client.post(f"{path}?collection=default", headers=key)

    assert (first.status_code, other.status_code) == (200, 422)
    assert "was used for another request" in other.json()["detail"]


async def test_a_database_that_goes_while_a_job_is_told_is_away_and_no_fault(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(views, "waiting_json", gone)

    answer = await AsyncClient().get(f"/jobs/{job.pk}")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Ask again in a moment" in answer.json()["error"]


async def test_no_embedding_leaves_the_api(job: Job) -> None:
    await run_in_thread(record_replies, [make_reply(job.id)])

    assert "embedding" not in (await AsyncClient().get(f"/api/v1/jobs/{job.pk}")).content.decode()


def test_a_reply_is_counted_for_prometheus(job: Job) -> None:
    before = metrics.registry.get_sample_value(
        "faceweb_recogniser_stage_seconds_count", {"stage": "detect"}
    )
    record_replies([make_reply(job.id)])
    after = metrics.registry.get_sample_value(
        "faceweb_recogniser_stage_seconds_count", {"stage": "detect"}
    )

    assert (after or 0) == (before or 0) + 1


@pytest.mark.parametrize(
    ("webhook", "status", "words"),
    [
        (None, 503, "Database, storage or queues do not answer"),
        ("file:///etc/passwd", 422, "the address must be a URL"),
        ("https://user:password@example.org/", 422, "must not hold a password"),
        ("x" * 2001, 422, "can't be used"),
    ],
)
async def test_a_webhook_is_optional_and_checked_before_anything_is_stored(
    webhook: str | None, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(request: Any, accept: Any, count: int, *_: Any) -> Any:
        return await run_in_thread(lambda: list(accept([uuid.uuid4() for _ in range(count)])))

    monkeypatch.setattr(asking, "submit_and_wait", at_once)
    picture = SimpleUploadedFile("a.jpg", picture_bytes(), "image/jpeg")
    form = {"picture": picture} | ({"webhook": webhook} if webhook else {})

    answer = await AsyncClient().post("/api/v1/recognise", form)

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert words in answer.json()["detail"]
    assert not await Job.objects.aexists()


async def test_an_address_that_there_is_not_is_a_problem_for_programs_and_a_page_for_people() -> (
    None
):
    program = await AsyncClient().get("/api/v1/nothing")
    person = await AsyncClient().get("/nothing", headers={"accept": "text/html"})

    assert (program.status_code, program["Content-Type"]) == (404, PROBLEM)
    assert person.status_code == 404
    assert "It may have been deleted" in person.content.decode()


@pytest.mark.parametrize("name", ["unknown", "No Face", "a\u202eb", "  "])
async def test_a_name_that_cant_be_one_is_a_problem_that_says_why(name: str) -> None:
    form = {"name": name, "picture": SimpleUploadedFile("x.jpg", b"x")}
    response = await AsyncClient().post("/api/v1/subjects", form)

    assert response.status_code == 422
    assert "can't be a person's name" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "candidates=101",
        "candidates=-1",
        "min_probability=1.5",
        "min_probability=often",
        "threshold=0",
        "max_faces=0",
        "max_faces=1001",
    ],
)
async def test_options_out_of_range_are_refused(query: str) -> None:
    form = {"picture": SimpleUploadedFile("a.jpg", picture_bytes(), "image/jpeg")}
    answer = await AsyncClient().post(f"/api/v1/recognise?{query}", form)

    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert not await Job.objects.aexists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/api/v1/subjects/%00", None),
        ("get", "/api/v1/jobs?result=%00", None),
        ("delete", "/api/v1/subjects/a%00b/examples/c", None),
        ("patch", "/api/v1/subjects/x", {"name": "\x00"}),
    ],
)
async def test_a_nul_is_refused_with_a_sentence(method: str, path: str, body: Any) -> None:
    """PostgreSQL stores none, and said so by an error that became 500."""
    more = {"data": body, "content_type": "application/json"} if body else {}
    answer = await getattr(AsyncClient(), method)(path, **more)

    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == PROBLEM


async def test_a_face_is_found_among_all_that_were_seen(
    private: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nameless face that is alike, a picture of a person who is, and none of strangers."""
    look, other = (np.eye(128, dtype="<f4")[n] for n in (0, 1))
    near = CandidateReply(person_id="p1", name="Ann", distance=0.1, similarity=0.9)
    asked = make_face(identity=None, embedding=look.tobytes(), candidates=(near,))

    def answered(job: Job) -> None:
        record_replies([make_reply(job.pk, answer="unknown", model="dlib", faces=(asked,))])

    def seen(**changes: Any) -> Job:
        job = make_job()
        face = make_face(**changes)
        record_replies([make_reply(job.pk, answer="x", model="dlib", faces=(face,))])
        return job

    alike, _ = await run_in_thread(
        lambda: [seen(identity=None, embedding=one.tobytes()) for one in (look, other)]
    )
    of_ann = await run_in_thread(lambda: seen(identity="Ann", person_id="p1"))
    monkeypatch.setattr(writing, "send_task", answered)
    form = {"picture": SimpleUploadedFile("a.jpg", picture_bytes())}

    answer = await AsyncClient().post("/api/v1/search", form)

    found = answer.json()["faces"]
    assert [(one["job"], one["name"]) for one in found] == [
        (str(alike.pk), None), (str(of_ann.pk), "Ann"),
    ]  # fmt: skip
    assert private.objects == {}
    assert not await Face.objects.filter(job__kind="embed", embedding__isnull=False).aexists()
