"""An evaluation as a PNG: ROC curve, distances, and the DET curve of random galleries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recognition.errors import RuntimeUnavailable
from recognition.evaluation.galleries import LabelledFaces
from recognition.evaluation.open_set_figures import detection_error_trade_off, shapes_of, try_shape
from recognition.evaluation.pairs import Distances, Evaluation, roc

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

BINS = 40
CURVES = 6
NONE_MISSED = 1e-4
"""Where a logarithmic axis has nobody missed: below what is drawn."""


def new_figure(width: float, height: float) -> Figure:
    """A figure that needs no screen. Raises RuntimeUnavailable without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RuntimeUnavailable(
            "matplotlib, which draws the plot, is not installed: pip install matplotlib, "
            "or leave out --plot"
        ) from None
    return Figure(figsize=(width, height), layout="constrained")


def write_plot(
    path: Path,
    evaluation: Evaluation,
    genuine: Distances,
    impostor: Distances,
    faces: LabelledFaces,
    title: str,
) -> None:
    """Write the plot. Raises RuntimeUnavailable."""
    figure = new_figure(16, 4.8)
    curve, histogram, errors = figure.subplots(1, 3)
    _draw_roc(curve, evaluation, genuine, impostor)
    histogram.hist(genuine, BINS, density=True, alpha=0.6, label="one person")
    histogram.hist(impostor, BINS, density=True, alpha=0.6, label="two people")
    histogram.axvline(evaluation.suggested.threshold, color="black", linestyle="--")
    histogram.set(xlabel="distance", ylabel="density")
    histogram.set_title(f"two pictures: threshold {evaluation.suggested.threshold:.3f}")
    histogram.legend()
    _draw_errors(errors, faces)
    figure.suptitle(title)
    figure.savefig(path, dpi=110)


def _draw_roc(axes: Axes, evaluation: Evaluation, genuine: Distances, impostor: Distances) -> None:
    false_accepts, true_accepts = roc(genuine, impostor)
    axes.step(false_accepts, true_accepts, where="post")
    point = evaluation.suggested
    axes.plot(point.false_accept_rate, point.true_accept_rate, "o", label="for two pictures")
    axes.set_xscale("symlog", linthresh=max(evaluation.measurable, 1e-6))
    axes.set(xlabel="false accept rate", ylabel="true accept rate", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"ROC, equal error rate {evaluation.equal_error_rate:.2%}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")


def _draw_errors(axes: Axes, faces: LabelledFaces) -> None:
    shapes = shapes_of(faces)
    for shape in shapes[:: max(len(shapes) // CURVES, 1)]:
        draw_error_curve(axes, *detection_error_trade_off(try_shape(faces, shape)), str(shape))
    finish_error_axes(axes, "DET by gallery (people x examples)")
    if shapes:
        axes.legend()


def draw_error_curve(axes: Axes, named: Distances, missed: Distances, label: str) -> Line2D:
    """One DET curve; returns its line."""
    (line,) = axes.step(named, np.maximum(missed, NONE_MISSED), where="post", label=label)
    return line


def finish_error_axes(axes: Axes, title: str) -> None:
    """Label a plot of the two error rates, with logarithmic axes."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(
        xlabel="strangers who get a name (FPIR)", ylabel="known people who are missed (1 - TPIR)"
    )
    axes.set(xlim=(1e-3, 1), ylim=(3e-3, 1))
    axes.set_title(title)
    axes.grid(alpha=0.3, which="both")
