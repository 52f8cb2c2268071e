"""In-memory twins of what the web tier talks to, behind the same verbs."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from faceweb.models import Job, Video
from faceweb.replies.collector import QueueMessage
from foundation.aws.queue_depth import QueueDepth
from foundation.errors import NameTaken, ObjectMissing
from foundation.task_messages import Task


class MemoryQueue:
    """A queue that hands out a message again until it is deleted, as SQS does."""

    def __init__(self, bodies: Iterable[str] = ()) -> None:
        self.messages: deque[QueueMessage] = deque()
        self.deleted: list[str] = []
        self.hidden: set[str] = set()
        self.hidden_for: dict[str, int] = {}
        for body in bodies:
            self.send(body)

    def send(self, body: str) -> None:
        number = str(len(self.messages) + len(self.deleted))
        self.messages.append(QueueMessage(message_id=number, body=body, handle=number))

    def receive(self) -> Sequence[QueueMessage]:
        visible = [m for m in self.messages if m.message_id not in self.hidden][:10]
        self.hidden |= {message.message_id for message in visible}
        return visible

    def show_again(self) -> None:
        """Their visibility timeout is over."""
        self.hidden.clear()

    def delete(self, messages: Iterable[QueueMessage]) -> None:
        for message in messages:
            self.messages.remove(message)
            self.deleted.append(message.message_id)

    def hide(self, messages: Iterable[QueueMessage], seconds: int) -> None:
        self.hidden_for |= {message.message_id: seconds for message in messages}

    def depth(self) -> QueueDepth:
        return QueueDepth(visible=len(self.messages) - len(self.hidden), in_flight=len(self.hidden))


class MemoryBucket:
    """A bucket as a dict."""

    name = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, Mapping[str, str]] = {}

    def get(self, key: str) -> bytes:
        if key not in self.objects:
            raise ObjectMissing(f"memory/{key} is not there")
        return self.objects[key]

    def part(self, key: str, start: int, end: int) -> bytes:
        return self.get(key)[start:end]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self.objects[key] = body

    def put_new(self, key: str, body: bytes, content_type: str, content_hash: str) -> None:
        if self.objects.setdefault(key, body) != body:
            raise NameTaken(f"memory/{key} holds another picture")

    def size(self, key: str) -> int | None:
        return len(self.objects[key]) if key in self.objects else None

    def copy(self, key: str, to: str) -> None:
        self.objects[to] = self.get(key)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def delete_several(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.delete(key)

    def upload(
        self, key: str, file: BinaryIO, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        self.objects[key] = file.read()
        self.metadata[key] = metadata

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def old_keys(self, prefix: str, before: datetime) -> list[list[str]]:
        """All that it holds is old."""
        return [self.keys(prefix)]

    def delete_all(self, prefix: str) -> int:
        keys = self.keys(prefix)
        for key in keys:
            self.delete(key)
        return len(keys)


class RecordingSender:
    """Takes tasks for the queue, or refuses them while it is `broken`."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.broken = False

    def __call__(self, *jobs: Job | Video) -> None:
        if self.broken:
            raise ConnectionError("the queue does not answer")
        self.sent += [str(job.id) for job in jobs]


class RecordingQueue:
    """In the place of `workers.queue.sending.send_tasks`: takes tasks, or refuses them while it is
    `broken`. It does `on_task` with each."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.calls = 0
        self.broken = False
        self.on_task: Callable[[Task], object] = lambda _: None

    def __call__(self, tasks: Sequence[Task]) -> dict[uuid.UUID, str]:
        self.calls += 1
        if self.broken:
            raise ConnectionError("the queue does not answer")
        self.tasks += tasks
        for task in tasks:
            self.on_task(task)
        return {}

    @property
    def sent(self) -> list[str]:
        return [str(task.job_id) for task in self.tasks]
