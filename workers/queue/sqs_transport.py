"""kombu's SQS transport, whose polling survives every answer.

kombu 5.7 asks for the next messages from the callback of the last answer. A server error, a refused
or broken connection, or a body that can't be parsed raises in that callback. Then the worker lives,
but never asks again. Here such an answer counts as no messages, is logged, and is followed by a
pause that grows.

Finished messages are deleted several at once: each deletion is a call that costs the parent process
half a millisecond, and money.
"""

import os
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.connection import AsyncHTTPResponse, AsyncHTTPSConnection
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.asynchronous.http import Request
from kombu.asynchronous.timer import Entry
from kombu.transport import SQS

from foundation import aws
from foundation.aws.deleting import delete_messages
from foundation.aws.sqs_calls import parsed
from foundation.aws.typed import SQSClient
from foundation.config import get_settings

log = structlog.get_logger()

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0
FULL_SECONDS = 0.25
DONE_SECONDS = 0.25
"""How long a message that is done may wait for others that are. Its reply is sent; if the worker
dies before it is deleted, it is done once more."""
MOST_AT_ONCE = 10
"""What SQS deletes in one call."""


def pause_seconds(failures: int) -> float:
    """Return how long to wait after failed polls in a row; 0 after a good one."""
    if failures == 0:
        return 0.0
    return float(min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS))


class HttpConnection(AsyncHTTPSConnection):
    """Its certificates may lie in a folder of any name: pycurl takes a text as ASCII only, but
    bytes as they are."""

    def getrequest(self) -> Request:
        """The request, with the path of its certificates as bytes."""
        request = super().getrequest()
        request.ca_certs = os.fsencode(request.ca_certs)
        return request


class PollingConnection(AsyncSQSConnection):
    """An asynchronous SQS client that counts failed polls in a row, and raises none."""

    failures = 0

    def get_http_connection(self) -> HttpConnection:
        """A connection that finds its certificates in a folder of any name."""
        return HttpConnection(http_client=self._httpclient)

    def _on_list_ready(
        self, parent: object, markers: object, operation: str, response: AsyncHTTPResponse
    ) -> dict[str, object]:
        try:
            if response.status != self.STATUS_CODE_OK:
                raise self._for_status(response, response.read())
            answer = parsed(response.read())
        except Exception as error:  # noqa: BLE001 - whatever it is, the next poll may work
            self.note_failure(error)
            return {}
        self.failures = 0
        return answer

    def note_failure(self, error: Exception) -> None:
        """Count a failed poll, and say so."""
        self.failures += 1
        log.warning("poll_failed", failures=self.failures, error=str(error)[:300])


class Channel(SQS.Channel):
    """A channel that goes on polling, and shares its process's client."""

    hub: Any
    """kombu's event loop; None outside a worker."""

    def __init__(self, *arguments: object, **options: object) -> None:
        self._full: dict[str, Entry] = {}
        self._done: dict[str, list[str]] = {}
        super().__init__(*arguments, **options)

    def new_sqs_client(self, *_: object, **__: object) -> SQSClient:
        """kombu makes a session with its own models for each connection: some 10 MiB, for the same
        client."""
        return aws.client("sqs", get_settings())

    def asynsqs(self, queue: str | None = None) -> PollingConnection:
        """The connection that polls a queue."""
        clients: dict[str | None, PollingConnection] = self._predefined_queue_async_clients
        if queue not in clients:
            clients[queue] = PollingConnection(
                sqs_connection=self.sqs(queue=queue), region=self.region
            )
        return clients[queue]

    def _loop1(self, queue: str, messages_fetched: object = None) -> None:
        pause = pause_seconds(self.asynsqs(queue).failures)
        if pause:
            self._poll_in(pause, queue)
        else:
            super()._loop1(queue, messages_fetched)

    def _schedule_queue(self, queue: str) -> None:
        """Ask for messages; when not even that works (no credentials, say), try again later."""
        if queue in self._active_queues and not self.qos.can_consume():
            self._wait_for_room(queue)
            return
        try:
            super()._schedule_queue(queue)
        except Exception as error:  # noqa: BLE001 - see the module
            connection = self.asynsqs(queue)
            connection.note_failure(error)
            self._poll_in(pause_seconds(connection.failures), queue)

    def _wait_for_room(self, queue: str) -> None:
        """All processes are busy: ask when one of them has finished, and not a hundred times a
        second, as kombu would. The timer is for an end that no event reports."""
        if queue not in self._full:
            self._full[queue] = self.hub.call_later(FULL_SECONDS, self._look_again, queue)

    def _look_again(self, queue: str) -> None:
        self._full.pop(queue, None)
        self._schedule_queue(queue)

    def _room_was_made(self) -> None:
        while self._full:
            queue, timer = self._full.popitem()
            timer.cancel()
            self.hub.call_soon(self._schedule_queue, queue)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Note that a message is done; it is deleted with others, within DONE_SECONDS."""
        try:
            received = self.qos.get(delivery_tag).delivery_info
            url, receipt = received["sqs_queue"], received["sqs_message"]["ReceiptHandle"]
        except KeyError:
            super().basic_ack(delivery_tag, multiple)
        else:
            self.qos.ack(delivery_tag)
            self._delete_soon(url, receipt)
        self._room_was_made()

    def _delete_soon(self, url: str, receipt: str) -> None:
        is_first = not self._done
        done = self._done.setdefault(url, [])
        done.append(receipt)
        is_stopping = self.hub is None or not self._active_queues
        if is_stopping or len(done) == MOST_AT_ONCE:
            self._delete_done()
        elif is_first:
            self.hub.call_later(DONE_SECONDS, self._delete_done)

    def _delete_done(self) -> None:
        """Delete what is done. Where SQS says no, the message comes again."""
        done, self._done = self._done, {}
        for url, receipts in done.items():
            try:
                delete_messages(url, receipts, get_settings())
            except (BotoCoreError, ClientError) as error:
                log.warning("not_deleted", messages=len(receipts), error=str(error))

    def basic_cancel(self, *arguments: object, **options: object) -> object:
        """Stop taking messages, after those that are done were deleted."""
        self._delete_done()
        return super().basic_cancel(*arguments, **options)

    def close(self) -> None:
        """Close the channel, after messages that are done were deleted."""
        self._delete_done()
        super().close()

    def basic_reject(self, *arguments: object, **options: object) -> None:
        """Leave a message on its queue, and poll for the next one."""
        super().basic_reject(*arguments, **options)
        self._room_was_made()

    def _poll_in(self, seconds: float, queue: str) -> None:
        self.hub.call_later(seconds, self._schedule_queue, queue)


class Transport(SQS.Transport):
    """What `workers.app` registers under the scheme of its broker's URL."""

    Channel = Channel
