"""The site of the documents builds strictly, tells everything, and needs no network."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.hooks import decisions
from docs.hooks.commands import faces_commands, parsers
from foundation.config import Settings
from tests.mutation.results import read_results
from tests.support.readability import PROJECT

pytestmark = pytest.mark.system

LOADED = re.compile(r'<(?:script|img|link rel="stylesheet"|iframe)[^>]*(?:src|href)="([^"]+)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site once, without a network and without this checkout's state."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=PROJECT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, text=True, check=False,
        capture_output=True, timeout=150,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_setting_and_command_is_told(site: Path) -> None:
    told = (site / "reference" / "settings.html").read_text()
    assert [name for name in Settings.model_fields if f">{name.upper()}<" not in told] == []
    told = (site / "reference" / "commands.html").read_text()
    assert [name for name in faces_commands() if f">{name}<" not in told] == []
    assert [name for name in parsers() if f"usage: {name}" not in told] == []


def test_every_call_of_the_api_is_told(site: Path) -> None:
    from docs.hooks import api

    told = (site / "reference" / "api.html").read_text()
    paths = api.schema()["paths"]
    assert paths and [path for path in paths if path not in told] == []


def test_every_module_whose_changes_were_tried_is_told(site: Path) -> None:
    told = (site / "mutation.html").read_text()
    tried = [one.module for one in read_results()]
    assert tried and [module for module in tried if module not in told] == []


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = {
        address for page in site.rglob("*.html") for address in LOADED.findall(page.read_text())
    }
    assert loaded and [address for address in loaded if "//" in address] == []


def test_a_decision_names_only_decisions_that_exist() -> None:
    found = list(decisions.decisions())
    numbers = {one.number for one in found}
    assert len(numbers) == len(found) > 30
    for one in found:
        named = map(int, re.findall(r"\b(0\d{3})\b", f"{one.status} {one.supersedes}"))
        assert set(named) <= numbers, one.file


def test_the_gaps_between_numbers_are_told() -> None:
    assert decisions.unused([1, 3, 6]) == "2, 4 to 5"


def test_drawings_are_those_of_their_sources() -> None:
    sources = list((PROJECT / "docs").rglob("*.mmd"))
    assert sources
    for source in sources:
        drawn = source.with_suffix(".svg").read_text()
        assert hashlib.sha256(source.read_bytes()).hexdigest() in drawn, (
            f"{source.name} changed: run sh docs/hooks/diagrams.sh"
        )
