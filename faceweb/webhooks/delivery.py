"""Delivers webhooks of ended jobs, again and again until they are taken.

Runs in every web process; a webhook is claimed by a conditional update, so that one process sends
it at a time. Delivery is at least once: the header `webhook-id` tells a repeat.
"""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from faceweb.models import Job, Webhook, has_ended
from faceweb.people.faces.shown_faces import job_json
from faceweb.replies.threads import repeat
from faceweb.webhooks.addresses import Address, AddressRefused, checked_address
from faceweb.webhooks.calling import IN_ALL_SECONDS, NotReached, call
from faceweb.webhooks.signing import signed_headers, webhook_secret
from foundation.config import Settings

log = structlog.get_logger()

INTERVAL_SECONDS = 1.0
CLAIMED = timedelta(seconds=60)
"""Longer than one attempt takes: a process that dies in the middle lets another try then."""

WAITS = (5, 30, 120, 600, 3_600, 14_400, 43_200, 86_400)
"""Seconds between attempts; after the last one it is given up."""

HEADERS = {"Content-Type": "application/json", "User-Agent": "faceweb", "Expect": ""}
GONE = 410

Post = Callable[[Address, bytes, dict[str, str]], None]


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
    """Sends what is due."""

    def __init__(self, settings: Settings, post: Post = post) -> None:
        self._settings = settings
        self._post = post

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop; an error is logged and waited out."""
        repeat(
            lambda: self.deliver_due(timezone.now(), stop),
            INTERVAL_SECONDS,
            stop,
            failed="webhooks_failed",
        )

    def deliver_due(self, now: datetime, stop: threading.Event | None = None) -> int:
        """Try every webhook that is due, and return how many were taken."""
        due = Webhook.objects.filter(has_ended("job__"), due_at__lte=now)
        delivered = 0
        for webhook in due.select_related("job").order_by("due_at")[:100]:
            if stop is not None and stop.is_set():
                break
            if _claim(webhook, now):
                delivered += self._attempt(webhook, now)
        return delivered

    def _attempt(self, webhook: Webhook, now: datetime) -> bool:
        try:
            address = checked_address(webhook.url, self._settings.private_webhooks_allowed)
            body = body_of(webhook.job, now)
            secret = webhook_secret(self._settings)
            message_id = f"{webhook.job_id}-{webhook.pk}"
            self._post(
                address, body, signed_headers(secret, message_id, int(now.timestamp()), body)
            )
        except NeverAgain as error:
            return _note_failure(webhook, str(error), None)
        except (NotReached, NotAccepted, AddressRefused) as error:
            return _note_failure(webhook, str(error), next_attempt(webhook.attempts, now))
        Webhook.objects.filter(pk=webhook.pk).update(
            delivered_at=timezone.now(), due_at=None, last_error=""
        )
        log.info("webhook_delivered", job_id=str(webhook.job_id), attempts=webhook.attempts)
        return True


def _claim(webhook: Webhook, now: datetime) -> bool:
    unchanged = Webhook.objects.filter(pk=webhook.pk, due_at=webhook.due_at)
    webhook.attempts += 1
    return unchanged.update(due_at=now + CLAIMED, attempts=webhook.attempts) == 1


def _note_failure(webhook: Webhook, reason: str, again: datetime | None) -> bool:
    Webhook.objects.filter(pk=webhook.pk).update(due_at=again, last_error=reason[:255])
    log.warning(
        "webhook_not_taken" if again else "webhook_given_up",
        job_id=str(webhook.job_id),
        attempts=webhook.attempts,
        reason=reason,
    )
    return False
