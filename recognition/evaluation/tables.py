"""Evaluations and calibrations in words. Pure functions."""

from collections.abc import Sequence
from pathlib import Path

from recognition.evaluation.calibration import Calibration
from recognition.evaluation.labels import DoubtfulPicture
from recognition.evaluation.open_set_figures import GalleryFigures
from recognition.evaluation.pairs import Evaluation
from recognition.evaluation.reading import EmbeddedFaces

LISTED = 40
"""Doubtful pictures that are listed; --json has all."""


def evaluation(found: Evaluation, model: str, left_out: int) -> str:
    """The figures of pairs, with a warning where the pictures are too few for them."""
    lines = [
        f"model                 {model}",
        f"pictures              {found.pictures} of {found.people} people, {left_out} left out",
        f"pairs                 {found.genuine_pairs} of one person, {found.impostor_pairs} of two",
        f"rank-1                {found.rank_1:.2%}",
        f"equal error rate      {found.equal_error_rate:.2%}",
    ]
    for rate, point in found.tar_at.items():
        enough = "" if rate >= found.measurable else "  (too few pairs to tell)"
        lines.append(
            f"TAR at FAR {rate:<10g} {point.true_accept_rate:.2%} "
            f"(threshold {point.threshold:.3f}){enough}"
        )
    point = found.suggested
    lines.append(
        f"two pictures          the same person up to {point.threshold:.3f} "
        f"(TAR {point.true_accept_rate:.2%}, FAR {point.false_accept_rate:.2%}); "
        "galleries need less, see `calibrate`"
    )
    return "\n".join(lines)


def galleries(found: Sequence[GalleryFigures]) -> str:
    """FPIR and TPIR for each size of gallery."""
    if not found:
        return "galleries             too few people and strangers: give --strangers FOLDER"
    lines = [
        "",
        "gallery    threshold  strangers named  known named rightly  at 1 % of strangers",
        "           in force   (FPIR)           (TPIR)               (TPIR)",
    ]
    for one in found:
        lines.append(
            f"{one.shape!s:10} {one.threshold:9.3f}  {one.fpir:15.2%}  {one.tpir:19.1%}  "
            f"{one.tpir_at_rate:19.1%}"
        )
    return "\n".join(lines)


def doubtful(found: Sequence[DoubtfulPicture], known: EmbeddedFaces) -> str:
    """Pictures to look at: probably of somebody else, or with several faces."""
    lines = ["", f"{len(found)} pictures are probably not of the person whose name they have"]
    lines += [f"  {one.path}: {one.why} ({one.distance:.3f})" for one in found[:LISTED]]
    several = with_several(known)
    lines.append(f"{len(several)} pictures show several faces")
    lines += [f"  {path}" for path in several[:LISTED]]
    if max(len(found), len(several)) > LISTED:
        lines.append("  ... all of them with --json")
    return "\n".join(lines)


def with_several(known: EmbeddedFaces) -> list[Path]:
    """The pictures that show several faces."""
    return [path for path, several in zip(known.paths, known.several, strict=True) if several]


def calibration(found: Calibration, pair: float, model: str) -> str:
    """The line as it is written into a model's TOML file, and how well it holds."""
    line = found.fitted.line
    lines = [
        f"model           {model}",
        f"fitted to       {found.people} people and {found.strangers} strangers",
        f"margin          {found.fitted.margin:.4f} below the mean galleries, for the safe side",
        f"pair_threshold = {pair:.3f}",
        f"line = {{ a = {line.a:.3f}, b = {line.b:.4f}, c = {line.c:.4f}, "
        f"per_example = {line.per_example:g} }}",
        "",
        "tried on people who were not fitted to, 1 % of strangers asked for:",
        "gallery     galleries  strangers named  known named rightly  within 1 %",
    ]
    for one in found.held_out:
        lines.append(
            f"{one.shape!s:10} {one.galleries:10}  {one.fpir:15.2%}  {one.tpir:19.1%}  "
            f"{one.kept:10.0%}"
        )
    return "\n".join(lines)
