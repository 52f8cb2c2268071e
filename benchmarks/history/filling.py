"""A history as a year of use leaves it: jobs, faces, people, videos, and all that is about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from uuid import UUID

import numpy as np

from benchmarks.history.bulk import write_quickly, write_rows
from faceweb.models import (
    AuditEntry,
    DeadLetter,
    ExamplePicture,
    Face,
    Job,
    Subject,
    Video,
    Webhook,
)
from recognition.gallery.gallery_files import MANIFEST, GalleryFiles
from recognition.gallery.gallery_manifest import Manifest, Person, encode_examples, encode_manifest
from recognition.gallery.names import name_key
from recognition.registry.models import MODELS
from scaler.models import Look

NEWEST = datetime(2026, 11, 29, 12, tzinfo=UTC)
APART = timedelta(seconds=20)
MODEL = "dlib"
STATES = ("succeeded",) * 97 + ("failed", "cancelled", "queued")
ONE_IN = 50
"""One video, webhook or look of the scaler for this number of jobs."""

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long the history is."""

    jobs: int
    people: int


def fill(size: Size, announce: Announce) -> None:
    """Write the whole history."""
    write_quickly()
    for title, write in (
        ("people", _people), ("jobs", _jobs), ("faces", _faces), ("videos", _videos),
        ("all else", _all_else),
    ):  # fmt: skip
        announce(f"filling: {title}")
        write(size)


def job_id(number: int) -> str:
    """The id of a job, the same each time."""
    return _random_id(f"job {number}").hex


def video_id(number: int) -> str:
    """The id of a video, the same each time."""
    return _random_id(f"video {number}").hex


def person_id(number: int) -> str:
    """The id of a person, the same each time."""
    return str(_random_id(f"person {number}"))


def _random_id(seed: str) -> UUID:
    """The same each time: rows name one another by it."""
    return UUID(bytes=blake2b(seed.encode(), digest_size=16).digest(), version=4)


def person_name(number: int) -> str:
    """The name of a person."""
    return f"Person {number:06}"


def moment(number: int) -> datetime:
    """When the job of this number was accepted, the newest first."""
    return NEWEST - number * APART


def write_gallery(size: Size, files: GalleryFiles) -> None:
    """The manifest of everybody, and the examples of those whose page is opened."""
    people = {person_id(number): _person(number) for number in range(size.people)}
    for opened in (min(people), person_id(size.people // 2)):
        person, data = encode_examples(opened, people[opened].name, _vectors()[:3])
        people[opened] = person
        files.write(person.file, data)
    manifest = Manifest(model=MODEL, dimension=MODELS[MODEL].dimension, people=people)
    files.write(MANIFEST, encode_manifest(manifest))


def _person(number: int) -> Person:
    return Person(
        id=person_id(number), name=person_name(number), examples=3,
        file=f"people/{person_id(number)}.npy", sha256="0" * 64,
    )  # fmt: skip


@cache
def _vectors() -> np.ndarray:
    """Embeddings that faces of the history have in turn."""
    return np.random.default_rng(0).normal(0, 0.1, (997, MODELS[MODEL].dimension)).astype("<f4")


def _people(size: Size) -> None:
    numbers = range(size.people)
    write_rows(
        Subject(
            person_id=person_id(n), name=person_name(n), name_key=name_key(person_name(n)),
            examples=3,
        )
        for n in numbers
    )  # fmt: skip
    write_rows(
        ExamplePicture(
            example_id=job_id(n)[:24], person_id=person_id(n), key=f"people/{n}.jpg",
            added_at=moment(n),
        )
        for n in numbers
    )  # fmt: skip


def _jobs(size: Size) -> None:
    write_rows(_job(n, size) for n in range(size.jobs))


def _job(number: int, size: Size) -> Job:
    state = STATES[number % len(STATES)]
    key, at = f"picture_{number}.jpg", moment(number)
    is_named = number % 3 and state == "succeeded"
    failed = state == "failed"
    return Job(
        id=job_id(number), kind="recognise", state=state, filename=key, input_key=key,
        output_key=key[:-4], sha256=f"{number:064x}", size_bytes=400_000, width=1920, height=1080,
        result=person_name(number % size.people) if is_named else "unknown", distance=0.4,
        model=MODEL, instance_id=f"i-{number % 40:017x}", worker=f"worker-{number % 40}", sends=1,
        error_kind="bad-picture" if failed else "",
        error="The picture is damaged or cut short." if failed else "",
        created_at=at, queued_at=at, sent_at=at, started_at=at, finished_at=at,
        answered_at=None if state == "queued" else at,
    )  # fmt: skip


def _faces(size: Size) -> None:
    write_rows(_face(n, size) for n in range(size.jobs))


def _face(number: int, size: Size) -> Face:
    is_named = bool(number % 3)
    return Face(
        job_id=job_id(number), number=0, seen_at=moment(number),
        left=10.0, top=10.0, right=110.0, bottom=120.0, probability=0.999,
        person_id=person_id(number % size.people) if is_named else None,
        source="model" if is_named else "", similarity=0.8, distance=0.4, is_answer=True,
        is_unknown=not is_named, embedding=None if is_named else _embedding(number),
    )  # fmt: skip


def _embedding(number: int) -> bytes:
    return bytes(_vectors()[number % len(_vectors())].tobytes())


def _videos(size: Size) -> None:
    frames = [{"number": n, "seconds": float(n), "error": None} for n in range(10)]
    write_rows(
        Video(
            id=video_id(n), state="succeeded", backend="celery", filename=f"video_{n}.mp4",
            size_bytes=4_000_000, frames_stored=10, frames_seen=10, frames_total=10, frames=frames,
            result=person_name(n % size.people), created_at=moment(n * ONE_IN),
            answered_at=moment(n * ONE_IN),
        )
        for n in range(size.jobs // ONE_IN)
    )  # fmt: skip


def _all_else(size: Size) -> None:
    some = range(0, size.jobs, ONE_IN)
    write_rows(
        Webhook(
            job_id=job_id(n), url="https://hook.example/", attempts=1, delivered_at=moment(n),
            due_at=None,
        )
        for n in some
    )  # fmt: skip
    write_rows(
        DeadLetter(
            message_id=f"message-{n}", job_id=job_id(n), reason="3 deliveries", body="{}",
            seen_at=moment(n),
        )
        for n in some
    )  # fmt: skip
    write_rows(
        AuditEntry(
            at=moment(n), actor="user ann", action="picture seen", subject=job_id(n), detail={}
        )
        for n in range(size.jobs)
    )
    write_rows(
        Look(
            at=moment(n), scaler="web", changed=n % 5 == 0, reason="2 pictures wait", visible=2,
            in_flight=1, outstanding=3, booting=0, ready=1, leaving=0, observation={}, state={},
            limits={}, decision={},
        )
        for n in some
    )  # fmt: skip
