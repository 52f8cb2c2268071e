"""Everything in the buckets: gallery, pictures, answers, videos."""

from typing import IO

from faceweb.backup.archive import BackupRefused, Entry, ObjectAbout, Writer
from faceweb.replies.leases import GALLERY, lease
from foundation.aws import storage
from foundation.aws.storage import Bucket
from foundation.config import Settings
from foundation.errors import ObjectMissing


def folders(settings: Settings) -> dict[str, Bucket]:
    """Folder of the backup -> bucket. The gallery is first: nobody may change it meanwhile."""
    return {
        "objects/gallery": storage.gallery_bucket(settings),
        "objects/pictures": storage.in_bucket(settings),
        "objects/answers": storage.out_bucket(settings),
        "objects/video-input": storage.video_input_bucket(settings),
        "objects/video-stage": storage.video_stage_bucket(settings),
        "objects/video-output": storage.video_output_bucket(settings),
    }


def write(settings: Settings, writer: Writer) -> int:
    """Copy all buckets, the gallery while nobody changes it. Returns how many objects. Raises
    LeaseTaken."""
    (gallery, its_bucket), *rest = folders(settings).items()
    with lease(GALLERY):
        count = _write(gallery, its_bucket, writer)
    return count + sum(_write(folder, bucket, writer) for folder, bucket in rest)


def _write(folder: str, bucket: Bucket, writer: Writer) -> int:
    """Objects that are deleted meanwhile are skipped."""
    count = 0
    for key in bucket.keys(""):
        try:
            found = bucket.opened(key)
        except ObjectMissing:
            continue
        about = ObjectAbout(key=key, type=found["ContentType"], metadata=found["Metadata"])
        writer.add(f"{folder}/{count}", found["Body"], found["ContentLength"], about)
        count += 1
    return count


class ReadOn:
    """A file that is only read on: a backup's can't be sought in, though it has the verbs."""

    def __init__(self, file: IO[bytes]) -> None:
        self.read = file.read


def _about(entry: Entry) -> tuple[str, str, dict[str, str]]:
    """Key, content type and metadata of an object. Raises LookupError for damaged ones."""
    about = entry.about
    if not isinstance(about.get("metadata"), dict):
        raise LookupError(f"{entry.name} has no metadata")
    metadata = {str(name): str(value) for name, value in about["metadata"].items()}
    return str(about["key"]), str(about["type"]), metadata


class Restoring:
    """Puts a backup's objects into the buckets, and removes all others at the end."""

    def __init__(self, settings: Settings) -> None:
        self._buckets = folders(settings)
        self._kept: dict[str, set[str]] = {folder: set() for folder in self._buckets}

    def check(self, entry: Entry) -> None:
        """Before anything is changed: whether it can be put. Raises BackupRefused, LookupError."""
        if entry.folder == "objects":
            if entry.bucket not in self._buckets:
                raise BackupRefused(f"The backup has a bucket that is unknown here: {entry.bucket}")
            _about(entry)

    def put(self, entry: Entry) -> None:
        """Write one object, which was checked."""
        key, kind, metadata = _about(entry)
        self._buckets[entry.bucket].upload(key, ReadOn(entry.file), kind, metadata)  # type: ignore[arg-type]
        self._kept[entry.bucket].add(key)

    @property
    def count(self) -> int:
        """How many objects were restored."""
        return sum(map(len, self._kept.values()))

    def remove_others(self) -> None:
        """Delete the objects that the backup does not hold."""
        for folder, bucket in self._buckets.items():
            for key in set(bucket.keys("")) - self._kept[folder]:
                bucket.delete(key)


def used_buckets(settings: Settings) -> int:
    """How many buckets hold objects."""
    return sum(bucket.has_any() for bucket in folders(settings).values())
