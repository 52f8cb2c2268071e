"""S3 in memory, behind the verbs of `workers.videos.objects.S3Objects`."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence

from foundation.aws.whole_objects import StoredObject
from foundation.errors import ObjectMissing
from workers.videos.layout import ObjectRef
from workers.videos.objects import OpenedObject


class MemoryObjects:
    """Buckets as one dict. `stored` tells what was written, in order."""

    def __init__(self) -> None:
        self.objects: dict[ObjectRef, StoredObject] = {}
        self.stored: list[str] = []

    def get(self, ref: ObjectRef) -> StoredObject:
        if ref not in self.objects:
            raise ObjectMissing(f"{ref.bucket}/{ref.key} is not there")
        return self.objects[ref]

    def open(self, ref: ObjectRef) -> OpenedObject:
        stored = self.get(ref)
        version = hashlib.sha256(stored.body).hexdigest()
        return OpenedObject(file=io.BytesIO(stored.body), version=version, metadata=stored.metadata)

    def put(
        self, ref: ObjectRef, body: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> None:
        for value in metadata.values():
            value.encode("ascii")  # S3 takes nothing else
        self.objects[ref] = StoredObject(body=body, metadata=dict(metadata))
        self.stored.append(ref.key)

    def put_new(self, ref: ObjectRef, body: bytes, content_type: str) -> bool:
        if ref in self.objects:
            return False
        self.put(ref, body, content_type, {})
        return True

    def list(self, bucket: str, prefix: str) -> list[str]:
        keys = (ref.key for ref in self.objects if ref.bucket == bucket)
        return sorted(key for key in keys if key.startswith(prefix))

    def delete(self, ref: ObjectRef) -> None:
        self.objects.pop(ref, None)

    def delete_several(self, bucket: str, keys: Sequence[str]) -> None:
        for key in keys:
            self.delete(ObjectRef(bucket=bucket, key=key))

    def keys(self, bucket: str) -> list[str]:
        return self.list(bucket, "")

    def text(self, bucket: str, key: str) -> str:
        return self.get(ObjectRef(bucket=bucket, key=key)).body.decode()
