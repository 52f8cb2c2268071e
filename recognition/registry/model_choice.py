"""Which model to use where none is configured and no gallery names one."""

from pathlib import Path

from recognition.errors import ModelError
from recognition.registry.exported import NetRuntime, can_export, missing_nets, nets_of
from recognition.registry.models import model_named
from recognition.weights.fetching import Announce
from recognition.weights.finding import cached_files, find_files

DEFAULT = "sface"
"""Measured best of those whose licence lets everybody use them, and a tenth of VGGFace2's size."""

OTHERS = ("vggface2", "dlib")


def choose_model(configured: str | None, weights_dir: Path, announce: Announce) -> str:
    """The configured model; else SFace where it is here or can be had; else vggface2 or dlib, where
    their weights are here.

    Raises UnknownModel, WeightsMissing when there is none. `announce` gets a line when it is not
    SFace, with the reason. A machine that can't export, such as an app instance, takes what its
    image brought and fetches nothing.
    """
    if configured:
        model_named(configured)
        return configured
    if _is_exported(DEFAULT, weights_dir):
        return DEFAULT
    if not can_export():
        return next((model for model in OTHERS if _is_exported(model, weights_dir)), OTHERS[-1])
    try:
        find_files(model_named(DEFAULT).all_files, weights_dir, announce)
    except ModelError as error:
        second = next((model for model in OTHERS if is_at_hand(model, weights_dir)), None)
        if second is None:
            raise
        announce(f"using the model {second}, because {error}")
        return second
    return DEFAULT


def is_at_hand(model: str, weights_dir: Path) -> bool:
    """Whether a model can be loaded without fetching anything."""
    if _is_exported(model, weights_dir):
        return True
    return cached_files(model_named(model).all_files, weights_dir) is not None


def _is_exported(model: str, weights_dir: Path) -> bool:
    runtimes: tuple[NetRuntime, ...] = ("native", "onnx")
    return any(not missing_nets(nets_of(model, runtime=each), weights_dir) for each in runtimes)
