"""The exported nets: which files a model needs, where they are, and whether they are sound.

A manifest beside the files says from which weights and by which exporter each was made. So a file
that is stale, damaged or somebody else's is never loaded.
"""

import fcntl
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from recognition.errors import ExportMissing, ModelFileCorrupt
from recognition.registry.models import (
    DETECTOR_FILES,
    DETECTORS,
    DLIB_LANDMARKS_FILE,
    Model,
    model_named,
    model_of_net,
)
from recognition.registry.weights_file import WeightsFile
from recognition.weights.fetching import Announce
from recognition.weights.finding import cached_files

EXPORTER_VERSION = 6
"""Raise it whenever `recognition.export` writes other nets: all files are then made again."""

Precision = Literal["float32", "int8"]

NetRuntime = Literal["native", "onnx"]
"""What runs an exported net: the engine of `recognition.native`, or ONNX Runtime. Each has its
own files."""

INT8_SUFFIX = "-int8"
NATIVE_PREFIX = "native-"
MANIFEST = "manifest.json"
LOCK = "export.lock"

DLIB_LANDMARKS = "dlib-landmarks"
"""dlib's own file, copied: the package that brings it has 126 MB, of which a worker needs 9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedNet:
    """One file: its hash, and the hash of the weights and the exporter that it came from."""

    file: str
    sha256: str
    weights_sha256: str
    exporter: int


def nets_of(
    model: str, precision: Precision = "float32", runtime: NetRuntime = "onnx"
) -> tuple[str, ...]:
    """The names of what a model's pipeline needs, detector first and embedder last."""
    found = model_named(model)
    prefix = NATIVE_PREFIX if runtime == "native" else ""
    detector = (prefix + net for net in DETECTORS[found.detector])
    aligning = (DLIB_LANDMARKS,) if found.cut == "dlib" else ()
    return (*detector, *aligning, embedder_net(model, precision, runtime))


def embedder_net(model: str, precision: Precision, runtime: NetRuntime) -> str:
    """The embedder's net; models that share weights share it, whatever their size of face.

    Nets that the engine does not know, and 8-bit integers, are ONNX Runtime's in either case.
    """
    found = model_named(model)
    if precision == "int8":
        return found.net + INT8_SUFFIX
    return NATIVE_PREFIX + found.net if runtime == "native" and found.engine else found.net


def folder_of(weights_dir: Path) -> Path:
    """Where a weights folder keeps its exported nets."""
    return weights_dir / "onnx"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal, read in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(net: str) -> tuple[WeightsFile, ...]:
    """The files of weights that a net is made from."""
    net = net.removeprefix(NATIVE_PREFIX).removesuffix(INT8_SUFFIX)
    if net in DETECTOR_FILES:
        return (DETECTOR_FILES[net],)
    return (DLIB_LANDMARKS_FILE,) if net == DLIB_LANDMARKS else model_of_net(net).files


def sources_of(net: str, weights_dir: Path) -> tuple[Path, ...] | None:
    """Those files, where all are on this machine."""
    return cached_files(files_of(net), weights_dir)


def embedder_of(net: str) -> Model | None:
    """The model that a net embeds for; None for the nets around it."""
    net = net.removeprefix(NATIVE_PREFIX).removesuffix(INT8_SUFFIX)
    return None if net in DETECTOR_FILES or net == DLIB_LANDMARKS else model_of_net(net)


def digest_of(net: str, sources: Sequence[Path]) -> str:
    """What a net was made from, as one hash: its weights, and what it was checked for."""
    digests = [sha256_of(source) for source in sources]
    model = embedder_of(net)
    if model is not None and model.comes_as_graph:
        digests.append(f"{model.crop_pixels} {model.dimension}")
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, ExportedNet]:
    """What was exported into a folder, by the nets' names. Raises ModelFileCorrupt."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        entries = json.loads(path.read_text())["nets"]
        return {name: ExportedNet(**entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileCorrupt(
            f"{path} is damaged ({error}): delete the folder {folder}, and it is made again"
        ) from None


def write_manifest(folder: Path, nets: dict[str, ExportedNet]) -> None:
    """Write the manifest of a folder in one step: a reader sees the old or the new one."""
    text = json.dumps({"nets": {name: asdict(net) for name, net in nets.items()}}, indent=1)
    draft = folder / f"{MANIFEST}.draft"
    draft.write_text(text)
    draft.replace(folder / MANIFEST)


def missing_nets(nets: Sequence[str], weights_dir: Path) -> list[str]:
    """Those nets that were never exported, or from other weights, or by another exporter."""
    exported = read_manifest(folder_of(weights_dir))
    return [net for net in nets if not _is_current(net, exported.get(net), weights_dir)]


def _is_current(net: str, exported: ExportedNet | None, weights_dir: Path) -> bool:
    """Where the weights are gone (an app instance has none), the export is taken as it is."""
    if exported is None or exported.exporter != EXPORTER_VERSION:
        return False
    if not (folder_of(weights_dir) / exported.file).exists():
        return False
    sources = sources_of(net, weights_dir)
    return sources is None or digest_of(net, sources) == exported.weights_sha256


def checked_file(net: str, weights_dir: Path) -> Path:
    """An exported net's file, its hash checked. Raises ExportMissing, ModelFileCorrupt."""
    folder = folder_of(weights_dir)
    exported = read_manifest(folder).get(net)
    if exported is None or not (folder / exported.file).exists():
        raise ExportMissing(f"the net {net} is not in {folder}: {_how_to_export(weights_dir)}")
    path = folder / exported.file
    digest = sha256_of(path)
    if digest != exported.sha256:
        raise ModelFileCorrupt(
            f"{path} has the SHA-256 {digest[:12]}…, not {exported.sha256[:12]}… as exported: "
            "delete it, and it is made again"
        )
    return path


def _how_to_export(weights_dir: Path) -> str:
    return (
        f"run `python -m recognition.export --weights {weights_dir}` where onnx is installed "
        "(pip install -r requirements-run.txt), and copy that folder here"
    )


def ensure_exported(
    model: str,
    weights_dir: Path,
    announce: Announce,
    precision: Precision = "float32",
    runtime: NetRuntime = "onnx",
) -> None:
    """Export what is missing, in a child process, so that its memory never stays in this one.

    Processes that start together export once: the others wait. Raises ExportMissing where onnx is
    not installed.
    """
    nets = nets_of(model, precision, runtime)
    if not missing_nets(nets, weights_dir):
        return
    with exporting_alone(weights_dir):
        missing = missing_nets(nets, weights_dir)
        if missing:
            options = ["--model", model, "--precision", precision, "--runtime", runtime]
            _export_in_child(missing, weights_dir, announce, options)


def can_export() -> bool:
    """Whether this machine can make nets: an app instance has what its image brought."""
    return find_spec("onnx") is not None


@contextmanager
def exporting_alone(weights_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel lets go of it when a process dies."""
    folder = folder_of(weights_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _export_in_child(
    missing: Sequence[str], weights_dir: Path, announce: Announce, options: Sequence[str]
) -> None:
    if not can_export():
        raise ExportMissing(
            f"the nets {', '.join(missing)} are not in {folder_of(weights_dir)}, and onnx is not "
            f"installed to make them: {_how_to_export(weights_dir)}"
        )
    announce(f"exporting {', '.join(missing)} to {folder_of(weights_dir)} (once, some seconds)")
    command = [sys.executable, "-m", "recognition.export", "--weights", str(weights_dir)]
    command += [*options, "--without-lock"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode != 0:
        last_line = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        reason = last_line.removeprefix("recognition.export: ")
        raise ExportMissing(f"the export of {', '.join(missing)} failed: {reason}")
