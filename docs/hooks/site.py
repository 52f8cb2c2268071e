"""The hook that `mkdocs.yml` names: it adds every generated page to the site."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference, the index of decisions, and the documents of the project's root."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["VAR_DIR"] = state  # settings would else make keys in this checkout
        for path, text in pages():
            files.append(File.generated(config, path, content=text))
    return files


def pages() -> Iterator[tuple[str, str]]:
    """Yield each generated page: its path in the site, and its Markdown."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    django.setup()
    from docs.hooks import api, commands, configuration, decisions, errors, metrics, mutation

    writers: dict[str, Callable[[], str]] = {
        "reference/api.md": api.page,
        "reference/openapi.json": api.document,
        "reference/settings.md": configuration.page,
        "reference/commands.md": commands.page,
        "reference/errors.md": errors.page,
        "reference/metrics.md": metrics.page,
        "decisions/index.md": decisions.page,
        "mutation.md": mutation.page,
        "architecture.md": lambda: _of_the_root("ARCHITECTURE.md"),
        "changes.md": lambda: _of_the_root("CHANGELOG.md"),
    }
    for path, write in writers.items():
        yield path, write()


def _of_the_root(name: str) -> str:
    """Return a document of the project's root with its links as the site has them."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    text = text.replace("](docs/decisions)", "](decisions/index.md)").replace("](docs/", "](")
    return text.replace("](README.md)", "](index.md)").replace(
        "](ARCHITECTURE.md)", "](architecture.md)"
    )
