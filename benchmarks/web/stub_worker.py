"""`python -m benchmarks.web.stub_worker`: answers each task at once, without nets.

It takes ten messages at a time and sends ten replies with one call, so that it waits for nobody.
"""

from __future__ import annotations

import signal
import sys
import uuid

from foundation import aws, messages
from foundation.aws.deleting import delete_messages
from foundation.config import Settings, get_settings
from foundation.task_messages import job_id_of_task

BATCH = 10
FACE = messages.FaceReply(
    box=(80.0, 60.0, 170.0, 180.0),
    probability=0.999,
    landmarks=((100.0, 100.0), (150.0, 100.0), (125.0, 130.0), (105.0, 150.0), (145.0, 150.0)),
    embedding=bytes(512),
)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = get_settings()
    while True:
        answer_some(settings)


def answer_some(settings: Settings) -> None:
    """Wait for tasks, and answer up to ten."""
    sqs = aws.client("sqs", settings)
    requests = aws.queue_url(settings.request_queue, settings)
    received = sqs.receive_message(
        QueueUrl=requests, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1
    ).get("Messages", [])
    if not received:
        return
    sqs.send_message_batch(
        QueueUrl=aws.queue_url(settings.response_queue, settings),
        Entries=[
            {"Id": str(number), "MessageBody": _reply(message["Body"])}
            for number, message in enumerate(received)
        ],
    )
    delete_messages(requests, [message["ReceiptHandle"] for message in received], settings)


def _reply(body: str) -> str:
    job_id = job_id_of_task(body)
    if job_id is None:
        raise ValueError("a task without a job")
    return messages.encode_reply(reply_to(job_id))


def reply_to(job_id: uuid.UUID) -> messages.Reply:
    """The stub's answer to a job."""
    return messages.Reply(
        job_id=job_id, state=messages.SUCCEEDED, answer="unknown", faces=(FACE,),
        width=640, height=480, model="stub", stage_milliseconds={"detect": 1.0, "embed": 1.0},
    )  # fmt: skip


if __name__ == "__main__":
    main()
