"""Prepares the model to measure: `python -m benchmarks.system.model WEIGHTS_FOLDER`.

InceptionResnetV1, as in the original system: VGGFace2's weights where they are, else random ones,
which take the same time. In a separate process, because that may need torch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY


class NoModel(Exception):
    """No model can be had here; the reason was printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredModel:
    """A model's name, the folder that workers find it in, and the weights it came from."""

    name: str
    weights_dir: str
    weights: str


def model_at_hand(weights_dir: Path) -> MeasuredModel:
    """The model, made if need be by a separate process. Raises NoModel."""
    command = [sys.executable, "-m", __name__, str(weights_dir)]
    done = subprocess.run(  # noqa: S603 - our own module
        command, cwd=PROJECT_DIRECTORY, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise NoModel("The model to measure can't be had, as said above.")
    return MeasuredModel(**json.loads(done.stdout.splitlines()[-1]))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _find(weights_dir: Path) -> MeasuredModel:
    from benchmarks.recogniser.__main__ import model_to_measure
    from benchmarks.recogniser.material import sample_portraits
    from recognition.registry.loading import load_recognizer

    name, folder, weights = model_to_measure(sample_portraits(), weights_dir)
    load_recognizer(name, folder, announce=_say)
    return MeasuredModel(name=name, weights_dir=str(folder), weights=str(weights))


if __name__ == "__main__":
    from recognition.errors import RecognitionError

    try:
        print(json.dumps(asdict(_find(Path(sys.argv[1])))))  # noqa: T201
    except (RecognitionError, OSError) as problem:
        _say(str(problem))
        raise SystemExit(1) from None
