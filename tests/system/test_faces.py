"""`faces` beside a running system, and a backup of it that becomes another system, which has
PostgreSQL where the first has SQLite, and a third one, which has SQLite again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceweb.backup import archive
from foundation.config import PROJECT_DIRECTORY
from tests.support.postgresql import PostgresqlServer, find_binaries
from tests.system.pictures import COLLINS, HOPPER, variant
from tests.system.running import RunningSystem, clean_environment

Ended = subprocess.CompletedProcess[str]


def faces(var_dir: Path, *words: object, **settings: object) -> Ended:
    """Run a command from another folder; it has to find the system by itself."""
    environment = clean_environment(var_dir, PYTHONPATH=PROJECT_DIRECTORY, **settings)
    return subprocess.run(
        [sys.executable, "-m", "faces", *map(str, words)], cwd="/", env=environment, text=True,
        capture_output=True, timeout=300,
    )  # fmt: skip


def said(ended: Ended) -> str:
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RunningSystem]:
    running = RunningSystem(tmp_path / "var")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
def postgresql() -> Iterator[dict[str, str]]:
    """The settings of a system with PostgreSQL."""
    if find_binaries() is None:
        pytest.skip("PostgreSQL is not installed here")
    server = PostgresqlServer()
    try:
        yield {"DATABASE_URL": server.start()}
    finally:
        server.stop()


def rows_of(file: Path) -> dict[str, list[str]]:
    """Every table's rows in a backup; databases differ in how they order rows and keys."""
    with archive.opened(file) as entries:
        return {
            entry.name: sorted(json.dumps(json.loads(line), sort_keys=True) for line in entry.file)
            for entry in entries
            if entry.folder == "tables"
        }


def test_one_story(system: RunningSystem, postgresql: dict[str, str], tmp_path: Path) -> None:
    """One, because every start takes seconds."""
    here = system.var_dir
    pictures = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for path, (person, number) in zip(pictures, [(HOPPER, 1), (COLLINS, 2)], strict=True):
        path.write_bytes(variant(person, number))

    assert said(faces(here, "send", *pictures)) == f"a.jpg:{HOPPER}\nb.jpg:{COLLINS}\n"
    assert "different people" in said(faces(here, "compare", *pictures))
    assert json.loads(said(faces(here, "compare", pictures[0], pictures[0], "--json")))[
        "same_person"
    ]
    status = json.loads(said(faces(here, "status", "--json")))
    assert (status["url"], status["status"], status["people"]) == (system.url, "ready", 2)
    secret = said(faces(here, "keys", "make", "program")).strip()
    assert said(faces(here, "send", pictures[0], FACES_KEY=secret)) == f"a.jpg:{HOPPER}\n"
    assert '"state": "ok"' in said(faces(here, "doctor", "--json"))

    file = tmp_path / "backup.faces"
    saved = json.loads(said(faces(here, "backup", file, "--json")))
    assert "stop it first" in faces(here, "restore", file).stderr
    assert system.stop() == 0

    other = RunningSystem(tmp_path / "other", **postgresql)
    again, third = tmp_path / "again.faces", tmp_path / "third"
    assert "Restored" in said(faces(other.var_dir, "restore", file, **postgresql))
    assert "is not empty" in faces(other.var_dir, "restore", file, **postgresql).stderr
    counted = json.loads(said(faces(other.var_dir, "backup", again, "--json", **postgresql)))
    assert (counted["rows"], counted["objects"]) == (saved["rows"], saved["objects"])
    assert rows_of(again) == rows_of(file)
    assert "Restored" in said(faces(third, "restore", again))
    said(faces(third, "backup", tmp_path / "third.faces"))
    assert rows_of(tmp_path / "third.faces") == rows_of(file)
    try:
        other.start()
        assert "password" not in other.output, "its administrator came with the backup"
        assert said(faces(other.var_dir, "send", pictures[1])) == f"b.jpg:{COLLINS}\n"
    finally:
        other.stop()
