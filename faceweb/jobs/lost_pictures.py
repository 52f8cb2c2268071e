"""Private pictures that no job has: their process was killed before it wrote the job down."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from faceweb.jobs.pictures import OTHER, PRIVATE_FOLDERS
from faceweb.models import Collection, Job
from foundation.aws.storage import gallery_bucket
from foundation.collections import DEFAULT, folder_of
from foundation.config import Settings
from foundation.parts import in_parts

WRITTEN_WITHIN = timedelta(hours=1)
"""Much longer than a job is written down after its picture was stored."""
KEYS_AT_ONCE = 500


def forget_lost_pictures(settings: Settings, now: datetime) -> None:
    """Delete them in all collections. Raises botocore's errors."""
    bucket = gallery_bucket(settings)
    for collection in {DEFAULT, *Collection.objects.values_list("pk", flat=True)}:
        for folder in set(PRIVATE_FOLDERS.values()):
            for keys in bucket.old_keys(folder_of(collection) + folder, now - WRITTEN_WITHIN):
                for part in in_parts(keys, KEYS_AT_ONCE):
                    bucket.delete_several(_lost(part))


def _lost(keys: Sequence[str]) -> list[str]:
    firsts = {key: key.removesuffix(OTHER) for key in keys}
    jobs = Job.objects.filter(input_key__in=set(firsts.values()), picture_deleted=False)
    kept = set(jobs.values_list("input_key", flat=True))
    return [key for key, first in firsts.items() if first not in kept]
