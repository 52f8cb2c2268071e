"""The wire contract: whatever is sent can be read, and whatever comes is checked."""

from __future__ import annotations

import base64
import contextlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import messages
from foundation.errors import MalformedMessage
from tests.support.factories import make_face, make_reply

numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 2))
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60
)  # NUL and half surrogate pairs are taken out on the way in
candidates = st.builds(
    messages.CandidateReply,
    person_id=texts,
    name=texts,
    distance=numbers,
    similarity=numbers,
)
faces = st.builds(
    make_face,
    box=st.tuples(numbers, numbers, numbers, numbers),
    probability=st.floats(0, 1).map(lambda number: round(number, 6)),
    identity=st.none() | texts.filter(bool),
    distance=st.none() | numbers,
    similarity=st.none() | numbers,
    embedding=st.none() | st.binary(min_size=1, max_size=64),
    person_id=st.none() | texts.filter(bool),
    candidates=st.lists(candidates, max_size=3).map(tuple),
    not_named=st.none() | texts.filter(bool),
)
replies = st.builds(
    make_reply,
    job_id=st.uuids(),
    state=st.sampled_from([messages.SUCCEEDED, messages.FAILED]),
    answer=texts,
    faces=st.lists(faces, max_size=3).map(tuple),
    error=texts,
    worker=texts,
    started_at=st.none() | numbers,
)


@given(replies)
def test_what_is_sent_is_what_is_read(reply: messages.Reply) -> None:
    assert messages.decode_reply(messages.encode_reply(reply)) == reply


def test_an_answer_without_a_face_is_small() -> None:
    text = messages.encode_reply(messages.Reply(job_id=uuid.uuid4(), state=messages.SUCCEEDED))

    assert len(text) < 120


def test_64_faces_with_embeddings_fit_in_a_queue_message() -> None:
    face = make_face(identity=None, embedding=bytes(4 * 512))

    assert len(messages.encode_reply(make_reply(faces=(face,) * 64))) < 256 * 1024


def message(**changes: Any) -> str:
    return json.dumps({**json.loads(messages.encode_reply(make_reply())), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        message(v=2),
        message(state="maybe"),
        message(job="42"),
        message(job=None),
        message(answer=3),
        message(faces={}),
        message(faces=[3]),
        message(faces=[{"box": [1, 2, 3]}]),
        message(faces=[{"box": [1, 2, 3, "4"]}]),
        message(faces=[{"box": [1, 2, 3, 4], "embedding": "?"}]),
        message(faces=[{"box": [1, 2, 3, 4], "landmarks": [[1]]}]),
        message(size=[1]),
        message(started="now"),
        message(started=1e300),
        message(started=10**400),
        message(size=[-(10**400), 1]),
        message(started=True),
        message(stages=[]),
        message(stages={"detect": "long"}),
        message().replace("0.999", "NaN"),
    ],
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        messages.decode_reply(text)


@given(st.text(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps))  # fmt: skip
def test_no_text_does_more_than_raise_our_error(text: str) -> None:
    with contextlib.suppress(MalformedMessage):
        messages.decode_reply(text)


def test_text_that_a_database_refuses_is_mended() -> None:
    reply = messages.decode_reply(message(error="a\x00b\ud800c", answer="x" * 999))

    assert reply.error == "ab?c"
    assert len(reply.answer) == 255


def test_the_job_of_a_dead_task_is_found() -> None:
    job_id = uuid.uuid4()
    body = json.dumps({"headers": {"id": str(job_id)}})

    assert messages.job_id_of_task(body) == job_id
    assert messages.job_id_of_task(base64.b64encode(body.encode()).decode()) == job_id


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_a_dead_message_of_any_shape_has_no_job(body: str) -> None:
    assert messages.job_id_of_task(body) is None


@pytest.mark.parametrize(
    "options", [3, [], {"candidates": "5"}, {"candidates": 17}, {"least_probability": "high"}]
)
def test_options_that_can_t_be_read_are_refused(options: object) -> None:
    with pytest.raises(MalformedMessage):
        messages.decode_options(options)


def test_options_come_back_as_they_were_given() -> None:
    asked = messages.RecogniseOptions(candidates=0, least_probability=0.5)

    assert messages.decode_options(asked.given) == asked
    assert messages.decode_options(None) == messages.RecogniseOptions()
