"""The places of a person's traces, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from faceweb.people.erasure.places import Places
from recognition.gallery.gallery import MemoryFiles
from tests.faceweb.videos.buckets import MemoryVideoBuckets
from tests.support.fakes import MemoryBucket


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
