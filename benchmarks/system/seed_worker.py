"""The original system's app tier, behind our queues: what the benchmark compares with.

`python -m benchmarks.system.seed_worker WEIGHTS GALLERY CORE` takes one message at a
time, sleeps a second when there is none, and starts a Python process for each picture, which
loads torch and both nets again. Only the messages are ours, so that the same web tier serves it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from foundation import aws, messages
from foundation.aws.storage import in_bucket, out_bucket
from foundation.config import PROJECT_DIRECTORY, Settings, get_settings
from foundation.task_messages import decode_task

IDLE_SECONDS = 1.0


def main(weights: str, gallery: str, core: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = get_settings()
    sqs = aws.client("sqs", settings)
    url = aws.queue_url(settings.request_queue, settings)
    while True:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", [])
        if not received:
            time.sleep(IDLE_SECONDS)
            continue
        answer_one(received[0]["Body"], settings, [weights, gallery, core])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])


def answer_one(body: str, settings: Settings, arguments: list[str]) -> None:
    """Recognise the picture of one message, and send the reply."""
    task = decode_task(body)
    key = str(task.named["input_key"])
    answer = recognised(in_bucket(settings).get(key), arguments)
    out_bucket(settings).put(messages.answer_key(key), answer.encode(), "text/plain")
    reply = messages.Reply(job_id=task.job_id, state=messages.SUCCEEDED, answer=answer)
    aws.client("sqs", settings).send_message(
        QueueUrl=aws.queue_url(settings.response_queue, settings),
        MessageBody=messages.encode_reply(reply),
    )


def recognised(picture: bytes, arguments: list[str]) -> str:
    """What the original's program prints about a picture."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(picture)
        file.flush()
        command = [sys.executable, "-m", "benchmarks.recogniser.seed_way", file.name, *arguments]
        done = subprocess.run(  # noqa: S603 - our own module
            command, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=True
        )
    return done.stdout.strip()


if __name__ == "__main__":
    Path(sys.argv[2]).stat()  # a path that is wrong ends it at once
    main(*sys.argv[1:4])
