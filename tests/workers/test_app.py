"""What the Celery app takes from a queue."""

from __future__ import annotations

import pytest

from foundation import messages
from foundation.aws.provisioning import provision_queues
from foundation.config import Settings
from workers import app as module


def test_only_json_is_taken_and_sent(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision_queues(cloud_settings)
    monkeypatch.setattr(module, "get_settings", lambda: cloud_settings)

    configured = module.celery_configuration()

    assert configured["accept_content"] == ["json"]
    assert configured["task_serializer"] == configured["result_serializer"] == "json"


def test_splitting_a_video_has_a_time_limit_of_its_own(
    cloud_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision_queues(cloud_settings)
    monkeypatch.setattr(module, "get_settings", lambda: cloud_settings)

    configured = module.celery_configuration()

    limits = configured["task_annotations"][messages.SPLIT_VIDEO_TASK]
    assert limits["time_limit"] == cloud_settings.video_time_limit_seconds
    assert limits["time_limit"] > configured["task_time_limit"]
