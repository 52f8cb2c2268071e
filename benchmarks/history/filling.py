"""A history as a year of use leaves it: jobs, faces, people, videos, and all that is about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    return _random_id(f"job {number}").hex


def video_id(number: int) -> str:
    return _random_id(f"video {number}").hex


def person_id(number: int) -> str:
    return str(_random_id(f"person {number}"))


def _random_id(seed: str) -> UUID:
    """The same each time: rows name one another by it."""
    return UUID(bytes=blake2b(seed.encode(), digest_size=16).digest(), version=4)


def person_name(number: int) -> str:
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
        Subject,
        ("person_id", "name", "name_key", "examples"),
        ((person_id(n), person_name(n), name_key(person_name(n)), 3) for n in numbers),
    )
    write_rows(
        ExamplePicture,
        ("example_id", "person_id", "key", "added_at"),
        ((job_id(n)[:24], person_id(n), f"people/{n}.jpg", moment(n)) for n in numbers),
    )


def _jobs(size: Size) -> None:
    names = (
        "id", "kind", "state", "filename", "input_key", "output_key", "sha256", "size_bytes",
        "width", "height", "result", "distance", "model", "instance_id", "worker", "sends",
        "error_kind", "error", "created_at", "queued_at", "sent_at", "started_at", "finished_at",
        "answered_at",
    )  # fmt: skip
    write_rows(Job, names, (_job(n, size) for n in range(size.jobs)))


def _job(number: int, size: Size) -> tuple[object, ...]:
    state = STATES[number % len(STATES)]
    key, at = f"picture_{number}.jpg", moment(number)
    is_named = number % 3 and state == "succeeded"
    failed = state == "failed"
    return (
        job_id(number), "recognise", state, key, key, key[:-4], f"{number:064x}", 400_000, 1920,
        1080, person_name(number % size.people) if is_named else "unknown", 0.4, MODEL,
        f"i-{number % 40:017x}", f"worker-{number % 40}", 1, "bad-picture" if failed else "",
        "The picture is damaged or cut short." if failed else "", at, at, at, at, at,
        None if state == "queued" else at,
    )  # fmt: skip


FACE = (
    "number", "seen_at", "left", "top", "right", "bottom", "probability", "person_id", "source",
    "similarity", "distance", "is_answer", "is_unknown", "embedding",
)  # fmt: skip


def _faces(size: Size) -> None:
    rows = ((job_id(n), *_face(n, size)) for n in range(size.jobs))
    write_rows(Face, ("job_id", *FACE), rows)


def _face(number: int, size: Size) -> tuple[object, ...]:
    is_named = bool(number % 3)
    return (
        0, moment(number), 10.0, 10.0, 110.0, 120.0, 0.999,
        person_id(number % size.people) if is_named else None, "model" if is_named else "",
        0.8, 0.4, True, not is_named, None if is_named else _embedding(number),
    )  # fmt: skip


def _embedding(number: int) -> bytes:
    return bytes(_vectors()[number % len(_vectors())].tobytes())


def _videos(size: Size) -> None:
    frames = [{"number": n, "seconds": float(n), "error": None} for n in range(10)]
    rows = (
        (video_id(n), "succeeded", "celery", f"video_{n}.mp4", 4_000_000, 10, 10, 10, frames,
         person_name(n % size.people), moment(n * ONE_IN), moment(n * ONE_IN))
        for n in range(size.jobs // ONE_IN)
    )  # fmt: skip
    names = (
        "id", "state", "backend", "filename", "size_bytes", "frames_stored", "frames_seen",
        "frames_total", "frames", "result", "created_at", "answered_at",
    )  # fmt: skip
    write_rows(Video, names, rows)


def _all_else(size: Size) -> None:
    some = range(0, size.jobs, ONE_IN)
    write_rows(
        Webhook,
        ("job_id", "url", "attempts", "delivered_at", "due_at"),
        ((job_id(n), "https://hook.example/", 1, moment(n), None) for n in some),
    )
    write_rows(
        DeadLetter,
        ("message_id", "job_id", "reason", "body", "seen_at"),
        ((f"message-{n}", job_id(n), "3 deliveries", "{}", moment(n)) for n in some),
    )
    write_rows(
        AuditEntry,
        ("at", "actor", "action", "subject", "detail"),
        ((moment(n), "user ann", "picture seen", job_id(n), {}) for n in range(size.jobs)),
    )
    write_rows(Look, ("at", "scaler", "changed", "reason", "visible", "in_flight", "outstanding",
                      "booting", "ready", "leaving", "observation", "state", "limits",
                      "decision"), _looks(some))  # fmt: skip


def _looks(numbers: range) -> Iterator[tuple[object, ...]]:
    for n in numbers:
        yield (
            moment(n), "web", n % 5 == 0, "2 pictures wait", 2, 1, 3, 0, 1, 0, {}, {}, {}, {},
        )  # fmt: skip
