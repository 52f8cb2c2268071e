"""The samples as a table."""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.soak import csv_file
from tests.benchmarks.soak.made_up import sample


def test_every_look_is_a_row_and_everything_held_a_column(tmp_path: Path) -> None:
    path = tmp_path / "new" / "soak.csv"

    csv_file.write([sample(1, web_mib=200.5), sample(2, web_mib=201.25)], path)

    rows = list(csv.DictReader(path.open()))
    assert [row["web: MiB"] for row in rows] == ["200.5", "201.25"]
    assert [row["seconds"] for row in rows] == ["5.0", "10.0"]
    assert (rows[1]["emulator: threads"], rows[1]["queue of requests"]) == ("40", "2")
    assert (rows[1]["rows of job"], rows[1]["answered"]) == ("203", "200")
