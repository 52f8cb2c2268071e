"""Delivers webhooks of ended jobs, again and again until they are taken.

Runs in every web process; a webhook is claimed by a conditional update, so that one process sends
it at a time. Delivery is at least once: the header `webhook-id` tells a repeat.
"""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import structlog
from django.db.models import Q
from django.utils import timezone

from faceweb.models import Job, Webhook, has_ended
from faceweb.people.faces.shown_faces import job_json
from faceweb.replies.threads import Start, background, repeat
from faceweb.webhooks.addresses import Address, AddressRefused, checked_address
from faceweb.webhooks.calling import IN_ALL_SECONDS, NotReached, call
from faceweb.webhooks.signing import signed_headers, webhook_secret
from foundation.config import Settings

log = structlog.get_logger()

INTERVAL_SECONDS = 1.0
FAILED = "webhooks_failed"
MOST_SEEN = 1_000
"""How many are looked at together."""
HOSTS_AT_ONCE = 4
HOSTS_TURN = timedelta(seconds=10)
"""How long a host is at work before others' turn comes."""
CLAIMED = timedelta(seconds=60)
"""Longer than one attempt takes: a process that dies in the middle lets another try then."""

WAITS = (5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400)
"""Seconds between attempts; after the last one it is given up."""

HEADERS = {"Content-Type": "application/json", "User-Agent": "faceweb", "Expect": ""}
GONE = 410

Post = Callable[[Address, bytes, dict[str, str]], None]
Clock = Callable[[], datetime]


class NotAccepted(Exception):
    """The receiver did not take the message; the text says why."""


class NeverAgain(NotAccepted):
    """The receiver says that the address is gone for good."""


def post(
    address: Address, body: bytes, headers: dict[str, str], in_all_seconds: float = IN_ALL_SECONDS
) -> None:
    """Send the message. Raises NotReached, and NotAccepted unless the answer is 2xx."""
    answer = call(address, HEADERS | headers, in_all_seconds, body=body)
    if answer.status == GONE:
        raise NeverAgain("it answered 410: the address is gone")
    if not 200 <= answer.status < 300:
        raise NotAccepted(f"it answered {answer.status}")


def register(jobs: Iterable[Job], url: str) -> None:
    """Tell `url` when each of the jobs has ended."""
    now = timezone.now()
    Webhook.objects.bulk_create(Webhook(job=job, url=url, due_at=now) for job in jobs)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after the attempts so far, or None to give up."""
    return now + timedelta(seconds=WAITS[attempts - 1]) if attempts <= len(WAITS) else None


def body_of(job: Job, now: datetime) -> bytes:
    """The message to the receiver: the job as the API shows it."""
    event = {"type": "job.ended", "timestamp": now.isoformat(), "data": job_json(job)}
    return json.dumps(event).encode()


class Deliveries:
    """Sends what is due: each host's in a thread of its own, so that one that is slow, or does not
    answer, holds up no other.

    Parameters:
        clock: tells the moment of each attempt, by which it is signed, too.
        start: starts a thread.
    """

    def __init__(
        self, settings: Settings, post: Post = post, clock: Clock = timezone.now,
        start: Start = background,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._post = post
        self._clock = clock
        self._start = start
        self._at_work: dict[str, threading.Thread] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; an error is logged and waited out."""
        repeat(lambda: self.begin_due(stop), INTERVAL_SECONDS, stop, failed=FAILED)
        for thread in self._at_work.values():
            thread.join()

    def begin_due(self, stop: threading.Event) -> None:
        """Begin with what is due, the oldest first, for hosts that are not at work already."""
        self._at_work = {host: one for host, one in self._at_work.items() if one.is_alive()}
        for host, ids in self._due_by_host().items():
            if host not in self._at_work and len(self._at_work) < HOSTS_AT_ONCE:
                work = partial(self._deliver, ids)
                self._at_work[host] = self._start("webhooks", work, stop)

    def _due_by_host(self) -> dict[str, list[int]]:
        due = Webhook.objects.filter(has_ended("job__"), due_at__lte=self._clock())
        for host in self._at_work:
            due = due.exclude(_is_of(host))
        found: dict[str, list[int]] = {}
        for key, url in due.order_by("due_at").values_list("pk", "url")[:MOST_SEEN]:
            found.setdefault(_host_of(url), []).append(key)
        return found

    def _deliver(self, ids: Sequence[int], stop: threading.Event) -> None:
        """Send one host's, until its turn is over. What is left then comes after the others'."""
        ends = self._clock() + HOSTS_TURN
        try:
            for place, key in enumerate(ids):
                if stop.is_set():
                    return
                if self._clock() > ends:
                    left = Webhook.objects.filter(pk__in=ids[place:], due_at__lte=ends)
                    left.update(due_at=self._clock())
                    return
                self._attempt(key)
        except Exception as error:  # noqa: BLE001 - what is left is due, and tried again
            log.error(FAILED, error=f"{type(error).__name__}: {error}")

    def _attempt(self, key: int) -> None:
        now = self._clock()
        due = Webhook.objects.filter(pk=key, due_at__lte=now)
        webhook = due.select_related("job").first()
        if webhook is not None and _claim(webhook, now):
            self._send(webhook, now)

    def _send(self, webhook: Webhook, now: datetime) -> None:
        try:
            address = checked_address(webhook.url, self._settings.private_webhooks_allowed)
            body = body_of(webhook.job, now)
            secret = webhook_secret(self._settings)
            message_id = f"{webhook.job_id}-{webhook.pk}"
            self._post(
                address, body, signed_headers(secret, message_id, int(now.timestamp()), body)
            )
        except NeverAgain as error:
            _note_failure(webhook, str(error), None)
            return
        except (NotReached, NotAccepted, AddressRefused) as error:
            _note_failure(webhook, str(error), next_attempt(webhook.attempts, self._clock()))
            return
        Webhook.objects.filter(pk=webhook.pk).update(
            delivered_at=self._clock(), due_at=None, last_error=""
        )
        log.info("webhook_delivered", job_id=str(webhook.job_id), attempts=webhook.attempts)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _is_of(host: str) -> Q:
    """Its addresses: thousands that are due there are not to hide those of others."""
    begins = Q(url__icontains=f"://{host}/") | Q(url__icontains=f"://{host}?")
    return begins | Q(url__iendswith=f"://{host}")


def _claim(webhook: Webhook, now: datetime) -> bool:
    unchanged = Webhook.objects.filter(pk=webhook.pk, due_at=webhook.due_at)
    webhook.attempts += 1
    return unchanged.update(due_at=now + CLAIMED, attempts=webhook.attempts) == 1


def _note_failure(webhook: Webhook, reason: str, again: datetime | None) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(due_at=again, last_error=reason[:255])
    log.warning(
        "webhook_not_taken" if again else "webhook_given_up",
        job_id=str(webhook.job_id),
        attempts=webhook.attempts,
        reason=reason,
    )
