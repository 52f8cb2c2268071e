"""A JSON body with pictures is a form: the same fields, files and refusals. Details of faces."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import Any

import numpy as np
import pytest
from django.test import AsyncClient

from faceweb.access import identity
from faceweb.access.callers import issue_key
from faceweb.intake import asking, sent_pictures, writing
from faceweb.models import ApiKey, Job
from faceweb.people.faces import details
from faceweb.replies.responses import record_replies
from faceweb.replies.threads import THREADS, run_in_thread
from tests.support.factories import make_face, make_job, make_reply, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("waiters")]

PICTURE = picture_bytes()
BASE64 = base64.b64encode(PICTURE).decode()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    bucket = MemoryBucket()
    for name in ("in_bucket", "gallery_bucket"):
        monkeypatch.setattr(asking, name, lambda settings: bucket)
    monkeypatch.setattr(writing, "send_task", RecordingSender())
    monkeypatch.setattr(details, "bucket_of", lambda job, settings: bucket)
    return bucket


async def posted(path: str, body: object, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return await AsyncClient().post(
        f"/api/v1/{path}", text, content_type="application/json", headers=headers
    )


async def test_base64_is_recognised_as_a_file_is_with_its_options(bucket: MemoryBucket) -> None:
    query = "wait=false&threshold=0.9&max_faces=2&candidates=5&embeddings=true"
    answer = await posted(f"recognise?{query}", {"picture": {"name": "a.jpg", "content": BASE64}})

    assert answer.status_code == 202, answer.content
    job = await Job.objects.aget()
    assert (job.filename, bucket.get(job.input_key)) == ("a.jpg", PICTURE)
    assert job.options == {"threshold": 0.9, "most_faces": 2, "candidates": 5, "embeddings": True}


async def test_several_pictures_and_fields_of_a_form_come_as_json(bucket: MemoryBucket) -> None:
    batch = await posted("recognise/batch?wait=false", {"pictures": [BASE64, "no base64!"]})
    verify = await posted(
        "verify?wait=false", {"picture": BASE64, "other": BASE64, "face": 1, "other_face": "all"}
    )

    assert [one["status"] for one in batch.json()["problems"]] == [422]
    assert verify.status_code == 202, verify.content
    job = await Job.objects.aget(kind="verify")
    assert job.options == {"face": 1, "other_face": "all"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"picture": "no base64!"}, 422),
        ({"picture": base64.b64encode(b"no picture").decode()}, 415),
        ({"something": 1}, 422),
        ("[1", 422),
        ([BASE64], 422),
        ({"picture": [BASE64] * 22}, 413),
        ({"something": "x" * 2**20}, 413),
    ],
    ids=["words", "no picture", "no field", "no JSON", "a list", "too many", "too large"],
)
async def test_json_that_is_no_picture_is_a_problem(
    body: Any, status: int, bucket: MemoryBucket
) -> None:
    answer = await posted("recognise", body)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not await Job.objects.aexists()


@pytest.mark.parametrize(
    "there",
    [
        {"picture": {"url": "https://slow.example/a.jpg"}},
        {"picture": BASE64, "webhook": "https://slow.example/"},
    ],
    ids=["picture", "webhook"],
)
async def test_a_slow_server_of_others_holds_up_no_picture_that_is_sent(
    there: dict[str, object], bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def fetched(*_: object) -> bytes:
        answers.wait()
        return PICTURE

    monkeypatch.setattr(sent_pictures, "fetched", fetched)
    monkeypatch.setattr(asking, "checked_address", fetched)
    slow = [asyncio.create_task(posted("recognise?wait=false", there)) for _ in range(THREADS)]
    try:
        await asyncio.sleep(0.1)  # they have come
        sent = await asyncio.wait_for(posted("recognise?wait=false", {"picture": BASE64}), 30)
    finally:
        answers.set()

    assert [one.status_code for one in (sent, *await asyncio.gather(*slow))] == [202] * (
        THREADS + 1
    )


@pytest.mark.parametrize("pictures", [[], None])
async def test_a_batch_of_no_picture_is_a_problem(pictures: Any, bucket: MemoryBucket) -> None:
    answer = await posted("recognise/batch", {"pictures": pictures})

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")


async def test_the_same_json_sent_twice_is_done_once(bucket: MemoryBucket) -> None:
    for _ in range(2):
        answer = await posted(
            "recognise?wait=false", {"picture": BASE64}, **{"Idempotency-Key": "a"}
        )

    assert answer["Idempotency-Replayed"] == "true"
    assert await Job.objects.acount() == 1


def answered(bucket: MemoryBucket) -> Job:
    job = make_job()
    bucket.put(job.input_key, PICTURE, "image/jpeg")
    embedding = np.array([0.5, -1.0], "<f4").tobytes()
    marks = ((10.0, 10.0), (20.0, 10.0), (15.0, 15.0), (11.0, 20.0), (19.0, 20.0))
    faces = (make_face(embedding=embedding, landmarks=marks, box=(1.0, 1.0, 30.0, 30.0)),)
    record_replies([make_reply(job.pk, faces=faces)])
    return job


async def test_details_come_only_to_who_asks_for_them(bucket: MemoryBucket) -> None:
    job = await run_in_thread(answered, bucket)
    path = f"/api/v1/jobs/{job.pk}"

    [plain] = (await AsyncClient().get(path)).json()["faces"]
    asked = "embeddings=true&crops=true&pose=true"
    [full] = (await AsyncClient().get(f"{path}?{asked}")).json()["faces"]

    assert full.keys() - plain.keys() == {"embedding", "crop", "pose"}
    assert full["embedding"] == [0.5, -1.0]
    assert base64.b64decode(full["crop"]).startswith(b"\xff\xd8")
    assert full["pose"]["roll"] == 0.0


async def test_embeddings_are_for_keys_that_may_read_them(
    bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(require_api_key=True)
    monkeypatch.setattr(identity, "get_settings", lambda: settings)
    job = await run_in_thread(answered, bucket)
    plain = await run_in_thread(issue_key, ApiKey(name="plain"))
    trusted = await run_in_thread(issue_key, ApiKey(name="trusted", may_read_embeddings=True))

    answers = [
        await AsyncClient().get(
            f"/api/v1/jobs/{job.pk}?embeddings=true", headers={"X-API-Key": key}
        )
        for key in (plain, trusted)
    ]

    assert [answer.status_code for answer in answers] == [403, 200]
    assert "embeddings" in answers[0].json()["detail"]
