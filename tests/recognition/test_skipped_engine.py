"""A test of the engine may skip where the processor can't run it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.native.building import PROCESSOR, WIDTHS
from tests.recognition.engines import CANNOT_RUN, skipped_for_no_reason

NEEDED = WIDTHS[0].needed | WIDTHS[1].needed


def report_of(file: str, reason: str, outcome: str = "skipped") -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=f"{file}::test", location=(file, 1, "test"), keywords={}, outcome=outcome,
        longrepr=(file, 1, f"Skipped: {reason}"), when="call",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "reason", "flags", "wrong"),
    [
        ("tests/recognition/test_parity.py", f"{CANNOT_RUN}: no compiler", NEEDED, True),
        ("tests/recognition/native/test_sanitizers.py", "gcc is not installed", NEEDED, True),
        ("tests/recognition/test_parity.py", f"{CANNOT_RUN}: no AVX2", {"avx"}, False),
        ("tests/recognition/native/test_sanitizers.py", "gcc is not installed", {"avx"}, False),
        ("tests/recognition/test_images.py", "no pictures", NEEDED, False),
    ],
)
def test_skipping_is_wrong_where_the_processor_can(
    file: str, reason: str, flags: set[str], wrong: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"flags\t\t: {' '.join(flags)}\n")
    monkeypatch.setenv(PROCESSOR, str(processor))

    assert skipped_for_no_reason(report_of(file, reason)) is wrong
    assert not skipped_for_no_reason(report_of(file, reason, outcome="passed"))
