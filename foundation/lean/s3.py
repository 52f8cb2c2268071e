"""GetObject and PutObject."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from foundation.lean.connections import Answer
from foundation.lean.direct import Direct, LeanClient, NotTaken, Request

PROBE = "probe-bucket"
PLAIN_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]")
"""Names that are part of an address as they are. Two hyphens in a row may mean a bucket of another
kind, which has other addresses."""

METADATA = "x-amz-meta-"
CHECKSUM = "x-amz-checksum-crc32"


class LeanS3(LeanClient):
    """S3, by the verbs of boto3's client."""

    def __init__(self, botocore_client: Any, direct: Direct) -> None:
        super().__init__(botocore_client, direct)
        self._probe = urlsplit(address_of_probe(botocore_client))

    def get_object(self, **asked: Any) -> Any:
        """An object with its bytes; `Body` is a file."""

        def short() -> dict[str, Any]:
            if asked.keys() != {"Bucket", "Key"}:
                raise NotTaken("more than an object is asked for")
            url = object_url(self._probe, asked["Bucket"], asked["Key"])
            request = Request("GET", url, {"x-amz-checksum-mode": "ENABLED"})
            return _object(self._direct.call(request))

        return self._tried("GetObject", short, lambda: self._botocore.get_object(**asked))

    def put_object(self, **asked: Any) -> Any:
        """Write an object of bytes."""

        def short() -> dict[str, Any]:
            body = asked.get("Body")
            if not isinstance(body, bytes):
                raise NotTaken("the body is not bytes")
            url = object_url(self._probe, asked["Bucket"], asked["Key"])
            answer = self._direct.call(Request("PUT", url, put_headers(asked, body), body))
            return _written(answer)

        return self._tried("PutObject", short, lambda: self._botocore.put_object(**asked))


class _Built(Exception):
    """Carries an address out of botocore before anything is sent."""


def address_of_probe(botocore_client: Any) -> str:
    """Where botocore would find a bucket of the name PROBE: it knows regions, partitions, styles
    and what is configured. Call it before the client is anybody else's."""

    def built(params: Mapping[str, Any], **_: Any) -> None:
        raise _Built(params["url"])

    events = botocore_client.meta.events
    events.register("before-call.s3.HeadBucket", built)
    try:
        botocore_client.head_bucket(Bucket=PROBE)
    except _Built as found:
        return str(found)
    finally:
        events.unregister("before-call.s3.HeadBucket", built)
    raise RuntimeError("botocore asked for a bucket without saying where")


def object_url(probe: SplitResult, bucket: Any, key: Any) -> SplitResult:
    """An object's address, from that of the probe. Raises NotTaken where it is not a plain one."""
    if not (isinstance(bucket, str) and PLAIN_BUCKET.fullmatch(bucket)):
        raise NotTaken("the bucket has no plain name")
    if not (isinstance(key, str) and key):
        raise NotTaken("the key is no text")
    path = quote(key, safe="/~")
    if probe.netloc.startswith(f"{PROBE}."):
        host = bucket + probe.netloc[len(PROBE) :]
        return SplitResult(probe.scheme, host, f"/{path}", "", "")
    before = probe.path.rstrip("/").removesuffix(PROBE)
    return SplitResult(probe.scheme, probe.netloc, f"{before}{bucket}/{path}", "", "")


def put_headers(asked: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """The headers that say what is asked beside Bucket, Key and Body. Raises NotTaken."""
    headers = {CHECKSUM: _crc32(body), "x-amz-sdk-checksum-algorithm": "CRC32"}
    for name, value in asked.items():
        match name, value:
            case (("Bucket" | "Key" | "Body"), _):
                continue
            case "ContentType", str():
                headers["content-type"] = value
            case "IfNoneMatch", str():
                headers["if-none-match"] = value
            case "Metadata", dict():
                headers |= {f"{METADATA}{each}".lower(): str(text) for each, text in value.items()}
            case _:
                raise NotTaken(f"{name} is not one of the ordinary arguments")
    return headers


def _written(answer: Answer) -> dict[str, Any]:
    """boto3's answer. Raises NotTaken for a failure that S3 found after it had sent 200."""
    if answer.body.strip():
        raise NotTaken("status 200 with an error in the body")
    return {"ETag": answer.headers.get("etag", "")}


def _object(answer: Answer) -> dict[str, Any]:
    """boto3's answer, as far as anybody here looks at it. Raises NotTaken for a damaged body."""
    headers = answer.headers
    told = headers.get(CHECKSUM)
    if told and "-" not in told and told != _crc32(answer.body):
        raise NotTaken("the object's checksum is another")
    return {
        "Body": io.BytesIO(answer.body),
        "ContentLength": len(answer.body),
        "ContentType": headers.get("content-type", ""),
        "ETag": headers.get("etag", ""),
        "Metadata": {
            name.removeprefix(METADATA): value
            for name, value in headers.items()
            if name.startswith(METADATA)
        },
    }


def _crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
