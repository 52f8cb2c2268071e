"""Webhooks: signed, tried again, and never sent behind the firewall."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from faceweb.models import Job, Webhook
from faceweb.replies.responses import record_replies
from faceweb.replies.threads import background
from faceweb.webhooks import delivery
from faceweb.webhooks.addresses import Address, AddressRefused, checked_address
from faceweb.webhooks.calling import NotReached
from faceweb.webhooks.delivery import (
    FAILED,
    HOSTS_AT_ONCE,
    HOSTS_TURN,
    WAITS,
    Deliveries,
    next_attempt,
    post,
    register,
)
from faceweb.webhooks.signing import new_secret, signed_headers
from tests.support.certificates import NAME, certificate
from tests.support.factories import make_job, make_reply, make_settings
from tests.support.local_server import LocalServer, SilentHandler

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Receiver(LocalServer):
    """An HTTP server on this machine that takes webhooks, or refuses them."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(SilentHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.taken.append((headers, body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(Handler)
        self.url += "/hook?from=faces"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def ended_job() -> Job:
    job = make_job()
    record_replies([make_reply(job.id)])
    return job


class Clock:
    """Tells a moment that tests set."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now


def at_once(
    name: str, run: Callable[[threading.Event], None], stop: threading.Event
) -> threading.Thread:
    """Run it here and now: the test's thread sees what it has written."""
    run(stop)
    return threading.Thread()


@dataclass
class Courier:
    """Delivers, whenever a test says so."""

    changes: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    post: Any = post

    def __post_init__(self) -> None:
        self.settings = make_settings(
            **{"webhook_secret": None, "webhook_private_addresses": True, **self.changes}
        )
        self._deliveries = Deliveries(self.settings, self.post, self.clock, at_once)

    def deliver(self, after: timedelta = timedelta(0)) -> None:
        self.clock.now += after
        self._deliveries.begin_due(threading.Event())


@pytest.mark.django_db
@pytest.mark.database
class TestDelivery:
    def test_an_ended_job_is_told_once_and_signed(self, receiver: Receiver) -> None:
        job = ended_job()
        register([job], receiver.url)
        courier = Courier()

        courier.deliver()
        courier.deliver(timedelta(days=9))

        ((headers, body),) = receiver.taken
        told = json.loads(body)
        secret = (courier.settings.var_dir / "webhook_secret").read_text()
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert (told["type"], told["data"]["id"]) == ("job.ended", str(job.id))
        assert told["data"]["result"] == "Paul"
        assert Webhook.objects.get().delivered_at

    def test_a_job_that_has_not_ended_is_not_told(self, receiver: Receiver) -> None:
        register([make_job()], receiver.url)

        Courier().deliver()

        assert not receiver.taken

    @pytest.mark.parametrize("status", [500, 302, 404])
    def test_what_is_not_taken_is_tried_again_later(self, receiver: Receiver, status: int) -> None:
        register([ended_job()], receiver.url)
        receiver.answers = [status]
        courier, wait = Courier(), timedelta(seconds=WAITS[0])

        courier.deliver()
        webhook = Webhook.objects.get()
        assert str(status) in webhook.last_error
        assert webhook.due_at == courier.clock.now + wait
        courier.deliver()
        assert len(receiver.taken) == 1
        courier.deliver(wait)
        ids = {headers["webhook-id"] for headers, _ in receiver.taken}
        assert (len(receiver.taken), len(ids)) == (2, 1)

    def test_an_address_that_is_gone_is_given_up(self, receiver: Receiver) -> None:
        register([ended_job()], receiver.url)
        receiver.answers = [410]

        Courier().deliver()

        assert Webhook.objects.get().due_at is None

    def test_nothing_goes_to_a_private_address(self, receiver: Receiver) -> None:
        register([ended_job()], receiver.url)

        Courier({"webhook_private_addresses": False}).deliver()

        assert not receiver.taken
        assert "https://" in Webhook.objects.get().last_error

    def test_a_receiver_that_is_not_there_is_a_reason(self, receiver: Receiver) -> None:
        register([ended_job()], receiver.url)
        receiver.close()

        Courier().deliver()

        assert "refused" in Webhook.objects.get().last_error

    def test_each_attempt_is_signed_and_waits_by_its_own_time(self) -> None:
        """Receivers refuse a signature that is more than five minutes old."""
        for _ in range(2):
            register([ended_job()], "http://127.0.0.1:9/")
        clock, signed_at = Clock(), list[int]()

        def slow_post(address: Address, body: bytes, headers: dict[str, str]) -> None:
            signed_at.append(int(headers["webhook-timestamp"]))
            clock.now += timedelta(seconds=9)
            raise NotReached("no answer")

        began = clock.now
        Courier(clock=clock, post=slow_post).deliver()

        assert signed_at == [int(began.timestamp()), int(began.timestamp()) + 9]
        wait = timedelta(seconds=WAITS[0])
        due = set(Webhook.objects.values_list("due_at", flat=True))
        assert due == {began + timedelta(seconds=9 * times) + wait for times in (1, 2)}

    def test_what_a_slow_host_did_not_come_to_waits_behind_the_others(self) -> None:
        def tell(*ports: int) -> None:
            for port in ports:
                register([ended_job()], f"http://127.0.0.1:{port}/")

        tell(9, 9, 9, 10)
        clock, asked = Clock(), list[int]()

        def slow_post(address: Address, body: bytes, headers: dict[str, str]) -> None:
            asked.append(address.port)
            clock.now += HOSTS_TURN * 1.1

        courier = Courier(clock=clock, post=slow_post)
        courier.deliver()
        tell(11)
        courier.deliver()

        assert asked == [9, 10, 11, 9]

    def test_each_host_has_one_thread_and_a_few_have_theirs_at_once(self) -> None:
        for port in (9, 9, 10, 11, 12, 13, 14):
            register([ended_job()], f"http://127.0.0.1:{port}/")
        begun = list[object]()

        def start(*work: object) -> threading.Thread:
            begun.append(work)
            return threading.current_thread()  # alive for as long as the test

        deliveries = Deliveries(make_settings(), start=start)
        for _ in range(2):
            deliveries.begin_due(threading.Event())

        assert len(begun) == HOSTS_AT_ONCE < 6

    @pytest.mark.parametrize("turn", [timedelta(0), HOSTS_TURN * 1.1])
    def test_what_another_process_delivered_meanwhile_is_not_told_again(
        self, turn: timedelta
    ) -> None:
        """Neither what this one saw before, nor what is left when the host's turn is over."""
        for _ in range(3):
            register([ended_job()], "http://127.0.0.1:9/")
        clock, told = Clock(), list[str]()

        def take(address: Address, body: bytes, headers: dict[str, str]) -> None:
            told.append(headers["webhook-id"])

        def take_as_another_does(*sent: Any) -> None:
            Courier(clock=clock, post=take).deliver()
            take(*sent)
            clock.now += turn

        Courier(clock=clock, post=take_as_another_does).deliver()

        assert len(told) == len(set(told)) == 3
        assert not Webhook.objects.exclude(due_at=None).exists()

    def test_a_host_s_fault_of_ours_is_logged_and_ends_no_other_s_turn(self) -> None:
        for port in (9, 10):
            register([ended_job()], f"http://127.0.0.1:{port}/")
        asked = list[int]()

        def faulty_post(address: Address, *_: object) -> None:
            asked.append(address.port)
            raise ZeroDivisionError

        with capture_logs() as logs:
            Courier(post=faulty_post).deliver()

        assert asked == [9, 10]
        assert [line["event"] for line in logs if line["log_level"] == "error"] == [FAILED] * 2

    def test_a_process_that_ends_begins_no_other_message(self) -> None:
        for _ in range(2):
            register([ended_job()], "http://127.0.0.1:9/")
        stop, told = threading.Event(), list[str]()

        def last_post(address: Address, body: bytes, headers: dict[str, str]) -> None:
            told.append(headers["webhook-id"])
            stop.set()

        settings = make_settings(webhook_secret=None, webhook_private_addresses=True)
        Deliveries(settings, last_post, start=at_once).begin_due(stop)

        assert len(told) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_host_that_does_not_answer_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is due there. What is in hand is noted before the thread ends."""
    monkeypatch.setattr(delivery, "MOST_SEEN", 1)
    hangs, answered, told = threading.Event(), threading.Event(), threading.Event()

    def hanging_post(address: Address, body: bytes, headers: dict[str, str]) -> None:
        if address.port == 9:
            hangs.set()
            answered.wait()
        else:
            told.set()

    settings = make_settings(webhook_secret=None, webhook_private_addresses=True)
    for port in (9, 9, 10):
        register([ended_job()], f"http://127.0.0.1:{port}/")
    stop = threading.Event()
    thread = background("webhooks", Deliveries(settings, hanging_post).run, stop)
    try:
        assert hangs.wait(30) and told.wait(30)
    finally:
        stop.set()
        answered.set()
        thread.join()
    assert Webhook.objects.exclude(delivered_at=None).count() == 2


def test_attempts_are_given_up_in_the_end() -> None:
    waits = [next_attempt(attempt, NOW) for attempt in range(1, len(WAITS) + 2)]

    assert waits[0] == NOW + timedelta(seconds=5)
    assert waits[-1] is None
    assert None not in waits[:-1]


def resolve(*ips: str) -> Any:
    return lambda host, port: ips


@pytest.mark.parametrize(
    ("url", "ips", "words"),
    [
        ("http://example.org/", ["93.184.216.34"], "https"),
        ("https://example.org/", ["93.184.216.34", "127.0.0.1"], "not on the internet"),
        ("https://example.org/", [], "not known"),
        ("https://me:secret@example.org/", ["93.184.216.34"], "password"),
        ("file:///etc/passwd", [], "URL"),
        ("https://", [], "URL"),
        ("https://exa mple.org/", [], "URL"),
        ("https://[::1", [], "URL"),
        ("https://example.org:99999/", [], "URL"),
        ("https://example.org/\r\nX: y", [], "URL"),
    ],
)
def test_addresses_that_are_refused(url: str, ips: list[str], words: str) -> None:
    with pytest.raises(AddressRefused, match=words):
        checked_address(url, False, resolve(*ips))


def test_a_public_address_is_connected_to_by_what_was_checked() -> None:
    address = checked_address("https://Example.org/a?b=c", False, resolve("93.184.216.34"))

    assert (address.ip, address.host, address.port) == ("93.184.216.34", "example.org", 443)
    assert (address.path, address.host_header) == ("/a?b=c", "example.org")


@pytest.fixture
def secure(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """A receiver with the certificate of NAME, which this machine trusts."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    receiver.wrap(context)
    return receiver


def test_the_checked_address_must_show_the_certificate_of_the_host(secure: Receiver) -> None:
    def at(host: str) -> Address:
        return Address(scheme="https", host=host, port=secure.port, ip="127.0.0.1", path="/a b")

    post(at(NAME), b"{}", {"webhook-id": "1"})
    with pytest.raises(NotReached, match="certificate is not one for this host"):
        post(at("faces.example.com"), b"{}", {})

    [(headers, _)] = secure.taken
    assert headers["host"] == f"{NAME}:{secure.port}"


def test_the_signature_of_the_standards_own_example() -> None:
    """The example of standardwebhooks.com's reference libraries."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_differ() -> None:
    assert new_secret() != new_secret()
