"""Where a person's traces are, outside the database."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faceweb.models import Job, JobKind
from faceweb.videos.deleting import VideoBuckets, video_buckets
from foundation.aws.storage import Bucket, gallery_bucket, gallery_files, in_bucket, out_bucket
from foundation.collections import folder_of
from foundation.config import Settings
from recognition.gallery.gallery import GalleryFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The galleries' files by collection, the buckets, and this machine's folders."""

    gallery_of: Callable[[str], GalleryFiles]
    private: Bucket  # cut-outs, pictures of enrolments
    pictures: Bucket
    answers: Bucket
    videos: VideoBuckets
    packs: Path
    folder: Path

    def pack_of(self, collection: str) -> Path:
        """Where this machine keeps a collection's pack."""
        return self.packs / folder_of(collection)

    def bucket_of(self, job: Job) -> Bucket:
        """The bucket that holds the job's picture."""
        return self.pictures if job.kind == JobKind.RECOGNISE else self.private


def places_of(settings: Settings) -> Places:
    """The configured ones."""
    return Places(
        gallery_of=partial(gallery_files, settings),
        private=gallery_bucket(settings),
        pictures=in_bucket(settings),
        answers=out_bucket(settings),
        videos=video_buckets(settings),
        packs=settings.gallery_pack_directory,
        folder=settings.var_dir,
    )
