"""S3 in memory, by the verbs of boto3's client that the product uses.

It is strongly consistent, as https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html
says under "data consistency model"; a put is whole or not there at all.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.protocol.faults import Faults


@dataclass(frozen=True, slots=True)
class Stored:
    """One object."""

    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()


class SimulatedS3:
    """boto3's S3 client, as far as it is used."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.objects: dict[tuple[str, str], Stored] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **options: Any) -> Any:
        """userguide/conditional-writes.html: If-None-Match "*" is 412 where the key is taken."""

        def put() -> dict[str, str]:
            if options.get("IfNoneMatch") == "*" and (Bucket, Key) in self.objects:
                raise _error("PreconditionFailed", "PutObject")
            stored = Stored(Body, dict(options.get("Metadata", {})))
            self.objects[Bucket, Key] = stored
            return {"ETag": f'"{stored.etag}"'}

        return self._faults.call(f"put {Bucket}/{Key}", put)

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        def get() -> dict[str, Any]:
            stored = self._found(Bucket, Key, "NoSuchKey")
            return {"Body": io.BytesIO(stored.body), "Metadata": stored.metadata}

        return self._faults.call(f"get {Bucket}/{Key}", get)

    def head_object(self, *, Bucket: str, Key: str) -> Any:
        def head() -> dict[str, Any]:
            stored = self._found(Bucket, Key, "404")
            return {"ETag": f'"{stored.etag}"', "Metadata": stored.metadata}

        return self._faults.call(f"head {Bucket}/{Key}", head)

    def _found(self, bucket: str, key: str, code: str) -> Stored:
        if (bucket, key) not in self.objects:
            raise _error(code, "GetObject")
        return self.objects[bucket, key]


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "simulated"}}, operation)
