"""`python -m benchmarks.recogniser`: ours beside facenet-pytorch, the original system's way, dlib
and OpenCV, on the same pictures and cores, taking turns in one run."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from PIL.Image import Image

from benchmarks.recogniser import material
from benchmarks.recogniser.contenders import KNOWN_PEOPLE, REID, contenders
from benchmarks.recogniser.reid import write_reid
from benchmarks.recogniser.report import Measured, SizeResult, as_json, table
from benchmarks.recogniser.running import (
    RunningContender,
    Turn,
    print_roofline,
    seed_way,
    usable_cores,
)
from recognition.console.terminal import announce, exit_status
from recognition.detection.mtcnn import Mtcnn
from recognition.detection.onnx_cascade import OnnxCascade
from recognition.errors import WeightsMissing
from recognition.registry.exported import ensure_exported
from recognition.registry.loading import load_recognizer
from recognition.registry.models import MODELS, model_named
from recognition.weights.finding import find_files


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; errors are one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="recognition-benchmark-") as folder:
        return exit_status("benchmarks.recogniser", lambda: _run(parsed, Path(folder)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recogniser", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (5)")
    parser.add_argument("--turn", type=int, default=12, help="pictures of one turn (12)")
    parser.add_argument("--min-face-size", type=int, default=20, help="in pixels (20)")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures, for the samples")
    parser.add_argument("--weights", type=Path, default=Path("var/weights"), metavar="FOLDER")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="contenders by how their names begin"
    )
    parser.add_argument(
        "--large", action="store_true", help="pictures of 12, 24 and 48 megapixels, ours alone"
    )
    parser.add_argument(
        "--reid", type=Path, metavar="XML", help="reid-0095 as OpenVINO has it, with its .bin"
    )
    parser.add_argument("--json", action="store_true", help="a JSON object as the last line")
    return parser


def _run(parsed: argparse.Namespace, folder: Path) -> None:
    cores = usable_cores()
    sources = material.source_pictures(parsed.pictures)
    model, weights_dir, weights = model_to_measure(sources, parsed.weights)
    _prepare(model, weights_dir)
    if parsed.only is None:
        print_roofline(model, weights_dir)
    only = ["ours"] if parsed.large and parsed.only is None else parsed.only
    chosen = [each for each in contenders(len(cores)) if _is_wanted(each.name, only)]
    reid = write_reid(parsed.reid, weights_dir, folder) if parsed.reid else None
    if reid is None:
        announce("reid-0095 is left out: --reid names its file")
        chosen = [each for each in chosen if not each.kind.startswith(REID)]
    with ExitStack() as stack:
        running = []
        for contender in chosen:
            announce(f"starting {contender.name}: {contender.about}")
            weights_of = reid if reid and contender.kind.startswith(REID) else weights_dir
            one = RunningContender(contender, model, weights_of, cores, parsed.min_face_size)
            running.append(stack.enter_context(one))
            one.wait_until_ready()
        results = [
            _measure(running, sources, size, folder, weights, cores, parsed)
            for size in (material.LARGE_SIZES if parsed.large else material.SIZES)
        ]
    print(f"\n{len(cores)} cores, model {model}, smallest face {parsed.min_face_size} pixels")  # noqa: T201
    for result in results:
        print(table(result))  # noqa: T201
    if parsed.json:
        print(json.dumps(as_json(results, model, len(cores))))  # noqa: T201


def _prepare(model: str, weights_dir: Path) -> None:
    """Export all nets first, so that no contender's start includes it."""
    for name, precision in (
        (model, "float32"),
        (model, "int8"),
        ("dlib", "float32"),
        ("sface", "float32"),
    ):
        load_recognizer(name, weights_dir, precision=precision, announce=announce)  # type: ignore[arg-type]


def _is_wanted(name: str, only: Sequence[str] | None) -> bool:
    return only is None or any(name.startswith(beginning) for beginning in only)


def model_to_measure(sources: list[Image], weights_dir: Path) -> tuple[str, Path, Path]:
    """The model to measure: vggface2 where its weights are, else random weights of its size."""
    try:
        (weights,) = find_files(model_named("vggface2").files, weights_dir, announce)
        return "vggface2", weights_dir, weights
    except WeightsMissing as error:
        announce(f"random weights stand in for vggface2's, which changes no speed ({error})")
    from benchmarks.recogniser.random_weights import MODEL, write_random_weights

    beside = weights_dir / "benchmark"
    ensure_exported("dlib", beside, announce)
    detector = Mtcnn(OnnxCascade.load(beside))
    crops = material.faces_to_calibrate(sources, detector, MODELS[MODEL].crop_pixels)
    weights = write_random_weights(beside, crops)
    return MODEL, beside, weights


def _measure(
    running: Sequence[RunningContender],
    sources: list[Image],
    size: tuple[int, int],
    folder: Path,
    weights: Path,
    cores: Sequence[int],
    parsed: argparse.Namespace,
) -> SizeResult:
    """One size of picture: all contenders take turns, a round of warming first."""
    label = f"{size[0]}x{size[1]}"
    pictures = folder / label
    files = material.write_pictures(sources, size, pictures)
    turns: dict[str, list[Turn]] = {one.contender.name: [] for one in running}
    for _ in _counted(parsed.rounds, f"{label}: round"):
        for one in running:
            one.take_turn(pictures, len(cores))  # its caches are cold after the others' turns
            turns[one.contender.name].append(one.take_turn(pictures, parsed.turn))
    seed = None
    if _is_wanted("seed", parsed.only) and not parsed.large:
        announce(f"{label}: the original system's way, one process a picture")
        gallery = folder / "data.pt"
        material.write_seed_gallery(gallery, KNOWN_PEOPLE, 512)
        seed = statistics.median(
            seed_way(files[start : start + len(cores)], weights, gallery, cores)
            for start in (0, len(cores), 2 * len(cores))
        )
    measured = [
        Measured(one.contender, tuple(turns[one.contender.name]), one.ready_seconds)
        for one in running
    ]
    return SizeResult(label=label, measured=tuple(measured), seed_images_per_second=seed)


def _counted(count: int, what: str) -> Iterator[int]:
    for number in range(count):
        announce(f"{what} {number + 1} of {count}")
        yield number


if __name__ == "__main__":
    sys.exit(main())
