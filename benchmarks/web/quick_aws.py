"""`python -m benchmarks.web.quick_aws`: S3, SQS and the workers, as little of each as can be.

An emulator takes more of the processor for a picture than the web tier, so it would set the pace.
Here a call costs some 0.1 ms. Objects are not kept, and each task is answered at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count, islice
from typing import Any

import uvloop

from foundation import messages
from foundation.aws.provisioning import UPLOAD_ENDING
from foundation.config import get_settings
from foundation.task_messages import job_id_of_task

FACE = messages.FaceReply(
    box=(80.0, 60.0, 170.0, 180.0),
    probability=0.999,
    landmarks=((100.0, 100.0), (150.0, 100.0), (125.0, 130.0), (105.0, 150.0), (145.0, 150.0)),
    embedding=bytes(512),
)
KEY_FIELD = re.compile(rb'name="key"\r\n\r\n([^\r]+)')
KEYS_TO_DELETE = re.compile(r"<Key>[^<]*</Key>")
MISSING = "<Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>"
COPIED = '<CopyObjectResult><ETag>"0"</ETag></CopyObjectResult>'
NOTHING = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
REASONS = {200: "OK", 204: "No Content", 404: "Not Found"}

Answer = tuple[int, str]


def reply_to(job_id: uuid.UUID) -> messages.Reply:
    """The answer to a job."""
    return messages.Reply(
        job_id=job_id, state=messages.SUCCEEDED, answer="unknown", faces=(FACE,),
        width=640, height=480, model="stub", stage_milliseconds={"detect": 1.0, "embed": 1.0},
    )  # fmt: skip


class QuickAws:
    """The replies that nobody took yet, and the calls that bring and take them."""

    def __init__(self) -> None:
        self._replies: deque[str] = deque()
        self._come = asyncio.Event()
        self._numbers = count()

    async def sqs(self, operation: str, request: dict[str, Any]) -> dict[str, object]:
        """One call of the queues."""
        match operation:
            case "GetQueueUrl":
                return {"QueueUrl": f"http://127.0.0.1/{request['QueueName']}"}
            case "SendMessage":
                return {"MessageId": self._task(request["MessageBody"])}
            case "SendMessageBatch":
                sent = [(one["Id"], self._task(one["MessageBody"])) for one in request["Entries"]]
                return {"Successful": [{"Id": each, "MessageId": number} for each, number in sent]}
            case "ReceiveMessage":
                return {"Messages": await self._received(request)}
            case "GetQueueAttributes":
                return {"Attributes": dict.fromkeys(request["AttributeNames"], "0")}
            case _:
                return {}

    def _task(self, body: str) -> str:
        job_id = job_id_of_task(body)
        if job_id is not None:
            self._reply(messages.encode_reply(reply_to(job_id)))
        return str(next(self._numbers))

    def _reply(self, text: str) -> None:
        self._replies.append(text)
        self._come.set()

    async def _received(self, request: dict[str, Any]) -> list[dict[str, str]]:
        if not request["QueueUrl"].endswith(str(get_settings().response_queue)):
            await asyncio.sleep(request.get("WaitTimeSeconds", 0))
            return []
        try:
            await asyncio.wait_for(self._come.wait(), request.get("WaitTimeSeconds", 0))
        except TimeoutError:
            return []
        taken = [self._replies.popleft() for _ in range(min(10, len(self._replies)))]
        if not self._replies:
            self._come.clear()
        numbers = map(str, islice(self._numbers, len(taken)))
        return [
            {"MessageId": each, "ReceiptHandle": each, "Body": text}
            for each, text in zip(numbers, taken, strict=True)
        ]

    def s3(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One call of the buckets. Each upload by a form sends an event to the response queue, as
        S3 does."""
        if method == "POST" and (key := KEY_FIELD.search(body)):
            name = key[1].decode()
            if name.endswith(UPLOAD_ENDING):
                found = {"key": name, "size": len(body)}
                self._reply(json.dumps({"Records": [{"s3": {"object": found}}]}))
            return 204, ""
        if method == "POST" and path.endswith("?delete"):
            deleted = (f"<Deleted>{key}</Deleted>" for key in KEYS_TO_DELETE.findall(body.decode()))
            return 200, f"<DeleteResult>{''.join(deleted)}</DeleteResult>"
        if method == "PUT":
            return 200, COPIED if "x-amz-copy-source" in headers else ""
        if method == "DELETE":
            return 204, ""
        return (200, NOTHING) if "list-type=" in path else (404, MISSING)


async def serve_client(
    aws: QuickAws, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the calls of one connection."""
    with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
        headers: dict[str, str] = {}
        while headers.get("connection") != "close":
            method, path, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if target := headers.get("x-amz-target"):
                request = json.loads(body)
                answer = 200, json.dumps(await aws.sqs(target.partition(".")[2], request))
            else:
                answer = aws.s3(method, path, headers, body)
            writer.write(_encoded(*answer))


def _head(text: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = text.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    return method, path, dict(_headers(lines))


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name.lower(), value.strip()


def _encoded(status: int, text: str) -> bytes:
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Length: {len(text)}\r\n"
    about = 'ETag: "0"\r\nContent-Type: application/xml\r\nLast-Modified: '
    date = "Mon, 30 Nov 2026 00:00:00 GMT\r\n\r\n"
    return (head + about + date + text).encode()


async def serve(port: int) -> None:
    """Serve until the process ends."""
    aws = QuickAws()
    server = await asyncio.start_server(
        lambda reader, writer: serve_client(aws, reader, writer), "127.0.0.1", port, limit=2**20
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
