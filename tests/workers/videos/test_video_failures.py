"""A video's step that failed says so in S3, and its task is only done with once it did."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from celery import states
from celery.exceptions import Reject

from foundation import messages
from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import video_output_bucket
from foundation.config import Settings
from foundation.errors import ResponseNotSent
from workers.queue.response_backend import SQSResponseBackend
from workers.videos import failures as video_failures, layout

FRAME = SimpleNamespace(task=messages.RECOGNISE_FRAME_TASK, id="step", root_id="film")
KEY = layout.error_key(layout.sent_key("film"))


class Backend(SQSResponseBackend):
    """The result backend without an app."""

    def __init__(self) -> None:
        """Nothing of Celery's is needed to store a result."""


@pytest.fixture
def settings(cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(video_failures, "get_settings", lambda: cloud_settings)
    provision_bucket(cloud_settings.video_output_bucket, cloud_settings)
    return cloud_settings


def written(settings: Settings) -> Any:
    return json.loads(video_output_bucket(settings).get(KEY))


def test_a_step_that_failed_writes_the_videos_error(settings: Settings) -> None:
    Backend().store_result("step", RuntimeError("no memory"), states.FAILURE, request=FRAME)

    assert written(settings) == {
        "source": layout.sent_key("film"),
        "error": "StepFailed",
        "message": "Recognition failed: RuntimeError: no memory",
    }


def test_the_error_of_a_collections_video_lies_in_its_folder(settings: Settings) -> None:
    key = layout.sent_key("film", "0123456789ab")
    step = SimpleNamespace(**vars(FRAME), kwargs={"key": f"{key}/output-00.jpg"})

    Backend().store_result("step", RuntimeError("no memory"), states.FAILURE, request=step)

    assert video_output_bucket(settings).keys("") == [layout.error_key(key)]


def test_a_step_over_its_time_says_how_long_it_had(settings: Settings) -> None:
    Backend().store_result("step", TimeLimitExceeded(25.0), states.FAILURE, request=FRAME)

    assert written(settings)["message"] == "A step of the work took longer than 25 seconds."


@pytest.mark.parametrize(
    ("result", "state"), [("done", states.SUCCESS), (Reject("later"), states.FAILURE)]
)
def test_a_step_that_worked_or_comes_again_writes_nothing(
    settings: Settings, result: Any, state: str
) -> None:
    Backend().store_result("step", result, state, request=FRAME)

    assert video_output_bucket(settings).keys("") == []


def test_a_step_is_not_done_with_while_storage_does_not_take_its_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = settings.model_copy(update={"faceweb_id": "nowhere"})
    monkeypatch.setattr(video_failures, "get_settings", lambda: elsewhere)

    with pytest.raises(ResponseNotSent, match="S3 did not take"):
        Backend().store_result("step", RuntimeError("x"), states.FAILURE, request=FRAME)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (TimeLimitExceeded(25), "StepTooSlow", "A step of the work took longer than 25 seconds."),
        (
            SoftTimeLimitExceeded(),
            "StepTooSlow",
            "A step of the work took longer than the time there is.",
        ),
        (ValueError("odd"), "StepFailed", "Recognition failed: ValueError: odd"),
    ],
)
def test_the_videos_sender_is_told_what_failed(error: Exception, kind: str, sentence: str) -> None:
    told = video_failures.named(error)

    assert (type(told).__name__, str(told)) == (kind, sentence)


def test_what_the_sender_is_told_has_an_end() -> None:
    assert len(str(video_failures.named(ValueError("x" * 5000)))) == 500
