"""`python -m benchmarks.recogniser.gallery`: one face against a large gallery, packed on disk.

Made-up people, several embeddings each, in a temporary folder (2 GB for a million). It also times
what a worker does when somebody is added or removed, and counts how often the nearest that is
found is not the nearest there is.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from recognition.console.terminal import announce, exit_status
from recognition.gallery.gallery import FolderFiles, Gallery
from recognition.gallery.gallery_changes import add_examples, remove_person
from recognition.gallery.pack.gallery_pack import GalleryPack
from recognition.matching import Matrix

MODEL, DIMENSION = "vggface2", 512
T = TypeVar("T")

QUESTIONS = 50
NEAR = 0.9
"""How far a question is from its person: most of what the model's threshold of 1.0 allows."""


def main(arguments: list[str] | None = None) -> int:
    """Run it; errors are one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    return exit_status("benchmarks.recogniser.gallery", lambda: _measure(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recogniser.gallery", description=__doc__
    )
    parser.add_argument("--embeddings", type=int, default=1_000_000, help="in all (1,000,000)")
    parser.add_argument("--per-person", type=int, default=100, help="examples of one (100)")
    parser.add_argument("--folder", type=Path, help="where to make the gallery; the temporary one")
    parser.add_argument("--json", action="store_true", help="a JSON object as the last line")
    return parser


def _measure(parsed: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="gallery-benchmark-", dir=parsed.folder) as folder:
        figures = _run(parsed.embeddings, parsed.per_person, Path(folder))
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):28}{value:12.2f}")  # noqa: T201
    if parsed.json:
        print(json.dumps(figures))  # noqa: T201


def _run(embeddings: int, per_person: int, folder: Path) -> dict[str, float]:
    files, pack = FolderFiles(folder / "gallery"), GalleryPack(folder / "pack")
    announce(f"making {embeddings // per_person} people")
    made, _ = _timed(lambda: _write_people(files, embeddings, per_person))
    announce("packing")
    packing, gallery = _timed(lambda: _packed(pack, files))
    opening, gallery = _timed(lambda: _packed(pack, files))
    announce("asking")
    milliseconds, missed = _ask(gallery)
    stranger = _unit(np.random.default_rng(9).standard_normal((1, DIMENSION), dtype=np.float32))
    adding, _ = _timed(lambda: add_examples(files, MODEL, {"new": stranger}))
    appending, _ = _timed(lambda: _packed(pack, files))
    removing, _ = _timed(lambda: (remove_person(files, "new"), _packed(pack, files)))
    return {
        "embeddings": float(embeddings),
        "match_milliseconds": statistics.median(milliseconds),
        "match_milliseconds_worst": max(milliseconds),
        "nearest_missed_of_50": float(missed),
        "written_seconds": made,
        "packed_seconds": packing,
        "opened_seconds": opening,
        "person_added_seconds": adding,
        "pack_appended_seconds": appending,
        "person_erased_seconds": removing,
    }


def _write_people(files: FolderFiles, embeddings: int, per_person: int) -> None:
    generator = np.random.default_rng(0)
    people = {
        f"person {number}": _unit(
            generator.standard_normal((per_person, DIMENSION), dtype=np.float32)
        )
        for number in range(embeddings // per_person)
    }
    add_examples(files, MODEL, people)


def _unit(rows: Matrix) -> Matrix:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _packed(pack: GalleryPack, files: FolderFiles) -> Gallery:
    gallery = pack.gallery(files)
    assert gallery is not None  # noqa: S101 - it was just written
    return gallery


def _ask(gallery: Gallery) -> tuple[list[float], int]:
    """Milliseconds of each question, and how many did not find their own person.

    In 512 dimensions made-up strangers are all further than 1.2 away, so anybody nearer is the
    nearest.
    """
    generator = np.random.default_rng(1)
    people = list(gallery.people.values())
    milliseconds, missed = [], 0
    for _ in range(QUESTIONS):
        person = people[int(generator.integers(len(people)))]
        example = gallery.examples[person.id][0]
        noise = _unit(generator.standard_normal((1, DIMENSION), dtype=np.float32))[0]
        question = example + np.float32(NEAR) * noise
        began = time.perf_counter()
        found = gallery.people_near(question, 1)
        milliseconds.append((time.perf_counter() - began) * 1000.0)
        missed += [near.person_id for near in found] != [person.id]
    return milliseconds, missed


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    sys.exit(main())
