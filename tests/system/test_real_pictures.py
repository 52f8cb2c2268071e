"""A hundred real pictures, enrolled and posted 50 at a time; skipped where they are not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import RunningSystem


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[RunningSystem]:
    running = RunningSystem(tmp_path / "var", FACEWEB_ID="course")
    try:
        yield running.start()
    finally:
        running.stop()


def test_100_of_100_are_right(shared_faces: Path, own_system: RunningSystem) -> None:
    folder, labels = shared_faces / "course_100", shared_faces / "course_100.csv"
    enrolled = own_system.manage("enrol", str(folder), "--labels", str(labels))
    assert enrolled.returncode == 0, enrolled.stderr

    with labels.open(newline="") as file:
        names = {row["Image"]: row["Results"] for row in csv.DictReader(file)}
    pictures = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    answers = own_system.post_all(pictures, concurrency=50)

    right = {n: f"{n}:{names.get(n) or names[Path(n).stem]}\n" for n in pictures}
    assert {name: answer.text for name, answer in answers.items()} == right
    assert _keys(own_system, "course-in-bucket") == set(pictures)
    assert _keys(own_system, "course-out-bucket") == {Path(name).stem for name in pictures}


def _keys(system: RunningSystem, bucket: str) -> set[str]:
    listed = system.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]
    return {item["Key"] for item in listed}
