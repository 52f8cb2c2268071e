"""The client for Python against answers that are made up; the real system is in tests/system."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from faces_client import (
    ApiError,
    AsyncClient,
    Client,
    NotAnswered,
    NotFound,
    Unreachable,
    WebhookRefused,
    cli,
    verified_webhook,
)
from faces_client.calls import Options
from faces_client.retries import Retries

from faceweb.webhooks.signing import new_secret, signed_headers
from foundation.config import PROJECT_DIRECTORY
from tests.support.factories import picture_bytes

JOB: dict[str, Any] = {
    "id": "1", "url": "/jobs/1", "kind": "recognise", "state": "succeeded", "filename": "a.jpg",
    "result": "Ann", "distance": 0.5, "error": None, "model": "sface",
    "faces": [
        {"box": [1, 2, 3, 4], "probability": 0.9, "identity": "Ann", "person_id": "p",
         "candidates": [{"person_id": "p", "name": "Ann", "distance": 0.5, "similarity": 0.8}],
         "pose": {"yaw": 1.0, "pitch": 2.0, "roll": 3.0}, "embedding": [0.5], "crop": "aGk="}
    ],
}  # fmt: skip
AT_ONCE = Retries(attempts=3, first_seconds=0.0)
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Gives these answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options: Any) -> Client:
        return Client(
            "http://faces.example", transport=httpx.MockTransport(self), retries=AT_ONCE, **options
        )


def job(**changes: Any) -> httpx.Response:
    return httpx.Response(200, json={**JOB, **changes})


def test_a_picture_is_asked_about_with_its_options() -> None:
    server = Server(job())

    found = server.client(key="k", collection="shop").recognise(
        picture_bytes(), Options(candidates=5, pose=True), webhook="https://example.org/"
    )

    [request] = server.asked
    assert request.url.path == "/api/v1/recognise"
    assert dict(request.url.params) == {"collection": "shop", "candidates": "5", "pose": "true"}
    assert request.headers["X-API-Key"] == "k"
    assert picture_bytes() in request.content and b"https://example.org/" in request.content
    [face] = found.faces
    assert (face.name, face.candidates[0].similarity, face.crop) == ("Ann", 0.8, b"hi")
    assert face.pose is not None and face.pose.pitch == 2.0


def test_an_address_is_sent_as_json_for_the_system_to_fetch() -> None:
    server = Server(httpx.Response(200, json={"same_person": True, "similarity": 0.9,
                                              "distance": 0.1, "job": JOB}))  # fmt: skip

    found = server.client().verify("https://example.org/a.jpg", b"bytes")

    sent = json.loads(server.asked[0].content)
    assert sent["picture"] == {"url": "https://example.org/a.jpg"}
    assert sent["other"] == {"name": "picture.jpg", "content": "Ynl0ZXM="}
    assert found.same_person


@pytest.mark.parametrize(
    "passing",
    [
        httpx.ConnectError("refused"),
        httpx.Response(503, headers={"Retry-After": "0"}),
        httpx.Response(429),
        httpx.Response(409, headers={"Retry-After": "0"}),
    ],
    ids=["unreachable", "503", "429", "still running"],
)
def test_what_passes_is_tried_again_with_the_same_idempotency_key(passing: Any) -> None:
    server = Server(passing, job())

    assert server.client().recognise(b"x").result == "Ann"

    keys = [request.headers["Idempotency-Key"] for request in server.asked]
    assert len(keys) == 2 and keys[0] == keys[1] == str(uuid.UUID(keys[0]))


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404, json={"detail": "There is no job 1."}), NotFound, "no job 1"),
        (httpx.Response(409, json={"detail": "A conflict."}), ApiError, "A conflict"),
        (httpx.Response(500, text="oops"), ApiError, "answered 500"),
        (httpx.Response(422, json={"detail": "", "errors": [{"where": "limit", "message": "x"}]}),
         ApiError, "limit: x"),
        (httpx.ConnectError("refused"), Unreachable, "could not be reached"),
    ],
)  # fmt: skip
def test_errors_say_what_was_wrong(answer: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        Server(answer).client().job("1")


@pytest.mark.parametrize(
    ("attempt", "status", "headers", "pause"),
    [
        (1, 503, {}, 0.5),
        (3, None, {}, 2.0),
        (1, 429, {"retry-after": "7"}, 7.0),
        (1, 429, {"retry-after": "7000"}, 30.0),
        (1, 503, {"retry-after": "soon"}, 0.5),
        (4, 503, {}, None),
        (1, 200, {}, None),
        (1, 422, {}, None),
        (1, 409, {}, None),
    ],
)
def test_pauses_grow_and_follow_what_the_system_asks(
    attempt: int, status: int | None, headers: dict[str, str], pause: float | None
) -> None:
    assert Retries().pause(attempt, status, headers) == pause


def test_waiting_ends_with_the_job_or_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faces_client.client.POLL_SECONDS", 0.0)
    open_job = job(state="queued", result=None, faces=[])

    assert Server(open_job, job()).client().wait("1").is_final
    with pytest.raises(NotAnswered):
        Server(open_job).client().wait("1", seconds=0.0)


def test_all_pages_of_people_are_read() -> None:
    pages = [
        {"subjects": [{"id": name, "name": name, "examples": 1}], "next": after}
        for name, after in (("Ann", "Ann"), ("Bob", None))
    ]
    server = Server(*(httpx.Response(200, json=page) for page in pages))

    assert [person.name for person in server.client().people()] == ["Ann", "Bob"]
    assert server.asked[1].url.params["after"] == "Ann"


async def test_the_asynchronous_client_sends_the_same_calls() -> None:
    server = Server(httpx.Response(503), job())
    async with AsyncClient(
        "http://faces.example", transport=httpx.MockTransport(server), retries=AT_ONCE
    ) as client:
        found = await client.recognise(b"x", Options(max_faces=1))

    assert found.result == "Ann"
    assert server.asked[1].url.params["max_faces"] == "1"


def test_the_end_of_a_job_is_an_event() -> None:
    waits = json.dumps(JOB | {"state": "queued", "faces": []})
    ended = json.dumps(JOB)
    text = f":\n\nevent: job\ndata: {waits}\n\nevent: ended\ndata: {ended}\n\n"
    server = Server(httpx.Response(200, text=text))

    found = list(server.client().events("1"))

    assert [one.state for one in found] == ["queued", "succeeded"]
    assert server.asked[0].url.path == "/api/v1/jobs/1/events"


def test_a_job_that_is_not_there_has_no_events() -> None:
    server = Server(httpx.Response(404, json={"detail": "There is no job 1."}))

    with pytest.raises(NotFound, match="no job 1"):
        list(server.client().events("1"))


def test_an_upload_is_waited_for_until_its_picture_has_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("faces_client.client.POLL_SECONDS", 0.0)
    form = {"id": "1", "url": "http://s3/", "fields": {"key": "k"}, "max_bytes": 9}
    absent = httpx.Response(404, json={"detail": "There is no job 1."})
    client = Server(httpx.Response(201, json=form), absent, job()).client()

    allowed = client.allow_upload("a.jpg", options=Options(candidates=2))

    assert (allowed.fields, client.wait(allowed).result) == ({"key": "k"}, "Ann")


def test_a_burst_gets_a_form_for_each_picture() -> None:
    forms = [{"id": id, "url": "http://s3/", "fields": {}, "max_bytes": 9} for id in "12"]
    server = Server(httpx.Response(201, json={"uploads": forms}))

    allowed = server.client().allow_uploads(["a.png", "b.png"], "image/png")

    assert [one.id for one in allowed] == ["1", "2"]
    asked = json.loads(server.asked[0].content)["uploads"]
    assert asked[1] == {"filename": "b.png", "content_type": "image/png"}


def test_videos_are_sent_listed_and_read() -> None:
    video = {"id": "v", "state": "succeeded", "filename": "a.mp4", "result": "Ann",
             "people": [{"name": "Ann"}], "error": None}  # fmt: skip
    pages = [{"videos": [video], "next": "2"}, {"videos": [video], "next": None}]
    server = Server(*(httpx.Response(200, json=one) for one in (video, *pages)))
    client = server.client()

    sent = client.send_video(b"film", frames=4)

    assert sent.is_final and sent.people == ("Ann",)
    assert b'name="frames"' in server.asked[0].content
    assert [one.id for one in client.videos(state="succeeded")] == ["v", "v"]
    assert server.asked[2].url.params["cursor"] == "2"


def test_faces_of_the_history_are_found() -> None:
    face = {"job": "1", "number": 0, "name": None, "similarity": 0.7}
    server = Server(httpx.Response(200, json={"faces": [face]}))

    [found] = server.client().search(b"x", limit=5)

    assert (found.job, found.name, server.asked[0].url.params["limit"]) == ("1", None, "5")


def test_both_clients_have_the_same_operations() -> None:
    assert {name for name in vars(Client) if not name.startswith("_")} == {
        name for name in vars(AsyncClient) if not name.startswith("_")
    }


BODY = json.dumps({"type": "job.ended", "data": JOB}).encode()


SECRETS = {
    "new": new_secret(),
    "base64": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "letters": "no base64, but a secret",
    "beyond ASCII": "ein Schlüssel",
    "unpadded": "secretword",
    "spaced": "secret word ",
}
of_each_kind = pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)


@of_each_kind
def test_a_webhook_of_the_system_s_own_is_read(secret: str) -> None:
    headers = signed_headers(secret, "1-1", 1_000, BODY)

    assert verified_webhook(BODY, headers, secret, now=1_100).result == "Ann"


@of_each_kind
def test_the_client_for_javascript_reads_it_too(secret: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to run clients/js")
    given = [BODY.decode(), signed_headers(secret, "1-1", 1_000, BODY), secret, {"now": 1_100}]
    script = (
        f'import {{ verifiedWebhook }} from "{PROJECT_DIRECTORY}/clients/js/index.js";'
        f"console.log((await verifiedWebhook(...{json.dumps(given)})).result);"
    )

    ended = subprocess.run(
        [node, "--input-type=module", "--eval", script], capture_output=True, text=True, check=False
    )

    assert ended.stdout == "Ann\n", ended.stderr


def test_a_signature_beyond_ascii_is_anothers() -> None:
    headers = {**signed_headers("a", "1-1", 1_000, BODY), "webhook-signature": "v1,ü"}

    with pytest.raises(WebhookRefused, match="another's"):
        verified_webhook(BODY, headers, "a", now=1_000)


@pytest.mark.parametrize(
    ("change", "now", "words"),
    [
        ({}, 2_000, "too old"),
        ({"webhook-signature": "v1,AAAA"}, 1_000, "another's"),
        ({"webhook-signature": "v2,AAAA"}, 1_000, "another's"),
        ({"webhook-timestamp": "never"}, 1_000, "no signature"),
        ({"webhook-id": "2-2"}, 1_000, "another's"),
    ],
)
def test_other_webhooks_are_refused(change: dict[str, str], now: int, words: str) -> None:
    secret = new_secret()
    headers = {**signed_headers(secret, "1-1", 1_000, BODY), **change}

    with pytest.raises(WebhookRefused, match=words):
        verified_webhook(BODY, headers, secret, now=now)


def test_the_command_prints_names_and_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(job(), job(), httpx.Response(404, json={"detail": "There is no job 9."}))
    monkeypatch.setattr(cli, "Client", lambda *a, **o: server.client())

    assert cli.main(["recognise", "https://example.org/a.jpg"]) == 0
    assert cli.main(["--json", "wait", "1"]) == 0
    assert cli.main(["wait", "9"]) == 1

    told = capsys.readouterr()
    first, second = told.out.splitlines()
    assert first == "a.jpg: Ann" and json.loads(second)["result"] == "Ann"
    assert told.err == "Error: There is no job 9.\n"


def test_a_file_that_can_t_be_read_is_named_without_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--url", "http://127.0.0.1:1", "recognise", str(tmp_path)]) == 1

    assert capsys.readouterr().err == f"Error: {tmp_path}: Is a directory\n"
