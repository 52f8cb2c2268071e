"""Plots of a contest: one PNG a trace over time, and one of cost against latency over all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from scaler.simulation.contest import EC2_ALONE, OURS, Contest, Score

Seconds = npt.NDArray[np.float64]

SHOWN = (OURS, EC2_ALONE, "Lambda alone", "LIBRA", "keda")
COLOURS = {
    "ours": "#d62728",
    "EC2 alone": "#ff7f0e",
    "Lambda alone": "#8c564b",
    "LIBRA": "#17becf",
    "Spock": "#e377c2",
    "keda": "#1f77b4",
    "target tracking": "#2ca02c",
    "one per message": "#9467bd",
    "fixed maximum": "#7f7f7f",
    "fixed mean": "#bcbd22",
}
LATENCY_BINS = 150


def plot_trace(contest: Contest, folder: Path) -> Path:
    """Queue, instances and latency over time, a line a policy."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    queue, fleet, latency = figure.subplots(3, 1, sharex=True)
    is_long = contest.trace.duration_seconds > 4 * 3600
    scale, unit = (3600.0, "h") if is_long else (60.0, "min")
    for score in contest.scores:
        if score.policy in SHOWN:
            _draw(score, contest, scale, (queue, fleet, latency))
    promised = contest.world.limits.target_latency_seconds
    latency.axhline(promised, color="black", linestyle=":", linewidth=1, label="promised")
    for axis, label in (
        (queue, "messages"),
        (fleet, "instances, functions"),
        (latency, "p95 of a bin, s"),
    ):
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    queue.set_yscale("symlog", linthresh=10)
    latency.set_yscale("symlog", linthresh=1)
    latency.set_xlabel(f"time, {unit}")
    fleet.legend(loc="upper right", fontsize="small")
    queue.set_ylim(bottom=0)
    latency.set_ylim(bottom=0)
    queue.set_title(f"{contest.trace.name}: {contest.trace.jobs:,} pictures")
    return _save(figure, folder / f"{contest.trace.name}.png")


def _draw(score: Score, contest: Contest, scale: float, axes: Sequence[Axes]) -> None:
    queue, fleet, latency = axes
    looks = score.outcome.timeline
    at = np.array([look.at for look in looks]) / scale
    queue.step(at, [look.queued for look in looks], where="post")
    if score.outcome.most_functions:
        functions = [look.functions for look in looks]
        label = f"{score.policy}: functions"
        colour = COLOURS[score.policy]
        fleet.step(at, functions, where="post", label=label, linestyle=":", color=colour)
    fleet.step(at, [look.billed for look in looks], where="post", label=score.policy)
    centres, values = _binned(contest.trace.arrivals, score.outcome.latencies)
    latency.plot(centres / scale, values, marker=".", markersize=4)
    is_ours = score.policy == OURS
    for axis in axes:
        axis.lines[-1].set(
            color=COLOURS[score.policy], linewidth=2 if is_ours else 1.2, zorder=3 if is_ours else 2
        )


def _binned(arrivals: Seconds, latencies: Seconds) -> tuple[Seconds, Seconds]:
    """p95 of the latencies of the pictures that arrived in each of some equal bins of time."""
    edges = np.linspace(arrivals.min(), arrivals.max() + 1e-9, LATENCY_BINS + 1)
    bins = np.digitize(arrivals, edges) - 1
    used = np.unique(bins)
    values = np.array([np.percentile(latencies[bins == one], 95) for one in used])
    return (edges[used] + edges[np.minimum(used + 1, LATENCY_BINS)]) / 2, values


def plot_costs(contests: Sequence[Contest], folder: Path) -> Path:
    """Cost over the clairvoyant bound against p95 latency, a panel a trace."""
    columns = min(len(contests), 4)
    rows = -(-len(contests) // columns)
    figure = Figure(figsize=(4 * columns, 3.4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[len(contests) :]:
        axis.set_visible(False)
    for axis, contest in zip(axes.flat, contests, strict=False):
        _scatter(axis, contest)
    axes[0][0].legend(fontsize="x-small")
    figure.supxlabel("cost over the clairvoyant bound (log)")
    figure.supylabel("p95 latency, s (log)")
    return _save(figure, folder / "cost-against-latency.png")


def _scatter(axis: Axes, contest: Contest) -> None:
    for score in contest.scores:
        marker = "*" if score.policy == OURS else "o"
        axis.scatter(
            score.compute / contest.clairvoyant,
            max(score.p95, 0.01),
            s=140 if score.policy == OURS else 40,
            marker=marker,
            color=COLOURS[score.policy],
            label=score.policy,
            zorder=3,
        )
    axis.axhline(contest.world.limits.target_latency_seconds, color="black", linestyle=":")
    axis.set_xscale("log")
    axis.set_yscale("log")
    for scale in (axis.xaxis, axis.yaxis):
        _plain_log_scale(scale)
    axis.set_title(contest.trace.name, fontsize="small")
    axis.grid(alpha=0.3, which="both")


def _plain_log_scale(scale: Axis) -> None:
    """Logarithmic, with figures that people read, at 1, 2 and 5 of each decade if there is room."""
    low, high = scale.get_view_interval()
    steps = (1.0, 2.0, 5.0) if high / low < 300 else (1.0,)
    scale.set_major_locator(LogLocator(subs=steps))
    scale.set_major_formatter(StrMethodFormatter("{x:g}"))
    scale.set_minor_formatter(NullFormatter())


def _save(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    return path
