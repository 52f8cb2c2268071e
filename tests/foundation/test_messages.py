"""The wire contract: whatever is sent can be read, and whatever comes is checked."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import uuid
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from foundation import messages, task_messages
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
        message(started="now"),
        message(started=1e300),
        message(started=10**400),
        message(size=[-(10**400), 1]),
        message(started=True),
        message(finished="now"),
        message(answer=None),
        message(model=3),
        message(gallery=3),
        message(instance=3),
        message(worker=3),
        message(error=3),
        message(error_kind=3),
        message(faces=[{"box": [1, 2, 3, 4], "landmarks": 3}]),
        message(faces=[{"box": [1, 2, 3, 4], "distance": "x"}]),
        message(faces=[{"box": [1, 2, 3, 4], "similarity": True}]),
        message(faces=[{"box": [1, 2, 3, 4], "pixels": "x"}]),
        message(faces=[{"box": [1, 2, 3, 4], "sharp": "x"}]),
        message(faces=[{"box": [1, 2, 3, 4], "turned": "x"}]),
        message(faces=[{"box": [1, 2, 3, 4], "candidates": 3}]),
        message(faces=[{"box": [1, 2, 3, 4], "candidates": [[1, "", 3, 4]]}]),
        message(faces=[{"box": [1, 2, 3, 4], "candidates": [["", "", 3, None]]}]),
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
@settings(max_examples=40)
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

    assert task_messages.job_id_of_task(body) == job_id
    assert task_messages.job_id_of_task(base64.b64encode(body.encode()).decode()) == job_id


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode()))
def test_a_dead_message_of_any_shape_has_no_job(body: str) -> None:
    assert task_messages.job_id_of_task(body) is None


@pytest.mark.parametrize(
    "options",
    [
        3,
        [],
        {"candidates": "5"},
        {"candidates": 101},
        {"candidates": -1},
        {"least_probability": "high"},
        {"threshold": "low"},
        {"most_faces": 1001},
        {"embeddings": 1},
    ],
)
def test_options_that_can_t_be_read_are_refused(options: object) -> None:
    with pytest.raises(MalformedMessage):
        messages.decode_options(options)


def test_options_come_back_as_they_were_given() -> None:
    asked = messages.RecogniseOptions(candidates=0, least_probability=0.5)

    assert messages.decode_options(asked.given) == asked
    assert messages.decode_options(None) == messages.RecogniseOptions()
    most = messages.RecogniseOptions(
        candidates=messages.MOST_CANDIDATES, most_faces=messages.MOST_FACES
    )
    assert messages.decode_options(most.given) == most


def test_everything_is_on_the_wire_by_its_short_name() -> None:
    """The contract with workers of another version: names, order and rounding."""
    candidate = messages.CandidateReply(person_id="7", name="Paul", distance=0.31, similarity=0.95)
    face = messages.FaceReply(
        box=(1.006, 2.004, 3, 4), probability=0.12345678, landmarks=((5.006, 6.004),),
        identity="Paul", person_id="7", distance=0.31, similarity=0.95, candidates=(candidate,),
        embedding=b"\x01\x02", size_pixels=20, sharpness=8, turned=0.5, left_out="blurred",
        not_named="hardly a face",
    )  # fmt: skip
    job_id = uuid.uuid4()
    reply = messages.Reply(
        job_id=job_id, state=messages.FAILED, answer="Paul", faces=(face,), width=640, height=480,
        model="dlib", gallery_version="g", instance_id="i", worker="w", started_at=1.5,
        finished_at=2.5, stage_milliseconds={"detect": 3.5}, error_kind="internal", error="why",
    )  # fmt: skip
    wire = {
        "v": 1, "job": str(job_id), "state": "failed", "answer": "Paul", "size": [640, 480],
        "model": "dlib", "gallery": "g", "instance": "i", "worker": "w", "started": 1.5,
        "finished": 2.5, "stages": {"detect": 3.5}, "error_kind": "internal", "error": "why",
        "faces": [{
            "box": [1.01, 2.0, 3, 4], "p": 0.123457, "landmarks": [[5.01, 6.0]],
            "identity": "Paul", "person": "7", "distance": 0.31, "similarity": 0.95,
            "candidates": [["7", "Paul", 0.31, 0.95]], "embedding": "AQI=", "pixels": 20,
            "sharp": 8, "turned": 0.5, "left_out": "blurred", "not_named": "hardly a face",
        }],
    }  # fmt: skip

    assert json.loads(messages.encode_reply(reply)) == wire
    read = messages.decode_reply(json.dumps(wire))
    assert read.faces[0].box == (1.01, 2.0, 3.0, 4.0)
    assert json.loads(messages.encode_reply(read)) == wire


def test_what_is_not_said_is_empty() -> None:
    job_id = uuid.uuid4()
    text = json.dumps({"v": 1, "job": str(job_id), "state": "succeeded"})

    assert messages.decode_reply(text) == messages.Reply(job_id=job_id, state="succeeded")
    face = json.dumps({"v": 1, "job": str(job_id), "state": "succeeded", "faces": [
        {"box": [1, 2, 3, 4]}]})  # fmt: skip
    assert messages.decode_reply(face).faces == (
        messages.FaceReply(box=(1, 2, 3, 4), probability=0.0),
    )


@pytest.mark.parametrize(
    ("field", "attribute", "limit"),
    [
        ("answer", "answer", 255),
        ("model", "model", 64),
        ("gallery", "gallery_version", 128),
        ("instance", "instance_id", 64),
        ("worker", "worker", 128),
        ("error_kind", "error_kind", 32),
        ("error", "error", 1000),
    ],
)
def test_texts_of_a_reply_are_cut_at_the_database_s_limits(
    field: str, attribute: str, limit: int
) -> None:
    for length in (limit, limit + 1):
        reply = messages.decode_reply(message(**{field: "x" * length}))
        assert getattr(reply, attribute) == "x" * limit


@pytest.mark.parametrize(
    ("field", "attribute", "limit"),
    [
        ("identity", "identity", 255),
        ("person", "person_id", 64),
        ("left_out", "left_out", 255),
        ("not_named", "not_named", 255),
    ],
)
def test_texts_of_a_face_are_cut_at_the_database_s_limits(
    field: str, attribute: str, limit: int
) -> None:
    for length in (limit, limit + 1):
        faces = [{"box": [1, 2, 3, 4], field: "x" * length}]
        (face,) = messages.decode_reply(message(faces=faces)).faces
        assert getattr(face, attribute) == "x" * limit


def test_texts_of_a_candidate_and_of_stages_are_cut_at_their_limits() -> None:
    faces = [{"box": [1, 2, 3, 4], "candidates": [["i" * 65, "n" * 256, 1, 2]]}]
    reply = messages.decode_reply(message(faces=faces, stages={"s" * 33: 1, "none": None}))

    assert reply.faces[0].candidates == (
        messages.CandidateReply(person_id="i" * 64, name="n" * 255, distance=1, similarity=2),
    )
    assert reply.stage_milliseconds == {"s" * 32: 1.0, "none": 0.0}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 2}, "version 2 is not 1"),
        ({"state": "maybe"}, "state: "),
        ({"job": 42}, "job: "),
        ({"answer": 3}, "answer: "),
        ({"finished": -1.1e12}, "finished: "),
        ({"size": [1, None]}, "size.1: "),
        ({"stages": {"a": "b"}}, "stages.a: "),
        ({"faces": [3]}, "faces.0: "),
        ({"faces": [{"box": [1]}]}, "faces.0.box"),
        ({"faces": [{"box": [1, 2, 3, 4], "p": "x"}]}, "faces.0.p: "),
        ({"faces": [{"box": [1, 2, 3, 4], "candidates": [[1, 2, 3]]}]}, "faces.0.candidates.0: "),
        ({"faces": [{"box": [1, 2, 3, 4], "candidates": [7]}]}, "faces.0.candidates.0: "),
        ({"faces": [{"box": [1, 2, 3, 4], "candidates": ["abcd"]}]}, "faces.0.candidates.0: "),
        ({"faces": [{"box": [1, 2, 3, 4], "embedding": 3}]},
         "faces.0.embedding: Value error, not base64"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedMessage, match=re.escape(reason)):
        messages.decode_reply(message(**changes))


@pytest.mark.parametrize("text", ["7", "[]"])
def test_what_is_no_object_is_called_so(text: str) -> None:
    with pytest.raises(MalformedMessage, match=r"^not a JSON object$"):
        messages.json_object(text)


def test_numbers_go_up_to_their_bound() -> None:
    reply = messages.decode_reply(message(started=1e12, finished=-1e12))
    assert (reply.started_at, reply.finished_at) == (1e12, -1e12)


def test_options_up_to_their_bounds() -> None:
    asked = {
        "candidates": 16, "least_probability": 0.25, "threshold": 0.9, "most_faces": 64,
        "embeddings": True,
    }  # fmt: skip
    options = messages.decode_options(asked)
    assert options == messages.RecogniseOptions(**asked)
    assert options.given == asked
    assert len(json.dumps(asked)) < 200  # a task's message stays under 1 KB
    assert messages.decode_options({}).given == {}


@pytest.mark.parametrize("face", [None, 0, 3, "any"])
def test_faces_of_a_verification_come_back_as_they_were_given(face: messages.FaceChoice) -> None:
    asked = messages.VerifyOptions(face=face, other_face=2)
    assert messages.decode_verify_options(asked.given) == asked
    assert ("face" in asked.given) == (face is not None)
    assert messages.decode_verify_options(None) == messages.VerifyOptions()


@pytest.mark.parametrize(
    "options",
    [
        [],
        {"face": -1},
        {"other_face": 1.5},
        {"face": 1e12},
        {"face": "best"},
        {"face": True},
        {"face": [0]},
        {"face": "all"},
        {"embeddings": "yes"},
    ],
)
def test_faces_of_a_verification_that_are_refused(options: object) -> None:
    with pytest.raises(MalformedMessage):
        messages.decode_verify_options(options)


def test_the_answer_s_key_is_the_picture_s_without_its_extension() -> None:
    assert messages.answer_key("a/b.c.jpg") == "a/b.c"
    assert messages.answer_key("picture") == "picture"


def test_the_video_of_a_dead_step_is_its_first_task_s() -> None:
    video_id = uuid.uuid4()
    body = json.dumps({"headers": {"id": str(uuid.uuid4()), "root_id": str(video_id)}})

    assert task_messages.video_id_of_task(body) == video_id
    assert task_messages.video_id_of_task(json.dumps({"headers": {}})) is None


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"claim": "../in/somebody.jpg"}),
        json.dumps({"claim": 7}),
        json.dumps({"claim": ""}),
        '["claim"]',
        '{"claim"',
        message(),
        message(answer='"claim"'),
    ],
)
def test_what_claims_no_reply_names_no_place(text: str) -> None:
    assert messages.claimed_key(text) is None


def test_a_claim_names_where_its_jobs_reply_lies() -> None:
    job_id = str(uuid.uuid4())
    claim = messages.encode_claim(job_id)

    assert json.loads(claim) == {"v": messages.VERSION, "claim": job_id}
    assert messages.claimed_key(claim) == f"replies/{job_id}"
