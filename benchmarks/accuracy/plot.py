"""The benchmark as a PNG: DET curves with the points in force, and FPIR by size of gallery."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.measuring import Accuracy
from recognition.evaluation.plot import draw_error_curve, finish_error_axes, new_figure

LEAST_SHOWN = 1e-3
ASKED = 0.01


def write_plot(path: Path, rows: Sequence[Accuracy], title: str) -> None:
    """Write the plot. Raises RuntimeUnavailable without matplotlib."""
    figure = new_figure(14, 6.5)
    errors, sizes = figure.subplots(1, 2)
    middle = len(rows[0].galleries) // 2
    for row in rows:
        colour = _draw_curve(errors, row, middle)
        shapes = [str(one.shape) for one in row.galleries]
        named = [max(one.fpir, LEAST_SHOWN) for one in row.galleries]
        how = "--" if ", nearest at" in row.name else "-"
        sizes.plot(shapes, named, how, marker="o", color=colour, label=row.name)
    shape = rows[0].galleries[middle].shape
    finish_error_axes(errors, f"gallery {shape}; the dot is the threshold in force")
    errors.axvline(ASKED, color="black", linewidth=0.8, linestyle=":")
    sizes.axhline(ASKED, color="black", linewidth=0.8, linestyle=":")
    sizes.set_yscale("log")
    sizes.set(xlabel="gallery (people x examples)", ylabel="strangers who get a name (FPIR)")
    sizes.set_title("strangers named at the threshold in force (1 % is asked for)")
    sizes.grid(alpha=0.3, which="both")
    figure.legend(*sizes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(title)
    figure.savefig(path, dpi=100)


def _draw_curve(axes: Any, row: Accuracy, middle: int) -> Any:
    """The curve and its point in force; returns the colour."""
    line = draw_error_curve(axes, *row.curve, row.name)
    if ", nearest at" in row.name:
        line.set_linestyle("--")
    point = row.galleries[middle]
    colour = line.get_color()
    axes.plot(max(point.fpir, LEAST_SHOWN), 1.0 - point.tpir, "o", color=colour)
    return colour
