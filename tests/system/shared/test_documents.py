"""Every command in README and docs is run, as it stands there, against one started system."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import Block, blocks_of_documents
from tests.support.readability import PROJECT
from tests.system.pictures import film_of_two
from tests.system.running import RunningSystem

RUN = [block for block in blocks_of_documents("sh", "python") if not block.not_run]
MAY_FIND_SOMETHING = ("forget", "--check")
"""Its status is 1 where the person is still known, as they are in the documents' example."""


@pytest.fixture(scope="module")
def checkout(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like a checkout beside the running system, with the files that readers have."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in PROJECT.iterdir():
        if path.name not in ("var", ".venv"):
            (folder / path.name).symlink_to(path)
    (folder / "var").symlink_to(system.var_dir)
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name, words in {"python": "", "faces": "-m faces"}.items():
        command = folder / ".venv" / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        command.chmod(0o755)
    samples = system.var_dir / "samples"
    person = folder / "people" / "Grace Hopper"
    person.mkdir(parents=True)
    shutil.copy(samples / "grace_hopper.jpg", person)
    shutil.copytree(samples, folder / "pictures")
    (folder / "labels.csv").write_text(
        "Image,Results\ngrace_hopper.jpg,Grace Hopper\neileen_collins.jpg,Eileen Collins\n"
    )
    (folder / "film.mp4").write_bytes(film_of_two())
    shutil.copy(samples / "grace_hopper.jpg", folder / "picture.jpg")
    yield folder


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"{block.file}:{block.line}")
def test_a_block_of_a_document_works(block: Block, checkout: Path, system: RunningSystem) -> None:
    text = block.text.replace("http://127.0.0.1:8000/", system.url).replace("curl ", "curl -sSf ")
    shell = ["bash", "-euo", "pipefail", "-c", text]
    run = shell if block.language == "sh" else [sys.executable, "-c", text]
    path = f"{checkout}/.venv/bin:{system.environment['PATH']}"
    ended = subprocess.run(
        run, cwd=checkout, env={**system.environment, "PATH": path}, text=True, check=False,
        capture_output=True, timeout=300,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said, said
    allowed = (0, 1) if all(word in text for word in MAY_FIND_SOMETHING) else (0,)
    assert ended.returncode in allowed, said


def test_the_first_picture_gets_the_answer_that_the_readme_promises(
    checkout: Path, system: RunningSystem
) -> None:
    promised = "grace_hopper.jpg:Grace Hopper"
    assert promised in (PROJECT / "README.md").read_text()
    content = (checkout / "var" / "samples" / "grace_hopper.jpg").read_bytes()
    assert system.post("grace_hopper.jpg", content).text.strip() == promised
