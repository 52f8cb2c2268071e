"""`python -m benchmarks.accuracy PEOPLE --strangers FOLDER`: every model at hand, and
what others do with the same embeddings, on the same pictures in one run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.accuracy.contenders import Source, contenders, sources
from benchmarks.accuracy.measuring import Accuracy, measure
from benchmarks.accuracy.plot import write_plot
from benchmarks.accuracy.report import table
from recognition.console.terminal import announce, exit_status
from recognition.errors import RecognitionError
from recognition.evaluation.galleries import STRANGER
from recognition.evaluation.reading import EmbeddedFaces, pictures_of, read_pictures
from recognition.registry.loading import load_recognizer
from recognition.registry.own_models import know_own_models

LEAST_PEOPLE, LEAST_PICTURES, LEAST_STRANGERS = 10, 2, 20


class TooFewPictures(RecognitionError):
    """There are too few pictures to try galleries with."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; errors are one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    return exit_status("benchmarks.accuracy", lambda: _run(parsed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy")
    parser.description = __doc__
    parser.add_argument("people", type=Path, metavar="PEOPLE", help="a sub-folder a person")
    parser.add_argument(
        "--strangers", type=Path, required=True, metavar="FOLDER", help="pictures of others"
    )
    parser.add_argument(
        "--models", nargs="+", default=[], metavar="NAME", help="default: all that are at hand"
    )
    parser.add_argument("--weights", type=Path, default=Path("var/weights"), metavar="FOLDER")
    parser.add_argument(
        "--also", type=Path, nargs="+", default=[], metavar="FOLDER",
        help="further folders of weights, whose models stand beside",
    )  # fmt: skip
    parser.add_argument("--plot", type=Path, metavar="PNG", help="write the curves")
    return parser


def _run(parsed: argparse.Namespace) -> None:
    for folder in (parsed.weights, *parsed.also):
        know_own_models(folder)
    pictures = pictures_of(parsed.people, parsed.strangers, announce)
    rows: list[Accuracy] = []
    for source in sources(parsed.weights, parsed.also, parsed.models):
        announce(f"{source.label}: {len(pictures)} pictures")
        recognizer = load_recognizer(source.model, source.weights_dir, announce=announce)
        embedded = read_pictures(pictures, recognizer, "none", announce)
        rows += measured(source, embedded)
    people = len({one.person for one in pictures} - {STRANGER})
    strangers = sum(one.person == STRANGER for one in pictures)
    title = f"{people} people and {strangers} strangers of {parsed.people.parent.name}"
    print(f"{title}\n{table(rows)}")  # noqa: T201
    if parsed.plot:
        write_plot(parsed.plot, rows, title)
        announce(f"plot: {parsed.plot}")


def measured(source: Source, embedded: EmbeddedFaces) -> list[Accuracy]:
    """The rows of all contenders that use a model. Raises TooFewPictures."""
    check_enough(embedded)
    return [measure(source, contender, embedded) for contender in contenders(source)]


def check_enough(embedded: EmbeddedFaces) -> None:
    """Raises TooFewPictures with what is missing."""
    known = embedded.people.names
    able = [name for name in set(known) if known.count(name) >= LEAST_PICTURES]
    strangers = embedded.names.count(STRANGER)
    if len(able) < LEAST_PEOPLE or strangers < LEAST_STRANGERS or len(able) < len(set(known)):
        raise TooFewPictures(
            f"the benchmark needs {LEAST_PEOPLE} people, each with {LEAST_PICTURES} pictures or "
            f"more, and {LEAST_STRANGERS} strangers; faces were found of {len(able)} such people "
            f"(of {len(set(known))}) and of {strangers} strangers"
        )


if __name__ == "__main__":
    sys.exit(main())
