"""`python -m deploy.image.verify`: whether this machine recognises a face, as a report.

Runs with the image's own packages alone: what is missing there is found here, and not by the
first picture that somebody sends.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from recognition.registry.loading import load_recognizer

if TYPE_CHECKING:
    from deploy.image.builder import BuilderReport

LEAST_PROBABILITY = 0.9
IMPORTANT = ("celery", "kombu", "boto3", "numpy", "onnxruntime", "django")


def verdict(faces: int, probability: float) -> str:
    """An empty text where all is well, else what is wrong."""
    if faces != 1:
        return f"{faces} faces were found in the sample picture, which has one"
    if probability < LEAST_PROBABILITY:
        return f"the sample's face was found with a probability of only {probability:.3f}"
    return ""


def report(picture: bytes, weights: Path, model: str, version: str) -> BuilderReport:
    """What was seen in the picture, how long it took, and what is installed."""
    began = time.perf_counter()
    recognizer = load_recognizer(model, weights)
    loaded = time.perf_counter()
    seen = recognizer.recognise(picture, None)
    probability = max((face.detected.probability for face in seen.faces), default=0.0)
    wrong = verdict(len(seen.faces), probability)
    return {
        "version": version,
        "ok": not wrong,
        "error": wrong or None,
        "model": seen.model,
        "faces": len(seen.faces),
        "probability": round(probability, 6),
        "ready_seconds": round(loaded - began, 3),
        "picture_seconds": round(time.perf_counter() - loaded, 3),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in IMPORTANT},
        "torch_loaded": "torch" in sys.modules,
    }


def main() -> None:
    """Recognise the picture, and write the report. Ends with status 1 for a bad one."""
    parser = argparse.ArgumentParser(description="Recognises a sample picture and reports.")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--version", default="unknown")
    parser.add_argument("--report", type=Path, required=True)
    chosen = parser.parse_args()
    found = report(chosen.picture.read_bytes(), chosen.weights, chosen.model, chosen.version)
    chosen.report.write_text(json.dumps(found, indent=1))
    sys.stdout.write(json.dumps(found) + "\n")
    raise SystemExit(0 if found["ok"] else f"error: {found['error']}")


if __name__ == "__main__":
    main()
