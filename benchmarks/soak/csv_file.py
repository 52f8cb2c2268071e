"""The samples of a soak as a table, a row a look: for those who want more than a plot shows."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.soak.samples import Sample
from benchmarks.soak.slopes import HELD, held, roles


def write(samples: Sequence[Sample], path: Path) -> None:
    """Write the table. MiB, files, connections and threads are by role of process."""
    shown = roles(samples)
    rows = [_row(sample, shown) for sample in samples]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _row(sample: Sample, shown: Sequence[str]) -> Mapping[str, float]:
    return {
        "seconds": round(sample.seconds, 1),
        "answered": sample.answered,
        "disk MiB": round(sample.disk_mib, 1),
        **{
            f"{role}: {what}": round(held(sample, what, role), 2) for role in shown for what in HELD
        },
        **{f"queue of {name}": count for name, count in sample.queued.items()},
        **{f"rows of {name}": count for name, count in sample.rows.items()},
    }
