"""A task's message: what Celery and kombu need of a message of their own, and no more.

A message has at most 1,024 bytes whatever its picture is called, so nothing is in base64 or said
twice. The way in also reads what Celery writes. It ignores what else a writer to the queue could
ask for: a delay, another time limit, tasks that follow.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from foundation.errors import MalformedMessage
from foundation.messages import json_object, uuid_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task: the name of its work, the job that it is for, and its arguments."""

    name: str
    job_id: uuid.UUID
    arguments: tuple[object, ...] = ()
    named: dict[str, object]


def encode_task(
    name: str, arguments: Mapping[str, object], task_id: str, queue: str, root_id: str | None = None
) -> str:
    """The text that a worker's kombu takes for a task of Celery's protocol 2."""
    headers = {"lang": "py", "task": name, "id": task_id, "root_id": root_id or task_id}
    envelope = {
        "body": _json([[], dict(arguments), {}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {"delivery_info": {"routing_key": queue}},
    }
    return _json(envelope)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def decode_task(message: str) -> Task:
    """Read a message of the request queue. Raises MalformedMessage."""
    envelope = json_object(_unwrapped(message))
    headers, body = envelope.get("headers"), envelope.get("body")
    if not isinstance(headers, dict) or not isinstance(body, str):
        raise MalformedMessage("the message has no headers and body of a task")
    name = headers.get("task")
    if not isinstance(name, str):
        raise MalformedMessage("the message names no task")
    arguments, named = _arguments(_unwrapped(body))
    return Task(name=name, job_id=uuid_of(headers.get("id")), arguments=arguments, named=named)


def _arguments(body: str) -> tuple[tuple[object, ...], dict[str, object]]:
    try:
        arguments, named, _ = json.loads(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedMessage(f"the task's arguments are not Celery's: {error}") from None
    if not isinstance(arguments, list) or not isinstance(named, dict):
        raise MalformedMessage("the task's arguments are not a list and an object")
    return tuple(arguments), named


def job_id_of_task(body: str) -> uuid.UUID | None:
    """The job that a dead Celery message belongs to, or None where it can't be read.

    kombu's SQS transport wraps the message in JSON, and that in base64.
    """
    return _id_in_headers(body, "id")


def video_id_of_task(body: str) -> uuid.UUID | None:
    """The video that a dead task was a step of: the id of the task that all steps come from."""
    return _id_in_headers(body, "root_id")


def _id_in_headers(body: str, name: str) -> uuid.UUID | None:
    try:
        headers = json_object(_unwrapped(body)).get("headers")
        return uuid_of(headers.get(name)) if isinstance(headers, dict) else None
    except MalformedMessage:
        return None


def _unwrapped(body: str) -> str:
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError:
        return body
