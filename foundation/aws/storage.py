"""S3: pictures in, answers out, and the gallery's files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from boto3.s3.transfer import TransferConfig
from botocore.auth import ISO8601, S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime as now
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from foundation import aws
from foundation.aws.typed import GetObjectOutputTypeDef, HeadObjectOutputTypeDef, ObjectTypeDef
from foundation.aws.whole_objects import WholeObjects, translate_missing
from foundation.collections import DEFAULT, folder_of
from foundation.config import Settings
from foundation.errors import NameTaken, ObjectMissing
from recognition.gallery.gallery_files import MANIFEST

CONTENT_HASH = "sha256"
IN_PARTS = TransferConfig(max_concurrency=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresignedForm:
    """Where a form is sent to, and its fields before the file."""

    url: str
    fields: dict[str, str]


class Bucket(WholeObjects):
    """One S3 bucket, by the few verbs that we need beside those of whole objects."""

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises ObjectMissing."""
        return self.stored(key).body

    def opened(self, key: str) -> GetObjectOutputTypeDef:
        """The object as boto3 gives it: `Body` to be read in pieces, size, type and metadata.

        Raises ObjectMissing.
        """
        with translate_missing(self.name, key):
            return self._s3.get_object(Bucket=self.name, Key=key)

    def part(self, key: str, start: int, end: int) -> bytes:
        """The object's bytes from `start` up to, but without, `end`. Raises ObjectMissing."""
        wanted = f"bytes={start}-{end - 1}"
        with translate_missing(self.name, key):
            found = self._s3.get_object(Bucket=self.name, Key=key, Range=wanted)
        return bytes(found["Body"].read())

    def upload(
        self, key: str, file: IO[bytes], content_type: str, metadata: Mapping[str, str]
    ) -> None:
        """Write an object from a file, in parts where it is large: never all of it in memory."""
        options = {"ContentType": content_type, "Metadata": dict(metadata)}
        self._s3.upload_fileobj(file, self.name, key, ExtraArgs=options, Config=IN_PARTS)

    def touch(self, key: str) -> None:
        """Copy an object onto itself, so that S3 tells of it once more. Raises ObjectMissing."""
        about = self.head(key)
        with translate_missing(self.name, key):
            self._s3.copy_object(
                Bucket=self.name,
                Key=key,
                CopySource={"Bucket": self.name, "Key": key},
                MetadataDirective="REPLACE",
                Metadata=about["Metadata"],
                ContentType=about["ContentType"],
            )

    def keys(self, prefix: str) -> list[str]:
        """The keys of all objects whose keys begin so."""
        return [str(entry["Key"]) for page in self._pages(prefix) for entry in page]

    def old_keys(self, prefix: str, before: datetime) -> Iterator[list[str]]:
        """Those of objects that were written before then, up to a thousand at a time."""
        for page in self._pages(prefix):
            yield [str(entry["Key"]) for entry in page if entry["LastModified"] < before]

    def _pages(self, prefix: str) -> Iterator[Sequence[ObjectTypeDef]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return (page.get("Contents", ()) for page in pages)

    def has_any(self) -> bool:
        """True where the bucket holds an object."""
        return self._s3.list_objects_v2(Bucket=self.name, MaxKeys=1)["KeyCount"] > 0

    def delete_all(self, prefix: str) -> int:
        """Remove all objects whose keys begin so. Returns how many there were."""
        keys = self.keys(prefix)
        for key in keys:
            self.delete(key)
        return len(keys)

    def put_new(self, key: str, body: bytes, content_type: str, content_hash: str) -> None:
        """Write an object under a free name; the same content again changes nothing.

        Raises NameTaken when the name holds something else.
        """
        about = {CONTENT_HASH: content_hash}
        is_new = self.put_if_free(key, body, content_type, about)
        if not is_new and self._content_hash(key) != content_hash:
            raise NameTaken(f"{self.name}/{key} holds another picture")

    def _content_hash(self, key: str) -> str | None:
        head = self._s3.head_object(Bucket=self.name, Key=key)
        return head["Metadata"].get(CONTENT_HASH)

    def version(self, key: str) -> str | None:
        """The object's ETag, or None where there is no object."""
        with suppress(ObjectMissing):
            return self.head(key)["ETag"].strip('"')
        return None

    def size(self, key: str) -> int | None:
        """The object's size in bytes, or None where there is no object."""
        with suppress(ObjectMissing):
            return self.head(key)["ContentLength"]
        return None

    def head(self, key: str) -> HeadObjectOutputTypeDef:
        """The object's size, version and metadata. Raises ObjectMissing."""
        with translate_missing(self.name, key):
            return self._s3.head_object(Bucket=self.name, Key=key)

    def form_for(
        self, key: str, content_type: str, most_bytes: int, valid: timedelta
    ) -> PresignedForm:
        """A form that lets somebody without credentials put one object under this key.

        botocore signs it, but is asked only once where forms go: to find that out takes 0.3 ms, the
        signature 0.03. That is of version 4 in each region. By itself botocore takes version 2 in
        older ones, such as us-east-1, which buckets made since 2020 refuse.
        """
        fields = {"Content-Type": content_type, "key": key}
        conditions = [
            {"Content-Type": content_type},
            ["content-length-range", 1, most_bytes],
            {"bucket": self.name},
            {"key": key},
        ]
        request = AWSRequest(method="POST")
        request.context |= {
            "s3-presign-post-fields": fields,
            "s3-presign-post-policy": {
                "expiration": (now() + valid).strftime(ISO8601), "conditions": conditions,
            },
        }  # fmt: skip
        S3SigV4PostAuth(self._keys(), "s3", self._settings.aws_region).add_auth(request)
        return PresignedForm(url=self._form_url(), fields=fields)

    def _keys(self) -> ReadOnlyCredentials:
        found = aws.session(self._settings).get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    def _form_url(self) -> str:
        """Where botocore sends forms for this bucket."""
        key = (self.name, self._settings.aws_region, self._settings.aws_endpoint_url)
        if key not in _form_urls:
            _form_urls[key] = self._s3.generate_presigned_post(self.name, "any")["url"]
        return _form_urls[key]

    def exists(self) -> None:
        """Return if the bucket answers; raises botocore's errors otherwise."""
        self._s3.head_bucket(Bucket=self.name)


_form_urls: dict[tuple[str, str, str | None], str] = {}


def in_bucket(settings: Settings) -> Bucket:
    """Where pictures wait for the app tier: key = file name."""
    return Bucket(settings.in_bucket, settings)


def out_bucket(settings: Settings) -> Bucket:
    """Where answers are: key = file name without extension, body = the answer."""
    return Bucket(settings.out_bucket, settings)


def gallery_bucket(settings: Settings) -> Bucket:
    """Embeddings and names, and for as long as an enrolment runs its pictures."""
    return Bucket(settings.gallery_bucket, settings)


def video_input_bucket(settings: Settings) -> Bucket:
    """Videos, as they came."""
    return Bucket(settings.video_input_bucket, settings)


def video_stage_bucket(settings: Settings) -> Bucket:
    """Frames of videos, and the faces of single frames."""
    return Bucket(settings.video_stage_bucket, settings)


def video_output_bucket(settings: Settings) -> Bucket:
    """Results of videos."""
    return Bucket(settings.video_output_bucket, settings)


class S3GalleryFiles:
    """The gallery's files in S3; implements `recognition.gallery.gallery.GalleryFiles`."""

    def __init__(self, bucket: Bucket, collection: str = DEFAULT) -> None:
        self._bucket = bucket
        self._folder = f"{folder_of(collection)}gallery/"
        self.place = f"{bucket.name}/{self._folder}"
        """Two of the same place hold the same gallery."""

    def read(self, name: str) -> bytes | None:
        """A file's bytes, or None where there is none."""
        try:
            return self._bucket.get(self._folder + name)
        except ObjectMissing:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whatever was there."""
        self._bucket.put(self._folder + name, data, "application/octet-stream")

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        self._bucket.delete(self._folder + name)

    def version(self) -> str | None:
        """What changes with every change of the gallery; None where there is none."""
        return self._bucket.version(self._folder + MANIFEST)


def gallery_files(settings: Settings, collection: str = DEFAULT) -> S3GalleryFiles:
    """A collection's gallery, by boto3: a worker reads it before it forks its processes."""
    return S3GalleryFiles(Bucket(settings.gallery_bucket, settings, by_boto3=True), collection)
