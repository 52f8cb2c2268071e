"""face-reidentification-retail-0095 from a file that the user names, as a model of their own: once
with MTCNN, as the registry has it, and once with YuNet."""

from __future__ import annotations

from pathlib import Path

from recognition.errors import WeightsMissing
from recognition.export.writing import export_nets
from recognition.registry.exported import nets_of
from recognition.registry.models import DETECTORS
from recognition.registry.own_models import know_own_models

MODEL = """file = "reid.xml"
licence = "Apache-2.0"
commercial = true
dimension = 256
crop_pixels = 128
colours = "bgr"
engine = true
detector = "{detector}"
pair_threshold = 1.133
line = {{ a = 1.107, b = 0.0321, c = 0.0375 }}
"""


def write_reid(xml: Path, weights_dir: Path, folder: Path) -> Path:
    """A folder of weights with the models reid-mtcnn and reid-yunet, which are known then.

    Raises WeightsMissing.
    """
    if not xml.with_suffix(".bin").exists() or not xml.exists():
        raise WeightsMissing(f"{xml} and its .bin are not there: --reid names OpenVINO's .xml")
    beside = folder / "reid"
    beside.mkdir()
    (beside / "native").symlink_to((weights_dir / "native").absolute())
    for ending in (".xml", ".bin"):
        (beside / f"reid{ending}").symlink_to(xml.with_suffix(ending).absolute())
    for file in DETECTORS["yunet"].values():
        (beside / file.filename).symlink_to((weights_dir / file.filename).absolute())
    for detector in ("mtcnn", "yunet"):
        (beside / f"reid-{detector}.toml").write_text(MODEL.format(detector=detector))
    know_own_models(beside)
    for detector in ("mtcnn", "yunet"):
        nets = nets_of(f"reid-{detector}", runtime="native")
        export_nets(nets, beside, print, lambda *_: None)
    return beside
