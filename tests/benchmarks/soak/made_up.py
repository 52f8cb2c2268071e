"""Samples of a soak that never was."""

from __future__ import annotations

from benchmarks.soak.samples import Sample


def sample(number: int, web_mib: float) -> Sample:
    return Sample(
        seconds=number * 5.0,
        resident_mib={"web": web_mib, "emulator": 900.0 + number},
        open_files={"web": 40, "emulator": 90},
        connections={"web": 12, "emulator": 30},
        threads={"web": 20, "emulator": 40},
        queued={"requests": number % 3, "responses": 0, "dead letters": 0},
        rows={"job": number * 100 + 3, "picturename": number * 100, "deadletter": 0},
        disk_mib=10.0,
        answered=number * 100,
    )
