"""People of a gallery in memory, and the places of a person's traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faceweb.api import auth
from faceweb.models import Job
from faceweb.pages import access
from faceweb.people.erasure.places import Places
from faceweb.people.subject_list import copy_people
from faceweb.people.subjects import Subjects
from faceweb.replies.leases import GALLERY, lease
from faceweb.replies.responses import record_replies
from foundation.messages import FaceReply
from recognition.gallery.gallery import Gallery
from tests.faceweb.videos.buckets import MemoryVideoBuckets
from tests.support.factories import make_job, make_reply, make_settings
from tests.support.fakes import MemoryBucket
from tests.support.memory_files import MemoryFiles


def memory_places(files: MemoryFiles, private: Any = None, folder: Path | None = None) -> Places:
    nowhere = folder or Path("/nowhere")
    return Places(
        gallery_of=lambda _: files,
        private=private or MemoryBucket(),
        pictures=MemoryBucket(),  # type: ignore[arg-type]
        answers=MemoryBucket(),  # type: ignore[arg-type]
        videos=MemoryVideoBuckets().all,
        packs=nowhere / "gallery-pack",
        folder=nowhere,
    )


def people_in_memory(
    monkeypatch: pytest.MonkeyPatch, files: MemoryFiles, *modules: Any, bucket: Any = None
) -> Subjects:
    """The people whom pages, API and these modules find."""
    kept = bucket or MemoryBucket()

    def in_memory(settings: object, actor: str, collection: str = "default") -> Subjects:
        return Subjects(files, kept, make_settings(), actor)

    for module in (access, auth, *modules):
        monkeypatch.setattr(module, "subjects", in_memory)
    return in_memory(None, "tester")


def rows_follow(files: MemoryFiles) -> None:
    """What is done at the end of each change of the gallery."""
    with lease(GALLERY):
        copy_people(files)


def id_in(files: MemoryFiles, name: str) -> str:
    """The id of who is called so in a gallery."""
    gallery = Gallery.load(files)
    assert gallery is not None
    return next(person.id for person in gallery.people.values() if person.name == name)


def answered(answer: str, *faces: FaceReply, model: str = "dlib", **changes: Any) -> Job:
    """A job that was answered with these faces."""
    job = make_job(**changes)
    record_replies([make_reply(job.id, answer=answer, faces=faces, model=model)])
    job.refresh_from_db()
    return job
