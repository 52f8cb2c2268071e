"""The burst of sample pictures: on a system of one's own alone, and one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from faceweb.models import Batch, Job, JobState
from faceweb.watch import burst, fleet_pages
from foundation.config import Settings
from tests.support.factories import make_job, make_settings, picture_bytes
from tests.support.fakes import MemoryBucket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A local system with two sample pictures; its queue takes everything."""
    samples = tmp_path / "samples"
    samples.mkdir()
    for seed in (1, 2):
        (samples / f"{seed}.jpg").write_bytes(picture_bytes(seed=seed))
    bucket = MemoryBucket()
    monkeypatch.setattr(burst, "PICTURES", 5)
    monkeypatch.setattr(burst, "in_bucket", lambda _: bucket)
    monkeypatch.setattr(burst, "send_task", lambda *_: None)
    local = make_settings(var_dir=tmp_path, aws_endpoint_url="http://127.0.0.1:9")
    monkeypatch.setattr(fleet_pages, "get_settings", lambda: local)
    return local


def test_sample_pictures_are_sent_in_turn_as_a_batch(settings: Settings) -> None:
    batch = burst.send_burst(settings, "local", "abcdefabcdef")

    assert (batch.expected, batch.pictures.count()) == (5, 5)
    assert {batch.collection_id, *Job.objects.values_list("collection", flat=True)} == {
        "abcdefabcdef"
    }
    assert sorted(Job.objects.values_list("filename", flat=True)) == ["1.jpg"] * 3 + ["2.jpg"] * 2


def test_a_second_burst_waits_for_the_first(settings: Settings) -> None:
    for _ in range(5):
        make_job(state=JobState.QUEUED)

    answer = Client().post("/fleet/burst", follow=False)

    assert answer.status_code == 302
    assert not Batch.objects.exists()


def test_there_is_none_on_aws(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    on_aws = settings.model_copy(update={"aws_endpoint_url": None})
    monkeypatch.setattr(fleet_pages, "get_settings", lambda: on_aws)

    assert Client().post("/fleet/burst").status_code == 404
    assert not Job.objects.exists()


def test_a_form_without_its_token_sends_nothing(settings: Settings) -> None:
    assert Client(enforce_csrf_checks=True).post("/fleet/burst").status_code == 403
    assert not Job.objects.exists()
