"""Whole objects in S3: obstore makes a call, and boto3 makes it again where that fails.

obstore (Apache's object_store, in Rust) takes 0.3 ms of the processor for a call, boto3 2.7. It
knows success, and that a name is taken. All else is asked of boto3, whose retries and errors
callers know, so nothing is written twice.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import structlog
from botocore.exceptions import ClientError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from foundation import aws
from foundation.aws import error_code
from foundation.aws.typed import CopySourceTypeDef, PutObjectRequestTypeDef, S3Client
from foundation.config import Settings
from foundation.errors import ObjectMissing
from foundation.parts import in_parts

log = structlog.get_logger()
Answer = TypeVar("Answer")

MOST_DELETED = 1000
"""What S3 deletes in one call."""
MISSING = ("NoSuchKey", "404", "NotFound")
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")

FAILURES = (BaseError, OSError, TypeError, ValueError)
"""What obstore raises; a key that it can't spell is a ValueError, and to `delete` a TypeError."""

NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object's bytes and metadata."""

    body: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def translate_missing(bucket: str, key: str) -> Iterator[None]:
    """Within this, S3's error for an object that does not exist becomes ObjectMissing."""
    try:
        yield
    except ClientError as error:
        if error_code(error) in MISSING:
            raise ObjectMissing(f"{bucket}/{key} is not there") from None
        raise


class WholeObjects:
    """The objects of one bucket.

    boto3's client is asked for at each call, because it must not outlive a fork. `by_boto3` is for
    a bucket that a process uses before it forks.
    """

    def __init__(self, name: str, settings: Settings, *, by_boto3: bool = False) -> None:
        self.name = name
        self._settings = settings
        self._uses_boto3 = by_boto3 or settings.aws_by_boto3

    def stored(self, key: str) -> StoredObject:
        """The object with its metadata. Raises ObjectMissing."""

        def quick(store: S3Store) -> StoredObject:
            found = store.get(key)
            metadata = {
                name: value for name, value in found.attributes.items() if not name[0].isupper()
            }
            return StoredObject(body=bytes(found.bytes()), metadata=metadata)

        def whole() -> StoredObject:
            with translate_missing(self.name, key):
                found = self._s3.get_object(Bucket=self.name, Key=key)
            return StoredObject(body=found["Body"].read(), metadata=found["Metadata"])

        return self._tried([key], quick, whole)

    def put(
        self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str] = NONE
    ) -> None:
        """Write an object, over one that is there."""

        def quick(store: S3Store) -> None:
            store.put(key, body, attributes=about, use_multipart=False)

        about = {"Content-Type": content_type, **metadata}
        self._tried([key], quick, lambda: self._put(key, body, content_type, metadata), about)

    def put_if_free(
        self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str] = NONE
    ) -> bool:
        """Write an object only where none is. False where there is one."""

        def quick(store: S3Store) -> bool:
            try:
                store.put(key, body, attributes=about, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

        def whole() -> bool:
            try:
                self._put(key, body, content_type, metadata, only_new=True)
            except ClientError as error:
                if error_code(error) in TAKEN:
                    return False
                raise
            return True

        about = {"Content-Type": content_type, **metadata}
        return self._tried([key], quick, whole, about)

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the bucket: no byte of it comes here. Raises ObjectMissing."""

        def whole() -> None:
            source: CopySourceTypeDef = {"Bucket": self.name, "Key": key}
            with translate_missing(self.name, key):
                self._s3.copy_object(Bucket=self.name, Key=to, CopySource=source)

        self._tried([key, to], lambda store: store.copy(key, to), whole)

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""

        def whole() -> None:
            self._s3.delete_object(Bucket=self.name, Key=key)

        self._tried([key], lambda store: store.delete(key), whole)

    def delete_several(self, keys: Sequence[str]) -> None:
        """Remove objects, a thousand a call. Raises botocore's errors, the first of an object's."""
        for part in in_parts(keys, MOST_DELETED):
            self._delete_part(part)

    def _delete_part(self, keys: Sequence[str]) -> None:
        def whole() -> None:
            answer = self._s3.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
            for error in answer.get("Errors", ()):
                words = f"{error['Key']}: {error['Message']}"
                code = error["Code"]
                raise ClientError({"Error": {"Code": code, "Message": words}}, "DeleteObjects")

        self._tried(keys, lambda store: store.delete(keys), whole)

    def _tried(
        self,
        keys: Sequence[str],
        quick: Callable[[S3Store], Answer],
        whole: Callable[[], Answer],
        about: Mapping[str, str] = NONE,
    ) -> Answer:
        """What obstore gives; otherwise what boto3 gives."""
        if not self._uses_boto3 and _are_plain(keys, about) and _may_use_obstore():
            try:
                return quick(_store(self.name, self._settings))
            except FAILURES as error:
                if not isinstance(error, FileNotFoundError):
                    reason = str(error).partition("\n")[0]
                    log.info("aws_call_repeated", service="s3", reason=reason)
        return whole()

    def _put(
        self,
        key: str,
        body: bytes,
        content_type: str,
        metadata: Mapping[str, str],
        *,
        only_new: bool = False,
    ) -> None:
        request: PutObjectRequestTypeDef = {
            "Bucket": self.name,
            "Key": key,
            "Body": body,
            "ContentType": content_type,
            "Metadata": dict(metadata),
        }
        if only_new:
            request["IfNoneMatch"] = "*"
        self._s3.put_object(**request)

    @property
    def _s3(self) -> S3Client:
        return aws.client("s3", self._settings)


def _are_plain(keys: Sequence[str], about: Mapping[str, str]) -> bool:
    """False for what obstore would write otherwise than asked: it drops slashes at a key's ends.
    Headers of other than printable letters are for boto3 to refuse."""
    headers = (text for pair in about.items() for text in pair)
    return not any(key.startswith("/") or key.endswith("/") for key in keys) and all(
        text.isascii() and text.isprintable() for text in headers
    )


_user = 0


def _may_use_obstore() -> bool:
    """False in a process that was forked after obstore was used: its threads are not forked, and a
    call would wait for ever."""
    global _user
    _user = _user or os.getpid()
    return _user == os.getpid()


_stores: dict[tuple[int, str, str, str | None], S3Store] = {}


def _store(bucket: str, settings: Settings) -> S3Store:
    """This process's way to a bucket. Raises ValueError without credentials."""
    key = (os.getpid(), bucket, settings.aws_region, settings.aws_endpoint_url)
    if key not in _stores:
        _stores[key] = _new_store(bucket, settings)
    return _stores[key]


def _new_store(bucket: str, settings: Settings) -> S3Store:
    """A bucket, where boto3 finds it, with boto3's credentials and certificates."""
    found = aws.client("s3", settings).meta.endpoint_url
    certificates = os.environ.get("AWS_CA_BUNDLE")
    has_host = settings.aws_endpoint_url is None and "." not in bucket
    return S3Store(
        bucket,
        config={
            "region": settings.aws_region,
            "aws_endpoint_url_s3": found.replace("://", f"://{bucket}.") if has_host else found,
            "virtual_hosted_style_request": has_host,
        },
        client_options={
            "allow_http": found.startswith("http:"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(seconds=120),
            "pool_idle_timeout": timedelta(seconds=15),
            **({"root_certificate": Path(certificates).read_bytes()} if certificates else {}),
        },
        retry_config={"max_retries": 0},
        credential_provider=Boto3CredentialProvider(aws.session(settings)),
    )
