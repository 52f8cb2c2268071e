"""What a message, a file of the gallery or an answer of S3 may not do."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from celery import Celery
from kombu.message import Message

from faceweb.administration.job_csv import as_csv
from faceweb.models import Job
from foundation.local_state.private_files import keep_private
from foundation.messages import answer_key
from recognition.errors import GalleryCorrupt
from recognition.gallery.gallery import Gallery
from recognition.gallery.gallery_changes import add_examples
from recognition.gallery.gallery_files import MANIFEST
from recognition.gallery.gallery_manifest import Person, decode_examples
from tests.support.memory_files import MemoryFiles
from workers.queue.request import RepliedTask


def succeed() -> str:
    return "done"


def fail() -> None:
    raise ValueError("as it should")


@pytest.fixture
def app() -> Iterator[Celery]:
    """A Celery app with a queue in memory, and tasks that are requested as ours are."""
    app = Celery(
        "hostile", broker="memory://", backend="cache+memory://", set_as_current=False,
        task_cls="workers.queue.request:RepliedTask",
    )  # fmt: skip
    app.conf.task_acks_late = True
    for name, run in (("innocent", succeed), ("failing", fail), ("victim", succeed)):
        app.task(name=name, typing=False)(run)
    yield app
    app.close()


def run(app: Celery, task: str, embedded: dict[str, Any], **headers: Any) -> Any:
    """Let a worker's request take such a message and do it, and return the request."""
    body = json.dumps([[], {}, embedded])
    told = {"lang": "py", "task": task, "id": str(uuid.uuid4()), **headers}
    message = Message(
        body=body, content_type="application/json", content_encoding="utf-8", headers=told,
        properties={}, delivery_info={},
    )  # fmt: skip
    request = RepliedTask.Request(
        message, app=app, task=app.tasks[task], body=body, headers=told, on_ack=lambda *_: None
    )
    request.execute()
    return request


def queued(app: Celery) -> int:
    with app.connection_for_read() as connection:
        return int(connection.default_channel._size("celery"))


VICTIM = {"task": "victim", "args": [], "kwargs": {}, "options": {}, "subtask_type": None}


@pytest.mark.parametrize("task", ["innocent", "failing"])
@pytest.mark.parametrize(
    "embedded",
    [
        {"callbacks": [VICTIM]},
        {"errbacks": [VICTIM]},
        {"chain": [VICTIM]},
        {"chord": VICTIM},
        {"callbacks": [VICTIM], "errbacks": [VICTIM], "chain": [VICTIM], "chord": VICTIM},
    ],
)
def test_a_message_s_callbacks_are_not_run(
    app: Celery, task: str, embedded: dict[str, Any]
) -> None:
    run(app, task, embedded)

    assert queued(app) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"timelimit": [None, 1e9]},
        {"eta": "2999-01-01T00:00:00+00:00"},
        {"expires": "1999-01-01T00:00:00+00:00"},
        {"ignore_result": True},
        {"shadow": "another name"},
        {"group": "a group"},
    ],
)
def test_a_message_s_headers_change_nothing_of_its_task(
    app: Celery, headers: dict[str, Any]
) -> None:
    request = run(app, "innocent", {}, **headers)

    assert request.time_limits == (None, None)
    assert (request.eta, request.expires, request.name) == (None, None, "innocent")
    assert not request.ignore_result and request.group is None


def test_the_answer_s_key_is_the_picture_s_without_its_extension() -> None:
    assert (answer_key("a.b.jpg"), answer_key("a"), answer_key(".jpg")) == ("a.b", "a", ".jpg")


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " ="]
)
def test_an_exported_name_is_no_formula(sign: str) -> None:
    text = as_csv([Job(filename=f'{sign}HYPERLINK("http://x";1),a')])

    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["filename"].startswith(f"'{sign}")
    assert text.splitlines()[0].startswith('"id","kind",')


def file_of(header: str, values: bytes = b"") -> bytes:
    padded = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + values


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (100000000, 128), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 128), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 128), }",
        "{'descr': '<U100000000', 'fortran_order': False, 'shape': (2, 128), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 128), }",
        "{'descr': '<f4', 'shape': (2, 128), }",
        "__import__('os')",
    ],
)
def test_a_file_of_examples_takes_no_memory_by_its_header(header: str) -> None:
    data = file_of(header, b"\0" * 100)
    examples = 100_000_000 if "100000000, 128" in header else 2
    person = Person(
        id="1", name="Ann", file="people/1.npy", examples=examples,
        sha256=hashlib.sha256(data).hexdigest(),
    )  # fmt: skip

    tracemalloc.start()
    try:
        with pytest.raises(GalleryCorrupt, match="the file people/"):
            decode_examples(data, person, 128)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "name", ["", "a\x00b", "a\nb", "a\u202eb", "\x1b[31mAnn", "x" * 201, "a\u2028b"]
)
def test_a_hostile_name_in_a_manifest_is_refused(name: str) -> None:
    files = MemoryFiles()
    add_examples(files, "dlib", {"Ann": [np.ones(128, np.float32)]})
    manifest = json.loads(files.files[MANIFEST])
    manifest["people"][0]["name"] = name
    files.files[MANIFEST] = json.dumps(manifest).encode()

    with pytest.raises(GalleryCorrupt, match="is no name of a person"):
        Gallery.open(files)


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_files_and_folders_are_their_owner_s_alone(tmp_path: Path, usual_umask: None) -> None:
    var_dir = tmp_path / "var"
    var_dir.mkdir(mode=0o755)
    keep_private(var_dir)
    (var_dir / "inner").mkdir()
    (var_dir / "inner" / "names.txt").write_text("Ann")

    modes = [oct(path.stat().st_mode & 0o777) for path in (var_dir, *sorted(var_dir.rglob("*")))]
    assert modes == ["0o700", "0o700", "0o600"]
