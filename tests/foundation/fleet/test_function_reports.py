"""A function's report: what goes in comes out, and nothing else does."""

from __future__ import annotations

import pytest

from foundation.errors import MalformedMessage
from foundation.fleet.function_reports import (
    FunctionReport,
    decode_report,
    encode_report,
    is_report,
)


@pytest.mark.parametrize("ended_at", [None, 12.5])
def test_a_report_goes_both_ways(ended_at: float | None) -> None:
    report = FunctionReport(function="burst-1", began_at=10.0, ended_at=ended_at, answered=4)

    text = encode_report(report)

    assert is_report(text)
    assert decode_report(text) == report


@pytest.mark.parametrize(
    "text",
    [
        "words",
        "[]",
        '{"v": 1, "function": ""}',
        '{"v": 1, "function": 7, "began": 1}',
        '{"v": 1, "function": "burst-1"}',
        '{"v": 1, "function": "burst-1", "began": "soon"}',
        '{"v": 1, "function": "burst-1", "began": 1, "answered": 1e300}',
        '{"v": 1, "function": "burst-1", "began": 1, "answered": -1}',
    ],
)
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        decode_report(text)
