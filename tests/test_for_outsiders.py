"""What outsiders are told exists: targets of make in workflows, files in CONTRIBUTING.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted(PROJECT.glob(".github/workflows/*.yml"))
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def _steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_nothing_but_targets_of_make(workflow: Path) -> None:
    commands = [step["run"] for step in _steps(workflow) if "run" in step]
    assert commands
    for command in commands:
        make, target = command.split()
        assert (make, target in TARGETS) == ("make", True), command


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(workflow: Path) -> None:
    for step in _steps(workflow):
        assert "uses" not in step or re.search(r"@(v\d+|[0-9a-f]{40})$", step["uses"]), step


def test_contributing_names_targets_and_files_that_exist() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"`make ([a-z][a-z0-9-]*)", text))
    files = set(re.findall(r"tests/[\w/]+\.py", text)) | set(re.findall(r"\]\(([\w./]+)\)", text))
    assert targets and targets <= TARGETS
    assert files and [file for file in files if not (PROJECT / file).exists()] == []
