"""The functions' one door to S3: whole objects with metadata, and videos read in parts."""

import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from botocore.exceptions import ClientError

from foundation import aws
from foundation.aws import error_code
from foundation.aws.storage import Bucket
from foundation.aws.typed import S3Client
from foundation.aws.whole_objects import StoredObject, translate_missing
from foundation.config import Settings
from foundation.errors import WorkerError
from workers.videos.layout import ObjectRef

BLOCK_BYTES = 2**20
BLOCKS_KEPT = 8
"""A video's reader jumps between index and pictures; so much of it is in memory at once."""


class ObjectChanged(WorkerError):
    """The object was replaced while it was read: its new version has its own event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedObject:
    """An object as a file that can be sought in, which version of it, and its metadata."""

    file: BinaryIO
    version: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class S3Objects:
    """What the functions need of S3: objects of several buckets."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _in(self, bucket: str) -> Bucket:
        return Bucket(bucket, self._settings)

    def get(self, ref: ObjectRef) -> StoredObject:
        """The whole object. Raises ObjectMissing."""
        return self._in(ref.bucket).stored(ref.key)

    def open(self, ref: ObjectRef) -> OpenedObject:
        """The object, not read yet. Raises ObjectMissing."""
        head = self._in(ref.bucket).head(ref.key)
        s3 = aws.client("s3", self._settings)
        file = ObjectFile(s3, ref, head["ContentLength"], head["ETag"])
        return OpenedObject(
            file=cast(BinaryIO, file),
            version=str(head["ETag"]).strip('"'),
            metadata=head["Metadata"],
        )

    def put(
        self, ref: ObjectRef, body: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        """Write an object, whatever was there."""
        self._in(ref.bucket).put(ref.key, body, content_type, metadata)

    def put_new(self, ref: ObjectRef, body: bytes, content_type: str) -> bool:
        """Write an object only where none is. False where there is one."""
        return self._in(ref.bucket).put_if_free(ref.key, body, content_type)

    def list(self, bucket: str, prefix: str) -> list[str]:
        """The keys that begin so."""
        return self._in(bucket).keys(prefix)

    def delete(self, ref: ObjectRef) -> None:
        """Remove an object; one that is not there is no error."""
        self._in(ref.bucket).delete(ref.key)

    def delete_several(self, bucket: str, keys: Sequence[str]) -> None:
        """Remove objects of one bucket, a thousand a call."""
        self._in(bucket).delete_several(keys)


class ObjectFile(io.RawIOBase):
    """One version of an object as a file, fetched block by block as it is read."""

    def __init__(self, s3: S3Client, ref: ObjectRef, size: int, etag: str) -> None:
        self._s3, self._ref, self._size, self._etag = s3, ref, size, etag
        self._offset = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """The position of the next read, in bytes."""
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes, and return it. Nothing is fetched yet."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        self._offset = max(start + offset, 0)
        return self._offset

    def read(self, size: int = -1) -> bytes:
        """Up to the end of a block, so it may be less than was asked for."""
        left = self._size - self._offset
        if left <= 0 or size == 0:
            return b""
        number, start = divmod(self._offset, BLOCK_BYTES)
        end = BLOCK_BYTES if size < 0 else min(start + size, BLOCK_BYTES)
        data = self._block(number)[start:end]
        self._offset += len(data)
        return data

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        self._blocks[number] = self._fetch(number * BLOCK_BYTES)
        if len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[number]

    def _fetch(self, start: int) -> bytes:
        end = min(start + BLOCK_BYTES, self._size) - 1
        try:
            with translate_missing(self._ref.bucket, self._ref.key):
                found = self._s3.get_object(
                    Bucket=self._ref.bucket,
                    Key=self._ref.key,
                    Range=f"bytes={start}-{end}",
                    IfMatch=self._etag,
                )
        except ClientError as error:
            if error_code(error) in ("PreconditionFailed", "412"):
                raise ObjectChanged(f"{self._ref.bucket}/{self._ref.key} was replaced") from None
            raise
        return bytes(found["Body"].read())
