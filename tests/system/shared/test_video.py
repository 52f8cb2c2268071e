"""Videos through the running system: S3's events, both functions, results; and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import videos
from tests.system.pictures import COLLINS, HOPPER, portrait, variant
from tests.system.running import RunningSystem, wait_for

IN, STAGE, OUT = "faceweb-input", "faceweb-stage-1", "faceweb-output"


@pytest.fixture
def s3(system: RunningSystem) -> Any:
    return system.aws("s3")


def keys(s3: Any, bucket: str) -> set[str]:
    return {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", ())}


def text(s3: Any, key: str) -> str:
    return str(s3.get_object(Bucket=OUT, Key=key)["Body"].read().decode())


def test_videos_that_are_dropped_in_the_bucket_get_names(s3: Any) -> None:
    people = {"test_00": COLLINS, "Zoë/1+1 film": HOPPER}
    for name, person in people.items():
        video = videos.portrait_video([portrait(person).resize((512, 512))])
        s3.put_object(Bucket=IN, Key=f"{name}.mp4", Body=video)

    wait_for(lambda: keys(s3, OUT) >= {f"{name}.txt" for name in people}, 60, "the results")

    assert {name: text(s3, f"{name}.txt") for name in people} == people
    assert {f"{name}.jpg" for name in people} <= keys(s3, STAGE)


def test_bad_videos_get_named_errors(s3: Any) -> None:
    bad = {
        "empty": (b"", "EmptyVideo"),
        "words": (b"only words " * 100, "NotAVideo"),
        "song": (videos.sound(), "NoVideoTrack"),
    }
    for name, (body, _) in bad.items():
        s3.put_object(Bucket=IN, Key=f"bad/{name}.mp4", Body=body)

    wait_for(lambda: keys(s3, OUT) >= {f"bad/{name}.error.json" for name in bad}, 60, "the errors")

    for name, (_, error) in bad.items():
        assert json.loads(text(s3, f"bad/{name}.error.json"))["error"] == error
    assert f"bad/{next(iter(bad))}.txt" not in keys(s3, OUT)


def test_a_function_is_invoked_by_its_name_with_the_direct_payload(
    system: RunningSystem, s3: Any
) -> None:
    s3.put_object(Bucket="faceweb-gallery", Key="odd/Zoë 1+1.jpg", Body=variant(HOPPER, 77))
    payload = {"bucket_name": "faceweb-gallery", "image_file_name": "odd/Zoë 1+1.jpg"}

    answer = system.aws("lambda").invoke(
        FunctionName="face-recognition", InvocationType="Event", Payload=json.dumps(payload)
    )

    assert answer["StatusCode"] == 202
    wait_for(lambda: "odd/Zoë 1+1.txt" in keys(s3, OUT), 60, "the result")
    assert text(s3, "odd/Zoë 1+1.txt") == HOPPER
