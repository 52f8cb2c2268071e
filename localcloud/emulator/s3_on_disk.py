"""Keeps the emulator's S3 objects on disk: moto itself forgets everything at its end.

WSGI middleware around moto: after each request that wrote, what changed is written to disk
before the client gets its answer. So a killed emulator has lost nothing that it acknowledged.
"""

import hashlib
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, S3Backend, s3_backends
from werkzeug.formparser import parse_form_data

WRITES = ("PUT", "POST", "DELETE")


def _backend() -> S3Backend:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


class KeepS3OnDisk:
    """One directory a bucket, two files an object: its bytes, and its name and metadata."""

    def __init__(self, application: WSGIApplication, directory: Path) -> None:
        self._application = application
        self._directory = directory
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in WRITES or not _is_s3(environ):
            return self._application(environ, start_response)
        sent = environ["wsgi.input"]
        body = list(self._application(environ, start_response))
        self._keep(environ, _key_in_form(environ, sent) if _is_form(environ) else "")
        return body

    def _keep(self, environ: WSGIEnvironment, key_in_form: str) -> None:
        # WSGI hands over a path's bytes as Latin-1 characters.
        path = environ["PATH_INFO"].encode("latin-1").decode()
        bucket, _, key = path.lstrip("/").partition("/")
        key = key or key_in_form
        with self._lock:
            if bucket not in _backend().buckets:
                return
            if key:
                self._keep_object(bucket, key)
            elif "delete" in parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True):
                self._forget_missing(bucket)

    def _keep_object(self, bucket: str, key: str) -> None:
        held = _backend().buckets[bucket].keys.get(key)
        content, about = self._files(bucket, key)
        if held is None:
            about.unlink(missing_ok=True)
            content.unlink(missing_ok=True)
            return
        content.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(content, held.value)
        _write_whole(about, json.dumps(_about(key, held)).encode())

    def _forget_missing(self, bucket: str) -> None:
        for about in (self._directory / bucket).glob("*.json"):
            key = json.loads(about.read_text())["key"]
            if key not in _backend().buckets[bucket].keys:
                self._keep_object(bucket, key)

    def _files(self, bucket: str, key: str) -> tuple[Path, Path]:
        name = hashlib.sha256(key.encode()).hexdigest()
        directory = self._directory / bucket
        return directory / f"{name}.bin", directory / f"{name}.json"

    def restore(self) -> None:
        """Put everything that was kept back into the emulator."""
        for about_file in sorted(self._directory.glob("*/*.json")):
            bucket = about_file.parent.name
            about = json.loads(about_file.read_text())
            if bucket not in _backend().buckets:
                _backend().create_bucket(bucket, about["region"])
            held = _backend().put_object(
                bucket, about["key"], about_file.with_suffix(".bin").read_bytes()
            )
            held.set_metadata(about["metadata"], replace=True)


def _is_s3(environ: WSGIEnvironment) -> bool:
    """S3 requests are signed for S3; all others carry a target or another service's name. S3 alone
    takes forms with files."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    is_signed = "/s3/aws4_request" in authorization
    return is_signed or "X-Amz-Algorithm" in environ.get("QUERY_STRING", "") or _is_form(environ)


def _is_form(environ: WSGIEnvironment) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")


def _key_in_form(environ: WSGIEnvironment, sent: IO[bytes]) -> str:
    """The key that a form says. The server has read the body whole, so it can be read again."""
    sent.seek(0)
    _, fields, _ = parse_form_data({**environ, "wsgi.input": sent})
    return fields.get("key", "")


def _about(key: str, held: FakeKey) -> dict[str, object]:
    region = _backend().buckets[str(held.bucket_name)].region_name
    return {"key": key, "region": region, "metadata": dict(held.metadata)}


def _write_whole(path: Path, content: bytes) -> None:
    """The file has its old content or its new, never half of it."""
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_bytes(content)
    draft.replace(path)
