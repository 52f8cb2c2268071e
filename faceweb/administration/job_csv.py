"""Jobs as a CSV file, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from faceweb.models import Job

COLUMNS = (
    "id", "kind", "state", "filename", "result", "distance", "model", "gallery_version",
    "instance_id", "worker", "sends", "created_at", "queued_at", "started_at", "finished_at",
    "answered_at", "width", "height", "size_bytes", "input_key", "output_key", "error_kind",
    "error",
)  # fmt: skip
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\u2212")
"""A spreadsheet takes a text that begins so for a formula, and a file name may begin so. The
full-width signs of Chinese and Japanese keyboards, and the minus sign, do it, too."""


def as_csv(jobs: Iterable[Job]) -> str:
    """A line a job, times in ISO 8601."""
    return table(COLUMNS, ([getattr(job, column) for column in COLUMNS] for job in jobs))


def table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV, under their columns' names."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A value as a spreadsheet may have it: never a formula."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _is_formula(value):
        return f"'{value}"
    return "" if value is None else value


def _is_formula(text: str) -> bool:
    """True for a text that begins with such a sign, also behind spaces."""
    return text.startswith(FORMULA) or text.lstrip().startswith(FORMULA)
