"""Pages and pictures while S3 is away: a sentence and 503, and no traceback in the log."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from faceweb.intake import asking, writing
from faceweb.intake.writing import Entry
from faceweb.models import Batch, Change, Face, Job, Subject
from faceweb.pages import access
from faceweb.replies import patience, response_path
from faceweb.replies.threads import with_fresh_connection
from faceweb.replies.waiters import Waiters
from foundation.config import get_settings
from tests.support.factories import make_job, make_video, picture_bytes
from tests.support.fakes import MemoryBucket, RecordingSender
from tests.system.running import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.mark.parametrize("path", ["/people/1", "/people/1/picture"])
def test_storage_that_is_away_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(access, "subjects", away)

    answer = Client().get(path)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Storage does not answer" in answer.content.decode()


@pytest.fixture
def hanging() -> Iterator[str]:
    """The address of an S3 that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        stop = threading.Event()

        def hold() -> None:
            server.settimeout(0.05)
            while not stop.is_set():
                with suppress(TimeoutError):
                    held.append(server.accept()[0])

        thread = threading.Thread(target=hold)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        thread.join()
        for connection in held:
            connection.close()


class AtOnce:
    """Writes each job down at once: Django's test client has a new event loop for each request."""

    def add(self, *entries: Entry) -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, with_fresh_connection, writing.write_and_send, entries)


@pytest.fixture
def in_short(hanging: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All of AWS hangs, and nobody waits long for it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", hanging)
    monkeypatch.setattr(patience, "STEP_SECONDS", 0.1)
    monkeypatch.setattr(
        response_path, "running", lambda: SimpleNamespace(waiters=Waiters(), entries=AtOnce())
    )
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


LOOKS = ("/people/1", "/jobs/{waiting}/picture", "/fleet")


@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize("path", LOOKS)
def test_a_page_is_answered_while_storage_hangs(path: str) -> None:
    """The thread behind it still waits for S3."""
    answer = Client().get(path.format(**rows()), headers={"accept": "text/html"})

    assert answer.status_code == 503
    assert "Storage does not answer" in answer.content.decode()


POSTS: list[tuple[str, dict[str, Any]]] = [
    ("/recognise", {"inputFile": "a.jpg"}),
    ("/compare/one/picture", {"inputFile": "a.jpg"}),
    ("/compare/one/picture", {"picture": "{answered}"}),
    ("/people/added", {"name": "Ann", "pictures": "a.jpg"}),
    ("/people/1", {"do": "rename", "name": "Ann"}),
    ("/people/1", {"do": "merge", "into": "2"}),
    ("/people/1", {"do": "remove", "example": "3"}),
    ("/faces/say", {"do": "somebody", "name": "Ann", "face": "{face}"}),
    ("/faces/undo", {"change": "{change}"}),
    ("/batches/{batch}/pictures", {"inputFile": "a.jpg"}),
    ("/batches/{batch}/change", {"do": "retry"}),
    ("/videos/{video}/delete", {}),
    ("/fleet/burst", {}),
    ("/videos", {"inputFile": "a.mp4"}),
]
"""What asks storage or a queue for something."""


@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize(("path", "fields"), POSTS)
def test_what_is_sent_is_answered_while_storage_hangs(path: str, fields: dict[str, Any]) -> None:
    (get_settings().var_dir / "samples").mkdir(parents=True, exist_ok=True)
    (get_settings().var_dir / "samples" / "a.jpg").write_bytes(picture_bytes())
    known = rows()
    form = {name: _field(value.format(**known)) for name, value in fields.items()}

    answer = Client().post(path.format(**known), form, headers={"accept": "text/html"})

    assert answer.status_code == 503
    assert "torage does not answer" in answer.content.decode()


PICTURES: list[tuple[str, tuple[str, ...]]] = [
    ("/", ("inputFile",)),
    ("/api/v1/recognise", ("picture",)),
    ("/api/v1/recognise/batch", ("pictures",)),
    ("/api/v1/detect", ("picture",)),
    ("/api/v1/verify", ("picture", "other")),
    ("/api/v1/search", ("picture",)),
    ("/api/v1/detection/detect", ("file",)),
]


@pytest.mark.usefixtures("in_short")
@pytest.mark.parametrize(("path", "names"), PICTURES)
def test_a_picture_is_answered_while_storage_hangs(path: str, names: tuple[str, ...]) -> None:
    """Programs' clients: the contract's, the API's, and CompreFace's, which has its own words."""
    answer = send(path, *names)

    assert answer.status_code == 503
    if not path.startswith("/api/v1/detection/"):
        assert answer["Retry-After"] == "5"
        assert "may not have been taken" in answer.content.decode()


@pytest.mark.usefixtures("in_short")
def test_a_picture_that_hung_is_taken_when_it_is_sent_again_with_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = {"idempotency-key": "one"}
    assert send("/api/v1/recognise?wait=false", "picture", **kept).status_code == 503

    monkeypatch.setattr(asking, "in_bucket", lambda _: MemoryBucket())
    monkeypatch.setattr(writing, "send_task", lambda *_: None)
    taken = send("/api/v1/recognise?wait=false", "picture", **kept)
    replayed = send("/api/v1/recognise?wait=false", "picture", **kept)

    assert (taken.status_code, taken.json()["filename"]) == (202, "a.jpg")
    assert replayed["Idempotency-Replayed"] == "true"
    assert replayed.json() == taken.json()


class HangingBucket(MemoryBucket):
    """Stores a picture, and says so much later."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def put_new(self, *args: Any) -> None:
        super().put_new(*args)
        self.release.wait(20)


@pytest.mark.usefixtures("in_short")
def test_a_picture_that_hung_is_not_recognised_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was stored after all, when its client had sent it again."""
    hanging, sender = HangingBucket(), RecordingSender()
    monkeypatch.setattr(asking, "in_bucket", lambda _: hanging)
    monkeypatch.setattr(writing, "send_task", sender)
    assert send("/api/v1/recognise?wait=false", "picture").status_code == 503

    monkeypatch.setattr(asking, "in_bucket", lambda _: MemoryBucket())
    taken = send("/api/v1/recognise?wait=false", "picture").json()["id"]
    hanging.release.set()
    wait_for(lambda: Job.objects.filter(state="cancelled").exists(), 20)

    [late] = Job.objects.exclude(pk=taken)
    assert sender.sent == [taken]
    assert "sent again" in late.error
    assert late.input_key == Job.objects.get(pk=taken).input_key == "a.jpg"


def send(path: str, *names: str, **headers: str) -> Any:
    return Client().post(path, {name: _field("a.jpg") for name in names}, headers=headers)


def _field(value: str) -> object:
    contents = {".jpg": picture_bytes(), ".mp4": b"\0\0\0\x18ftypmp42"}
    content = contents.get(value[-4:])
    return SimpleUploadedFile(value, content) if content else value


def rows() -> dict[str, object]:
    """A picture that waits, one that failed in a batch, one with a face, and a video."""
    waiting, failed, answered = make_job(state="queued"), make_job(state="failed"), make_job()
    face = Face.objects.create(
        job=answered, number=0, seen_at=answered.created_at, left=0, top=0, right=9, bottom=9,
        probability=1.0, is_unknown=True, embedding=b"0000",
    )  # fmt: skip
    batch = Batch.objects.create(made_at=answered.created_at, expected=1)
    batch.pictures.create(job=failed)
    change = Change.objects.create(
        kind="example", people=["1"], made_at=answered.created_at, embeddings=b"0000",
        before={"model": "dlib", "example": "3", "rows": 1},
    )  # fmt: skip
    Subject.objects.create(pk="1", name="Bea")
    return {
        "waiting": waiting.pk, "answered": answered.pk, "face": face.pk, "batch": batch.pk,
        "change": change.pk, "video": make_video().pk,
    }  # fmt: skip


@pytest.mark.parametrize(("programs", "seconds"), [(0, 4.5), (2, 4.5), (4, 9.0), (99, 27.0)])
def test_a_look_is_answered_within_five_seconds_unless_the_machine_is_busy(
    programs: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience.os, "getloadavg", lambda: (programs, 0.0, 0.0))
    monkeypatch.setattr(patience.os, "cpu_count", lambda: 2)

    assert patience.patience(patience.STEP_SECONDS) == seconds
