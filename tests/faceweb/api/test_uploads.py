"""Forms for uploads to S3: for whom they are, and what is checked before any is given."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import AsyncClient, Client

from faceweb.access.callers import issue_key
from faceweb.api import uploads
from faceweb.intake.arriving import key_of
from faceweb.models import ApiKey, Collection, PendingUpload, Team
from faceweb.replies.threads import THREADS
from scaler.record import orders
from tests.support.factories import make_settings

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

SLOW = SimpleNamespace(host_header="slow.example")


class Forms:
    """A bucket whose forms are empty."""

    def form_for(self, key: str, *_: object) -> SimpleNamespace:
        return SimpleNamespace(url="http://s3/", fields={"key": key})


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were looked up."""
    looked_up: list[str] = []

    def resolved(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["10.0.0.1" if host == "inside.example" else "1.1.1.1"]

    monkeypatch.setattr(uploads, "in_bucket", lambda settings: Forms())
    monkeypatch.setattr(uploads, "resolved", resolved)
    monkeypatch.setattr(
        uploads, "get_settings", lambda: make_settings(webhook_private_addresses=False)
    )
    return looked_up


def ask(*pictures: dict[str, str], path: str = "batch", **headers: str) -> Any:
    body: Any = {"uploads": list(pictures)} if path else pictures[0]
    path = f"/api/v1/uploads/{path}".rstrip("/")
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_forms_are_for_the_collection_of_the_key() -> None:
    team = Team.objects.create(name="red")
    staff = Collection.objects.create(team=team, name="staff")
    key = issue_key(ApiKey(name="red", team=team))

    answer = ask({"filename": "a.jpg"}, {"filename": "b.jpg"}, **{"X-API-Key": key})

    assert answer.status_code == 201, answer.json()
    pending = list(PendingUpload.objects.order_by("filename"))
    assert [(one.filename, one.collection_id) for one in pending] == [
        ("a.jpg", staff.pk),
        ("b.jpg", staff.pk),
    ]
    told = [(one["id"], one["fields"]["key"]) for one in answer.json()["uploads"]]
    assert told == [(str(one.pk), key_of(one)) for one in pending]


def test_a_key_without_the_scope_gets_no_form() -> None:
    key = issue_key(ApiKey(name="reader", may_recognise=False))

    assert ask({}, **{"X-API-Key": key}).status_code == 403
    assert not PendingUpload.objects.exists()


@pytest.mark.parametrize("path", ["", "batch"])
@pytest.mark.parametrize("webhook", ["https://inside.example/", "http://a.example/", "https://[x"])
def test_a_webhook_is_checked_before_a_form_is_given(path: str, webhook: str) -> None:
    assert ask({"webhook": webhook}, path=path).status_code == 422
    assert not PendingUpload.objects.exists()


def test_one_host_is_looked_up_once_for_all_webhooks(looked_up: list[str]) -> None:
    """A slow name server would hold the request's thread for each of them."""
    hooks = [{"webhook": f"https://a.example/{number}"} for number in range(3)]

    assert ask(*hooks).status_code == 201
    assert ask(*hooks, {"webhook": "https://b.example/"}).status_code == 422
    assert looked_up.count("a.example") <= 2 and len(looked_up) <= 3
    assert PendingUpload.objects.count() == 3


@pytest.mark.parametrize("path", ["", "batch"])
def test_no_form_is_given_while_the_intake_is_paused(path: str) -> None:
    orders.pause("tester")

    answer = ask({"filename": "a.jpg"}, path=path)

    assert (answer.status_code, PendingUpload.objects.count()) == (503, 0)
    assert "paused" in answer.json()["detail"]


@pytest.mark.parametrize(("count", "status"), [(0, 422), (100, 201), (101, 422)])
def test_a_burst_has_up_to_a_hundred_pictures(count: int, status: int) -> None:
    assert ask(*[{"filename": "a.jpg"}] * count).status_code == status
    assert PendingUpload.objects.count() == (count if status == 201 else 0)


def test_a_job_whose_picture_is_on_its_way_says_so() -> None:
    job = ask({"filename": "a.jpg"}, path="").json()["job"]

    answer = Client().get(job)

    assert answer.status_code == 404
    assert "has not arrived yet" in answer.json()["detail"]
    PendingUpload.objects.all().delete()
    assert "There is no job" in Client().get(job).json()["detail"]


async def test_a_host_that_is_looked_up_slowly_holds_up_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(uploads, "checked_address", lambda *_: answers.wait() and SLOW)
    body = {"webhook": "https://slow.example/"}
    slow = [
        asyncio.create_task(
            AsyncClient().post("/api/v1/uploads", body, content_type="application/json")
        )
        for _ in range(THREADS)
    ]
    try:
        await asyncio.sleep(0.1)  # they have come
        other = await asyncio.wait_for(AsyncClient().get("/api/v1/jobs"), 30)
    finally:
        answers.set()

    told = [one.status_code for one in (other, *await asyncio.gather(*slow))]
    assert told == [200, *[201] * THREADS]
