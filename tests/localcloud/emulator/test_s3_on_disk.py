"""The emulator's buckets outlive it, even when it is killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from localcloud.emulator.emulator_process import answers, emulator, wait_until
from localcloud.system.ports import free_port
from localcloud.system.processes import stop_all

pytestmark = pytest.mark.system


@contextmanager
def served(keep: Path, kill: bool) -> Iterator[Any]:
    """An S3 client of an emulator over a folder; the emulator is killed or stopped at the end."""
    port = free_port()
    child = emulator(port, dict(os.environ), keep.parent / "emulator.log", keep)
    child.start()
    try:
        wait_until(child, lambda: answers(f"http://127.0.0.1:{port}"), 60)
        yield boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    finally:
        stop_all([child], seconds=0 if kill else 5)


Change = Callable[[Any], object]


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_objects_and_their_metadata_are_there_again(tmp_path: Path, kill: bool) -> None:
    keep = tmp_path / "kept"
    with served(keep, kill) as s3:
        s3.create_bucket(Bucket="faces")
        s3.put_object(Bucket="faces", Key="Zoë/ü +1.jpg", Body=b"pixels", Metadata={"sha256": "x"})
        s3.put_object(Bucket="faces", Key="old", Body=b"old")
        s3.put_object(Bucket="faces", Key="old", Body=b"new")
        s3.put_object(Bucket="faces", Key="gone", Body=b"1")
        s3.delete_object(Bucket="faces", Key="gone")
        s3.put_object(Bucket="faces", Key="gone-too", Body=b"1")
        s3.delete_objects(Bucket="faces", Delete={"Objects": [{"Key": "gone-too"}]})
        form = s3.generate_presigned_post("faces", "ü of a form")
        files = {"file": ("a.jpg", b"pixels of a form")}
        assert httpx.post(form["url"], data=form["fields"], files=files).is_success

    with served(keep, kill=True) as s3:
        kept = s3.get_object(Bucket="faces", Key="Zoë/ü +1.jpg")
        assert (kept["Body"].read(), kept["Metadata"]) == (b"pixels", {"sha256": "x"})
        assert s3.get_object(Bucket="faces", Key="old")["Body"].read() == b"new"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="faces")["Contents"]]
        assert sorted(keys) == ["Zoë/ü +1.jpg", "old", "ü of a form"]
        sent = s3.get_object(Bucket="faces", Key="ü of a form")
        assert sent["Body"].read() == b"pixels of a form"
