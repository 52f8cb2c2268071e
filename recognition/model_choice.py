"""Which model to use where none is configured and no gallery names one."""

from __future__ import annotations

from pathlib import Path

from recognition.errors import WeightsCorrupt, WeightsMissing
from recognition.exported import NetRuntime, missing_nets, nets_of
from recognition.models import model_named
from recognition.weights import Announce, find_weights


def choose_model(configured: str | None, weights_dir: Path, announce: Announce) -> str:
    """The configured model; else vggface2 where it is exported or can be had; else dlib.

    Raises UnknownModel. `announce` is told in a line when it is dlib for want of weights.
    """
    if configured:
        model_named(configured)
        return configured
    if _is_exported("vggface2", weights_dir):
        return "vggface2"
    try:
        find_weights("vggface2", weights_dir, announce)
    except (WeightsMissing, WeightsCorrupt) as error:
        announce(f"using the model dlib, because {error}")
        return "dlib"
    return "vggface2"


def _is_exported(model: str, weights_dir: Path) -> bool:
    runtimes: tuple[NetRuntime, ...] = ("native", "onnx")
    return any(not missing_nets(nets_of(model, runtime=each), weights_dir) for each in runtimes)
