"""A job without an answer, and the bucket of what is private."""

from __future__ import annotations

import pytest

from faceweb.intake import asking, submission
from faceweb.jobs import erasing
from faceweb.models import Job
from faceweb.replies.waiters import Waiters
from tests.support.factories import make_job, make_settings
from tests.support.fakes import MemoryBucket


@pytest.fixture
def job() -> Job:
    return make_job()


@pytest.fixture
def private(waiters: Waiters, monkeypatch: pytest.MonkeyPatch) -> MemoryBucket:
    """The bucket of pictures that are not kept; nobody waits long for their answers."""
    private, hasty = MemoryBucket(), make_settings(result_timeout_seconds=0.2)
    monkeypatch.setattr(asking, "get_settings", lambda: hasty)
    for module in (asking, submission, erasing):
        monkeypatch.setattr(module, "gallery_bucket", lambda settings: private)
    monkeypatch.setattr("faceweb.people.subjects.bucket_of", lambda job, settings: private)
    return private
