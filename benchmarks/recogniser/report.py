"""What a benchmark's turns amount to: medians, ratios, a table and JSON. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.recogniser.contenders import Contender
from benchmarks.recogniser.running import Turn
from benchmarks.recogniser.stages import STAGES


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender's turns with pictures of one size."""

    contender: Contender
    turns: tuple[Turn, ...]
    ready_seconds: float

    @property
    def images_per_second(self) -> float:
        return statistics.median(turn.images_per_second for turn in self.turns)

    def stage(self, name: str) -> float:
        return statistics.median(turn.stage_milliseconds[name] for turn in self.turns)

    @property
    def resident_mib(self) -> float:
        return max(turn.resident_mib for turn in self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeResult:
    """All contenders with pictures of one size."""

    label: str
    measured: tuple[Measured, ...]
    seed_images_per_second: float | None

    def of_kind(self, kind: str) -> Measured | None:
        """The fastest contender of a kind."""
        same = [each for each in self.measured if each.contender.kind == kind]
        return max(same, key=lambda each: each.images_per_second, default=None)

    def ratio(
        self, kind: str, to: str = "reference", by: str = "images_per_second"
    ) -> float | None:
        """How many times as fast as another kind's best split: the median over the rounds, in
        each of which both ran within seconds of each other."""
        ours, reference = self.of_kind(kind), self.of_kind(to)
        if ours is None or reference is None:
            return None
        return statistics.median(
            getattr(mine, by) / getattr(theirs, by)
            for mine, theirs in zip(ours.turns, reference.turns, strict=True)
        )


def table(result: SizeResult) -> str:
    """A line a contender: images a second, milliseconds by stage, memory, start, ratio."""
    head = f"{result.label:16}{'img/s':>8}" + "".join(f"{stage:>8}" for stage in STAGES)
    lines = [f"\n{head}{'MiB':>8}{'ready s':>9}{'ratio':>8}"]
    for each in result.measured:
        stages = "".join(f"{each.stage(name):8.2f}" for name in STAGES)
        to_reference = result.ratio(each.contender.kind)
        is_reference = each.contender.kind == "reference"
        shown = "" if to_reference is None or is_reference else f"{to_reference:.2f}"
        lines.append(
            f"{each.contender.name:16}{each.images_per_second:8.2f}{stages}"
            f"{each.resident_mib:8.0f}{each.ready_seconds:9.2f}{shown:>8}"
        )
    if result.seed_images_per_second:
        lines.append(f"{'seed':16}{result.seed_images_per_second:8.2f}  one process a picture")
        if ours := result.of_kind("ours"):
            times = ours.images_per_second / result.seed_images_per_second
            lines.append(f"ours is {times:.0f} times as fast as the seed's way")
    for kind in ("ours-sface", "reid-yunet"):
        if (ratio := result.ratio(kind, "opencv")) is not None:
            by_cpu = result.ratio(kind, "opencv", "images_per_cpu_second")
            lines.append(f"{kind}: {ratio:.2f} times as fast as opencv, {by_cpu:.2f} by cpu time")
    return "\n".join(lines)


def as_json(results: Sequence[SizeResult], model: str, cores: int) -> dict[str, Any]:
    """The figures that others build on, by size of picture."""
    return {"model": model, "cores": cores, "sizes": {r.label: _size_json(r) for r in results}}


def _size_json(result: SizeResult) -> dict[str, Any]:
    ours, reference = result.of_kind("ours"), result.of_kind("reference")
    seed = result.seed_images_per_second
    return {
        "ours_images_per_second": _rounded(ours.images_per_second if ours else None),
        "reference_images_per_second": _rounded(reference.images_per_second if reference else None),
        "ratio": _rounded(result.ratio("ours")),
        "ratio_int8": _rounded(result.ratio("ours-int8")),
        "ratio_dlib_model": _rounded(result.ratio("ours-dlib")),
        "ratio_sface_to_opencv": _rounded(result.ratio("ours-sface", "opencv")),
        "seed_images_per_second": _rounded(seed),
        "ratio_to_seed": _rounded(ours.images_per_second / seed if ours and seed else None),
        "contenders": {each.contender.name: _contender_json(each) for each in result.measured},
    }


def _contender_json(each: Measured) -> dict[str, Any]:
    return {
        "images_per_second": _rounded(each.images_per_second),
        "stage_milliseconds": {name: _rounded(each.stage(name)) for name in STAGES},
        "resident_mib": round(each.resident_mib),
        "ready_seconds": _rounded(each.ready_seconds),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
