"""Writes nets as files, and notes in the manifest what they were made from."""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from recognition.export.engine.graph_plan import graph_plan
from recognition.export.nets import export_float, export_native
from recognition.export.onnx.onnx_embedders import dequantised, read_graph, write_embedder
from recognition.export.onnx.onnx_yunet import write_yunet
from recognition.native.net_file import write_net
from recognition.registry import exported
from recognition.weights.fetching import Announce
from recognition.weights.finding import find_files

Written = Callable[[str, Path, float], None]
"""Told a net's name, its file and the seconds that it took."""


def export_nets(
    nets: Sequence[str],
    weights_dir: Path,
    announce: Announce,
    written: Written,
    calibration: Path | None = None,
) -> None:
    """Export nets by name into a weights folder. Raises ModelError.

    A net in int8 is made from its export in float32, which must come before it.
    """
    folder = exported.folder_of(weights_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for net in nets:
        began = time.monotonic()
        path = _export_one(net, weights_dir, announce, calibration)
        written(net, path, time.monotonic() - began)


def _export_one(net: str, weights_dir: Path, announce: Announce, calibration: Path | None) -> Path:
    sources = find_files(exported.files_of(net), weights_dir, announce)
    weights_sha256 = exported.digest_of(net, sources)
    folder = exported.folder_of(weights_dir)
    path = folder / f"{net}-{weights_sha256[:12]}-v{exported.EXPORTER_VERSION}.{_kind_of_file(net)}"
    draft = path.with_suffix(".draft")
    if net.endswith(exported.INT8_SUFFIX):
        from recognition.export.onnx.quantise import quantise

        quantise(net.removesuffix(exported.INT8_SUFFIX), weights_dir, calibration, draft)
    else:
        _write(net, sources, draft)
    draft.replace(path)
    entry = exported.ExportedNet(
        file=path.name,
        sha256=exported.sha256_of(path),
        weights_sha256=weights_sha256,
        exporter=exported.EXPORTER_VERSION,
    )
    exported.write_manifest(folder, {**exported.read_manifest(folder), net: entry})
    return path


def _kind_of_file(net: str) -> str:
    if net == exported.DLIB_LANDMARKS:
        return "dat"
    return "net" if net.startswith(exported.NATIVE_PREFIX) else "onnx"


def _write(net: str, sources: Sequence[Path], draft: Path) -> None:
    model = exported.embedder_of(net)
    if net == exported.DLIB_LANDMARKS:
        shutil.copyfile(sources[0], draft)
        return
    if net == "yunet":
        write_yunet(sources[0], draft)
        return
    if model is not None and model.comes_as_graph:
        write_embedder(model, sources, draft)  # for the engine it is checked so
        if net.startswith(exported.NATIVE_PREFIX):
            write_net(draft, *graph_plan(dequantised(read_graph(sources)), model))
        return
    if net.startswith(exported.NATIVE_PREFIX):
        export_native(net.removeprefix(exported.NATIVE_PREFIX), sources[0], draft)
    else:
        export_float(net, sources[0], draft)
