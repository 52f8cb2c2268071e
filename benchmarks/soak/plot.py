"""What a soak looked like: memory, files, connections, queues and latency over time, as a PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.load import percentile
from benchmarks.soak.samples import Sample
from benchmarks.soak.slopes import held, roles

MINUTE = 60.0


def draw(
    samples: Sequence[Sample], latencies: Sequence[tuple[float, float]], title: str, path: Path
) -> None:
    """Write the plot. `latencies`: (seconds since the first sample's clock, seconds taken)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 10), layout="constrained")
    figure.suptitle(title)
    panels = figure.subplots(3, 2, sharex=True)
    of_processes = (
        (panels[0][0], "MiB", "Resident memory, MiB"),
        (panels[0][1], "open files", "Open files"),
        (panels[1][0], "connections", "TCP connections"),
    )
    for panel, what, name in of_processes:
        panel.set(title=name)
        _lines(panel, samples, roles(samples), partial(_held, what))
    panels[0][0].set(yscale="log")
    _lines(panels[1][1], samples, list(samples[0].queued), lambda one, name: one.queued[name])
    panels[1][1].set(title="Messages on the queues, those in hand included")
    _latencies(panels[2][0], latencies)
    panels[2][0].set(title="From request to answer, ms, by minute", xlabel="minutes")
    _lines(panels[2][1], samples, list(samples[0].rows), lambda one, table: one.rows[table])
    panels[2][1].set(title="Rows (one picture, one job)", xlabel="minutes")
    for panel in panels.flat:
        panel.grid(alpha=0.3)
        panel.legend(fontsize="x-small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def _held(what: str, sample: Sample, role: str) -> float:
    return held(sample, what, role)


def _lines(
    panel: Any,
    samples: Sequence[Sample],
    names: Sequence[str],
    value: Callable[[Sample, str], float],
) -> None:
    minutes = [one.seconds / MINUTE for one in samples]
    for name in names:
        panel.plot(minutes, [value(one, name) for one in samples], label=name, linewidth=1)


def _latencies(panel: Any, latencies: Sequence[tuple[float, float]]) -> None:
    by_minute: dict[int, list[float]] = {}
    for moment, took in latencies:
        by_minute.setdefault(int(moment // MINUTE), []).append(took * 1000)
    for part, label in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        values = [percentile(sorted(took), part) for took in by_minute.values()]
        panel.plot([minute + 0.5 for minute in by_minute], values, label=label, marker=".")
