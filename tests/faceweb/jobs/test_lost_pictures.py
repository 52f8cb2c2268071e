"""A private picture whose process was killed before it wrote the job down does not stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from faceweb.jobs.lost_pictures import WRITTEN_WITHIN, forget_lost_pictures
from faceweb.models import Collection, JobKind
from foundation.aws.provisioning import provision_bucket
from foundation.aws.storage import gallery_bucket
from foundation.config import Settings
from tests.support.factories import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.database]

KILLED_BEFORE_THE_ROW = """
import os, signal, sys, uuid
import django
django.setup()
from faceweb.intake import submission
from faceweb.models import JobKind
from foundation.aws.storage import gallery_bucket
from foundation.config import get_settings
from tests.support.factories import make_upload

submission.insert_jobs = lambda jobs: os.kill(os.getpid(), signal.SIGKILL)
pictures = submission.stored_privately(
    JobKind.VERIFY, uuid.UUID(int=1), gallery_bucket(get_settings()), make_upload(), make_upload(),
    collection=sys.argv[1],
)
for job in submission.taken(pictures):
    submission.write_and_queue(job, print)
"""


def test_a_picture_whose_process_was_killed_before_the_row_does_not_stay(
    cloud_settings: Settings,
) -> None:
    provision_bucket(cloud_settings.gallery_bucket, cloud_settings)
    bucket, staff = gallery_bucket(cloud_settings), Collection.objects.create(name="staff")
    for collection in ("default", staff.pk):
        environment = {**os.environ, "FACEWEB_ID": cloud_settings.faceweb_id}
        command = [sys.executable, "-c", KILLED_BEFORE_THE_ROW, collection]
        assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert len(bucket.keys("")) == 4, "two of each"
    now = timezone.now()

    forget_lost_pictures(cloud_settings, now + WRITTEN_WITHIN - timedelta(minutes=1))
    assert len(bucket.keys("")) == 4, "their jobs may still be written down"
    forget_lost_pictures(cloud_settings, now + WRITTEN_WITHIN)

    assert bucket.keys("") == []


def test_pictures_of_jobs_and_of_people_stay(cloud_settings: Settings) -> None:
    """A job that is to have none any more keeps none: it was killed between two of them."""
    provision_bucket(cloud_settings.gallery_bucket, cloud_settings)
    bucket, kept = (
        gallery_bucket(cloud_settings),
        ["enrolment/b", "gallery/c", "work/a", "work/a-other"],
    )
    for key in [*kept, "work/d-other"]:
        bucket.put(key, b"pixels", "image/jpeg")
    make_job(kind=JobKind.VERIFY, input_key="work/a", other_key="work/a-other")
    make_job(kind=JobKind.EMBED, input_key="enrolment/b")
    make_job(
        kind=JobKind.VERIFY, input_key="work/d", other_key="work/d-other", picture_deleted=True
    )

    forget_lost_pictures(cloud_settings, timezone.now() + 2 * WRITTEN_WITHIN)

    assert bucket.keys("") == kept
