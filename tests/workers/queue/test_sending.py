"""A task's message: as a worker's kombu reads it, and never larger than 1 KB."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from kombu.transport import SQS
from kombu.transport.virtual import Message

from faceweb.intake.names import candidate_keys, safe_filename
from faceweb.jobs.departures import task_of
from faceweb.models import Job, JobKind
from foundation import messages
from foundation.task_messages import decode_task, encode_task, video_id_of_task
from tests.support.factories import make_job

TASK, ROOT = "1c3a8f4e-0000-4000-8000-000000000001", "1c3a8f4e-0000-4000-8000-000000000002"
MOST_BYTES = 1024
LONGEST_QUEUE = "q" * 80
EVERYTHING = {
    "candidates": 100, "least_probability": 0.12345678901234567,
    "threshold": 1.2345678901234567, "most_faces": 1000, "embeddings": True,
}  # fmt: skip
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
ARGUMENTS = st.dictionaries(st.text(max_size=20), NAMES, max_size=3)


def received(body: str) -> Message:
    """The message as kombu's channel makes it of what SQS gives."""
    channel: Any = object.__new__(SQS.Channel)
    text = channel._decode_python_message_body(body)
    payload = channel._prepare_json_payload(text)
    return Message(channel._envelope_payload(payload, text, {"ReceiptHandle": "r"}, "url"), channel)


@given(ARGUMENTS)
def test_a_workers_kombu_reads_the_task_that_was_sent(arguments: dict[str, str]) -> None:
    text = encode_task("split-video", arguments, TASK, "faceweb-req-queue", ROOT)

    message = received(text)

    assert message.decode() == [[], arguments, {}]
    assert message.headers["task"] == "split-video"
    assert (message.headers["id"], message.headers["root_id"]) == (TASK, ROOT)
    assert message.delivery_info["routing_key"] == "faceweb-req-queue"
    assert decode_task(text).named == arguments
    assert str(video_id_of_task(text)) == ROOT


@given(st.one_of(NAMES, st.sampled_from(['"' * 300, "é" * 300, "\U0001f600" * 300, "a" * 300])))
def test_a_picture_of_any_name_in_any_collection_has_a_small_message(name: str) -> None:
    *_, (longest, answer) = candidate_keys(safe_filename(name), "f" * 64, "0123456789ab")
    job = Job(kind=JobKind.RECOGNISE, input_key=longest, output_key=answer, options=EVERYTHING)

    assert size_of(job) <= MOST_BYTES
    assert answer == messages.answer_key(longest)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [one for one in JobKind if one != JobKind.RECOGNISE])
def test_a_question_of_any_kind_has_a_small_message(kind: JobKind) -> None:
    job = make_job(kind=kind, options=EVERYTHING)
    key = f"collections/0123456789ab/enrolment/{job.pk}"
    job.input_key, job.other_key = key, f"{key}-other"

    assert size_of(job) <= MOST_BYTES


def size_of(job: Job) -> int:
    task = task_of(job)
    return len(encode_task(task.name, task.named, TASK, LONGEST_QUEUE).encode())
