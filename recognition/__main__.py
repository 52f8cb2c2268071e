"""`python -m recognition`: name faces, enrol people, or measure a model, all on this machine."""

import argparse
import sys
from pathlib import Path

from recognition.console import commands, model_list
from recognition.console.terminal import exit_status
from recognition.detection.detector import MIN_FACE_SIZE
from recognition.enrolment import command as enrolment
from recognition.evaluation import command as evaluation
from recognition.registry.models import model_named
from recognition.registry.own_models import know_own_models

RECOGNISE = "recognise"
COMMANDS = (RECOGNISE, "enrol", "evaluate", "calibrate", "models", "import-gallery")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors are one line and exit status 1."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] not in (*COMMANDS, "-h", "--help"):
        words = [RECOGNISE, *words]
    parsed = _parser().parse_args(words)
    return exit_status("recognition", lambda: _run(parsed))


def _run(parsed: argparse.Namespace) -> bool:
    """Raises UnknownModel for a --model that is none, WrongModelFile, and what commands raise."""
    if weights := getattr(parsed, "weights", None):
        know_own_models(weights)
    if named := getattr(parsed, "model", None):
        model_named(named)
    return bool(parsed.run(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recognition",
        description=__doc__,
        epilog="`python -m recognition PICTURE ...` is short for `recognise PICTURE ...`; "
        "`python -m recognition COMMAND --help` tells a command's options.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    recognise = subparsers.add_parser(RECOGNISE, help="name the faces in pictures (the default)")
    recognise.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    recognise.add_argument("--gallery", type=Path, metavar="FOLDER", help="who is known")
    recognise.add_argument("--json", action="store_true", help="one JSON object a picture")
    recognise.add_argument(
        "--draw",
        type=Path,
        metavar="PNG",
        help="write the picture with boxes and names; a folder, for several pictures",
    )
    _add_model_options(recognise)
    recognise.set_defaults(run=commands.recognise)

    enrol = subparsers.add_parser("enrol", help="add people to a gallery in a folder")
    enrol.add_argument("folder", type=Path, metavar="FOLDER", help="a sub-folder a person")
    enrol.add_argument("--gallery", type=Path, required=True, metavar="FOLDER")
    enrol.add_argument(
        "--faces", choices=("any", "one"), default="any",
        help="one: leave out pictures that show several faces; any: learn the largest (any)",
    )  # fmt: skip
    _add_model_options(enrol, quality="auto")
    enrol.set_defaults(run=enrolment.enrol)

    evaluate = subparsers.add_parser(
        "evaluate", help="measure a model on one's own pictures, and choose the threshold"
    )
    evaluate.add_argument("folder", type=Path, metavar="FOLDER", help="a sub-folder a person")
    evaluate.add_argument("--strangers", type=Path, metavar="FOLDER", help="pictures of others")
    evaluate.add_argument("--plot", type=Path, metavar="PNG", help="write ROC and DET curves")
    evaluate.add_argument("--json", action="store_true", help="one JSON object")
    _add_model_options(evaluate)
    evaluate.set_defaults(run=evaluation.evaluate)

    calibrate = subparsers.add_parser(
        "calibrate", help="fit a model's thresholds to one's own pictures"
    )
    calibrate.add_argument("folder", type=Path, metavar="PEOPLE", help="a sub-folder a person")
    calibrate.add_argument(
        "--strangers", type=Path, required=True, metavar="FOLDER", help="pictures of others"
    )
    calibrate.add_argument("--json", action="store_true", help="one JSON object")
    calibrate.add_argument(
        "--kept", type=percent, default=95.0, metavar="PERCENT",
        help="share of galleries that keep the share of strangers asked for (95)",
    )  # fmt: skip
    _add_model_options(calibrate)
    calibrate.set_defaults(run=evaluation.calibrate)

    listed = subparsers.add_parser("models", help="list the models, or fetch one's weights")
    listed.add_argument("--fetch", metavar="NAME", help="get this model's weights now")
    listed.add_argument("--json", action="store_true", help="one JSON array")
    _add_weights(listed)
    listed.set_defaults(run=model_list.models)

    convert = subparsers.add_parser(
        "import-gallery", help="convert a data.pt of embeddings and names into a gallery"
    )
    convert.add_argument("data", type=Path, metavar="data.pt")
    convert.add_argument("folder", type=Path, metavar="FOLDER")
    convert.set_defaults(run=commands.import_gallery)
    return parser


def percent(text: str) -> float:
    """A share in percent: over 0, and up to 100."""
    value = float(text)
    if not 0.0 < value <= 100.0:
        raise ValueError
    return value


def _add_model_options(parser: argparse.ArgumentParser, quality: str = "none") -> None:
    options = parser.add_argument_group("model")
    options.add_argument(
        "--model", metavar="NAME",
        help="one that `models` lists; default: the gallery's, or the best that is at hand",
    )  # fmt: skip
    options.add_argument(
        "--runtime", choices=("auto", "native", "onnx"), default="auto",
        help="what runs the nets; auto: kernels of our own where they can run, else ONNX Runtime",
    )  # fmt: skip
    options.add_argument("--precision", choices=("float32", "int8"), default="float32")
    options.add_argument(
        "--strangers-named", type=percent, default=1.0, metavar="PERCENT",
        help="share of strangers who may get a name (1)",
    )  # fmt: skip
    options.add_argument(
        "--threshold", type=float,
        help="distance above which a face is unknown, in place of what --strangers-named asks for",
    )  # fmt: skip
    options.add_argument(
        "--quality",
        choices=("none", "auto", "strict"),
        default=quality,
        help=f"leave out faces that are small, blurred or turned away ({quality})",
    )
    options.add_argument(
        "--min-face-size", type=int, default=MIN_FACE_SIZE, metavar="PIXELS",
        help=f"the smallest face that is looked for ({MIN_FACE_SIZE})",
    )  # fmt: skip
    _add_weights(options)


def _add_weights(options: argparse._ActionsContainer) -> None:
    options.add_argument(
        "--weights", type=Path, default=Path("var/weights"), metavar="FOLDER",
        help="where weights and exported nets are kept (var/weights)",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
