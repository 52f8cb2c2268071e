"""`python -m recognition`: name the faces of pictures on this machine, or convert a gallery."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from recognition.errors import RecognitionError
from recognition.gallery import FolderFiles, Gallery
from recognition.types import Recognition

RECOGNISE = "recognise"
IMPORT_GALLERY = "import-gallery"
COMMANDS = (RECOGNISE, IMPORT_GALLERY)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors are one line and exit status 1."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] not in (*COMMANDS, "-h", "--help"):
        words = [RECOGNISE, *words]
    parsed = _parser().parse_args(words)
    try:
        parsed.run(parsed)
    except (RecognitionError, OSError) as error:
        print(f"recognition: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recognition", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    recognise = commands.add_parser(RECOGNISE, help="name the faces in pictures (the default)")
    recognise.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE")
    recognise.add_argument("--gallery", type=Path, help="folder of a gallery")
    recognise.add_argument(
        "--model", help="vggface2, casia-webface or dlib; default: the gallery's"
    )
    recognise.add_argument("--weights", type=Path, default=Path("var/weights"))
    recognise.add_argument("--json", action="store_true", help="one JSON object a picture")
    recognise.set_defaults(run=_recognise)
    convert = commands.add_parser(
        IMPORT_GALLERY, help="convert a data.pt of embeddings and names into a gallery"
    )
    convert.add_argument("data", type=Path, metavar="data.pt")
    convert.add_argument("folder", type=Path, metavar="FOLDER")
    convert.set_defaults(run=_import_gallery)
    return parser


def _recognise(parsed: argparse.Namespace) -> None:
    from recognition.recognizer import load_recognizer
    from recognition.weights import choose_model

    gallery = Gallery.load(FolderFiles(parsed.gallery)) if parsed.gallery else None
    configured = parsed.model or (gallery.model if gallery else None)
    model = choose_model(configured, parsed.weights, _announce)
    recognizer = load_recognizer(model, parsed.weights, announce=_announce)
    for path in parsed.pictures:
        seen = recognizer.recognise(path.read_bytes(), gallery)
        print(_as_json(path, seen) if parsed.json else f"{path.name}:{seen.answer}")  # noqa: T201


def _as_json(path: Path, seen: Recognition) -> str:
    faces: list[dict[str, Any]] = [
        {
            "box": [face.detected.box.left, face.detected.box.top,
                    face.detected.box.right, face.detected.box.bottom],
            "probability": face.detected.probability,
            "identity": face.identity,
            "distance": face.distance,
            "similarity": face.similarity,
        }
        for face in seen.faces
    ]  # fmt: skip
    return json.dumps({"picture": str(path), "answer": seen.answer, "faces": faces})


def _import_gallery(parsed: argparse.Namespace) -> None:
    from recognition.seed_gallery import import_seed_gallery

    gallery = import_seed_gallery(parsed.data, FolderFiles(parsed.folder))
    print(f"{len(gallery.people)} people of the model {gallery.model} in {parsed.folder}")  # noqa: T201


def _announce(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
