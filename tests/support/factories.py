"""Things that tests need, with everything that a test does not care about filled in."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils import timezone
from PIL import Image

from faceweb.intake import arriving
from faceweb.intake.uploads import Upload
from faceweb.models import Job, JobState, PendingUpload, Video, VideoState
from foundation import messages
from foundation.config import Settings
from recognition.gallery.gallery_changes import add_examples
from tests.support.memory_files import MemoryFiles

VARIABLES = tuple(name.upper() for name in Settings.model_fields)


def make_settings(**changes: Any) -> Settings:
    """The environment's settings with some of them changed."""
    return _read(tuple(os.environ.get(name) for name in VARIABLES)).model_copy(update=changes)


@lru_cache(maxsize=8)
def _read(_values: tuple[str | None, ...]) -> Settings:
    """Reading them takes as long as many a test that asks for them."""
    return Settings()


def picture_bytes(
    width: int = 64, height: int = 48, mode: str = "RGB", format: str = "JPEG", seed: int = 0
) -> bytes:
    """An encoded picture of noise, in any of Pillow's modes and formats."""
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, format=format)
    return buffer.getvalue()


def make_upload(filename: str = "test_00.jpg", content: bytes = b"pixels") -> Upload:
    return Upload(
        filename=filename, content=content, content_type="image/jpeg", width=64, height=48
    )


def make_job(**changes: Any) -> Job:
    """A queued job in the database."""
    now = timezone.now()
    fields = {
        "state": JobState.QUEUED,
        "filename": "test_00.jpg",
        "input_key": "test_00.jpg",
        "output_key": "test_00",
        "sha256": hashlib.sha256(b"pixels").hexdigest(),
        "created_at": now,
        "queued_at": now,
        "sent_at": now,
        "sends": 1,
    }
    return Job.objects.create(**{**fields, **changes})


def make_video(**changes: Any) -> Video:
    """A video in the database that the app tier was told of."""
    now = timezone.now()
    fields = {
        "state": VideoState.STORED,
        "backend": "celery",
        "filename": "film.mp4",
        "frames_wanted": 10,
        "created_at": now,
        "sent_at": now,
        "sends": 1,
    }
    return Video.objects.create(**{**fields, **changes})


def make_face(**changes: Any) -> messages.FaceReply:
    """A face as workers answer it: who has a name has an id."""
    if name := changes.get("identity", "Paul"):
        changes = {"person_id": name.casefold()[:64], **changes}
    fields: dict[str, Any] = {
        "box": (10.0, 20.0, 110.0, 140.0),
        "probability": 0.999,
        "landmarks": ((40.0, 60.0), (80.0, 60.0), (60.0, 80.0), (45.0, 110.0), (75.0, 110.0)),
        "identity": "Paul",
        "distance": 0.31,
        "similarity": 0.95,
    }
    return messages.FaceReply(**{**fields, **changes})


def make_reply(job_id: uuid.UUID | None = None, **changes: Any) -> messages.Reply:
    fields: dict[str, Any] = {
        "job_id": job_id or uuid.uuid4(),
        "state": messages.SUCCEEDED,
        "answer": "Paul",
        "faces": (make_face(),),
        "width": 640,
        "height": 480,
        "model": "dlib",
        "gallery_version": "abc",
        "instance_id": "i-1",
        "worker": "host:1",
        "started_at": 1_780_000_000.0,
        "finished_at": 1_780_000_000.5,
        "stage_milliseconds": {"detect": 12.5, "embed": 30.0},
    }
    return messages.Reply(**{**fields, **changes})


@dataclass(frozen=True)
class Announced:
    """A picture that a client will send to S3."""

    filename: str
    webhook: str = ""


def allow(
    filename: str = "a.jpg", webhook: str = "", collection: str = "default", **options: object
) -> PendingUpload:
    """An upload that may come."""
    return arriving.allow([Announced(filename, webhook)], options, collection)[0]


def make_gallery_files(names: tuple[str, ...] = ("Paul", "Shea"), model: str = "dlib") -> Any:
    """A gallery in memory, one random example a person."""
    files = MemoryFiles()
    random = np.random.default_rng(7)
    add_examples(files, model, {name: [random.normal(size=128)] for name in names})
    return files
