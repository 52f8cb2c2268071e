"""Gives back messages that the emulator handed to a client that had gone.

A worker that stops leaves its long poll behind. SQS notices that the connection is closed; moto
goes on waiting for up to 20 s, and gives the next message to nobody, who keeps it until its
visibility timeout. A fleet that shrinks all the time would lose its pictures to that.
Upstream: docs/upstream/moto-sqs-abandoned-long-polls.md.
"""

import re
import socket
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

HANDLE = re.compile(rb'(?:"ReceiptHandle"\s*:\s*"|<ReceiptHandle>)([^"<]+)')
"""In JSON as in XML: SQS speaks both."""


class ReturnAbandonedPolls:
    """WSGI middleware around moto: after a receive, looks whether anybody is still there."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = self._application(environ, start_response)
        if "/sqs/aws4_request" not in environ.get("HTTP_AUTHORIZATION", ""):
            return body
        chunks = list(body)
        if is_gone(environ.get("werkzeug.socket")):
            for handle in HANDLE.findall(b"".join(chunks)):
                give_back(handle.decode())
        return chunks


def is_gone(connection: socket.socket | None) -> bool:
    """Whether the client has closed its end."""
    if connection is None:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def give_back(receipt_handle: str) -> bool:
    """Put a message back as if it had never been received. False where it is not known."""
    for backend in sqs_backends[DEFAULT_ACCOUNT_ID].values():
        for queue in backend.queues.values():
            for message in list(queue._messages):
                if message.receipt_handle == receipt_handle:
                    message.change_visibility(0)
                    message.approximate_receive_count -= 1
                    queue.pending_messages.discard(message)
                    return True
    return False
