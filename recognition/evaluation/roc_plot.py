"""The ROC curve of an evaluation as a PNG."""

from __future__ import annotations

from pathlib import Path

from recognition.errors import RuntimeUnavailable
from recognition.evaluation.pairs import Distances, Evaluation, roc


def write_roc_plot(
    path: Path, evaluation: Evaluation, genuine: Distances, impostor: Distances, title: str
) -> None:
    """Write the plot: the curve, and beside it how the distances lie about the threshold.

    Raises RuntimeUnavailable without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RuntimeUnavailable(
            "matplotlib, which draws the ROC plot, is not installed: pip install matplotlib, "
            "or leave out --plot"
        ) from None
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    curve, histogram = figure.subplots(1, 2)
    false_accepts, true_accepts = roc(genuine, impostor)
    curve.step(false_accepts, true_accepts, where="post")
    point = evaluation.suggested
    curve.plot(point.false_accept_rate, point.true_accept_rate, "o", label="suggested threshold")
    curve.set_xscale("symlog", linthresh=max(evaluation.measurable, 1e-6))
    curve.set(xlabel="false accept rate", ylabel="true accept rate", xlim=(0, 1), ylim=(0, 1.02))
    curve.set_title(f"ROC, equal error rate {evaluation.equal_error_rate:.2%}")
    curve.grid(alpha=0.3)
    curve.legend(loc="lower right")
    bins = 40
    histogram.hist(genuine, bins, density=True, alpha=0.6, label="one person")
    histogram.hist(impostor, bins, density=True, alpha=0.6, label="two people")
    histogram.axvline(point.threshold, color="black", linestyle="--")
    histogram.set(xlabel="distance", ylabel="density")
    histogram.set_title(f"threshold {point.threshold:.3f}")
    histogram.legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
