"""Where the first picture's seconds went is read from the logs' lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.first_answer import NotFromZero, _moments

BEGAN = 1_000_000.0


def _log(folder: Path, file: str, *lines: tuple[float, str, dict[str, Any]]) -> None:
    entries = (
        {"timestamp": datetime.fromtimestamp(BEGAN + at, UTC).isoformat(), "event": event, **more}
        for at, event, more in lines
    )
    (folder / f"{file}.log").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))


def test_the_parts_end_at_the_first_lines_after_the_picture(tmp_path: Path) -> None:
    _log(tmp_path, "scaler", (-9.0, "function_started", {}), (0.25, "function_started", {}))
    _log(tmp_path, "lambda-host", (2.0, "invocation", {"seconds": 1.5}))
    _log(
        tmp_path, "lambda-face-burst",
        (1.0, "model_loading", {}), (1.5, "model_ready", {}), (1.75, "job_done", {}),
    )  # fmt: skip

    after = [round(moment - BEGAN, 6) for _, moment in _moments(tmp_path, BEGAN)]

    assert after == [0.25, 0.5, 1.0, 1.5, 1.75]


def test_a_picture_that_no_function_answered_is_no_figure(tmp_path: Path) -> None:
    for file in ("scaler", "lambda-host", "lambda-face-burst"):
        _log(tmp_path, file, (-5.0, "job_done", {}))

    with pytest.raises(NotFromZero, match="an instance answered"):
        list(_moments(tmp_path, BEGAN))
