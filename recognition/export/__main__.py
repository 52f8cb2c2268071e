"""`python -m recognition.export`: write a model's nets as files that workers run.
Done by the first start of a worker, or when a machine image is baked."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from recognition.console.terminal import announce, exit_status
from recognition.errors import EngineUnavailable, RuntimeUnavailable
from recognition.native.compiling import make_library
from recognition.native.widths import widths_of_machine
from recognition.registry import exported
from recognition.registry.model_choice import choose_model
from recognition.registry.own_models import know_own_models


def main(arguments: list[str] | None = None) -> int:
    """Export; errors are one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    if_stopped = "stopped; what is written is whole"
    return exit_status("recognition.export", lambda: _run(parsed), if_stopped)


def _run(parsed: argparse.Namespace) -> None:
    know_own_models(parsed.weights)
    with nullcontext() if parsed.without_lock else exported.exporting_alone(parsed.weights):
        _export(parsed)
    if parsed.runtime != "onnx" and not parsed.without_lock:
        _make_engine(parsed.weights)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognition.export", description=__doc__)
    parser.add_argument(
        "--model", metavar="NAME", help="default: sface, or the best that can be had"
    )
    parser.add_argument(
        "--precision",
        choices=("float32", "int8"),
        default="float32",
        help="int8 adds the embedder in 8-bit integers, calibrated on pictures of faces",
    )
    parser.add_argument(
        "--runtime",
        choices=("native", "onnx"),
        help="whose files: the recogniser's own engine's, or ONNX Runtime's; default: both",
    )
    parser.add_argument(
        "--calibration",
        type=Path,
        metavar="FOLDER",
        help="pictures of faces to calibrate int8 on; default: two sample portraits, varied",
    )
    parser.add_argument("--weights", type=Path, default=Path("var/weights"), metavar="FOLDER")
    parser.add_argument("--force", action="store_true", help="also what is there already")
    # For the child of a process that holds the lock.
    parser.add_argument("--without-lock", action="store_true", help=argparse.SUPPRESS)
    return parser


def _export(parsed: argparse.Namespace) -> None:
    model = choose_model(parsed.model, parsed.weights, announce)
    print(f"model {model}", flush=True)  # noqa: T201
    wanted = _wanted(model, parsed.precision, parsed.runtime)
    nets = wanted if parsed.force else exported.missing_nets(wanted, parsed.weights)
    if nets:
        _write(nets, parsed)
    else:
        print(f"all nets of {model} are in {parsed.weights / 'onnx'}")  # noqa: T201


def _write(nets: list[str], parsed: argparse.Namespace) -> None:
    try:
        from recognition.export.writing import export_nets
    except ImportError as error:
        raise RuntimeUnavailable(
            f"{error.name} is not installed, which an export needs: "
            "pip install -r requirements-run.txt"
        ) from None
    export_nets(nets, parsed.weights, announce, _written, parsed.calibration)


def _make_engine(weights_dir: Path) -> None:
    """For a machine image. Its instances may have no compiler, no folder to write to, and other
    processors than the machine that makes it."""
    try:
        for width in widths_of_machine():
            print(f"the engine is {make_library(width, weights_dir, announce)}")  # noqa: T201
    except EngineUnavailable as error:
        announce(f"without an engine the nets run on ONNX Runtime, because {error}")


def _wanted(
    model: str, precision: exported.Precision, runtime: exported.NetRuntime | None
) -> list[str]:
    """In order: a net in int8 is made from the one in float32, on ONNX Runtime."""
    runtimes: set[exported.NetRuntime] = {runtime} if runtime else {"native", "onnx"}
    if precision == "int8":
        runtimes.add("onnx")
    nets = [net for each in sorted(runtimes) for net in exported.nets_of(model, runtime=each)]
    if precision == "int8":
        nets.append(exported.nets_of(model, "int8")[-1])
    return list(dict.fromkeys(nets))


def _written(net: str, path: Path, seconds: float) -> None:
    print(f"{net:24} {path.stat().st_size / 2**20:6.1f} MiB {seconds:5.1f} s  {path}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
