"""A user's own embedders: a TOML file in the weights folder says what the registry says of others.

The file's name is the model's: `weights/team.toml` makes the model `team`. Beside it lies the net,
an ONNX file, or OpenVINO's .xml with its .bin. The net takes one face at a time.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recognition.errors import WrongModelFile
from recognition.open_set import ThresholdLine
from recognition.registry.models import MODELS, DetectorName, Model, add_models
from recognition.registry.weights_file import WeightsFile

NAME = re.compile(r"(?!native-|mtcnn-|yunet$)[a-z0-9][a-z0-9-]{0,39}(?<!-int8)")
ENDINGS = (".onnx", ".xml")

Distance = Annotated[float, Field(gt=0, lt=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Line(_Strict):
    a: Distance
    b: Annotated[float, Field(ge=0, lt=10)]
    c: Annotated[float, Field(ge=0, lt=10)]
    per_example: Annotated[float, Field(ge=0, le=1)] = 1.0


class _ModelFile(_Strict):
    """What a TOML file may say; the words are those of `recognition.registry.models.Model`."""

    file: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    licence: str
    commercial: bool
    cut: Literal["arcface", "box"] = "arcface"
    detector: DetectorName = "mtcnn"
    engine: bool = False
    crop_pixels: Annotated[int, Field(ge=32, le=1024)] = 112
    dimension: Annotated[int, Field(ge=16, le=4096)]
    colours: Literal["rgb", "bgr"] = "rgb"
    pixel_mean: float = 0.0
    pixel_scale: float = 1.0
    length: Annotated[float, Field(ge=0, lt=1000)] = 1.0
    rule: Literal["nearest", "mean"] = "nearest"
    pair_threshold: Distance
    line: _Line


def know_own_models(weights_dir: Path) -> None:
    """Make the models of a weights folder known to this process. Raises WrongModelFile."""
    paths = sorted(weights_dir.glob("*.toml"))
    add_models((path.stem, read_own_model(path)) for path in paths)


def read_own_model(path: Path) -> Model:
    """The model that a TOML file describes. Raises WrongModelFile."""
    if not NAME.fullmatch(path.stem):
        raise WrongModelFile(
            f"{path}: the file's name is the model's, of up to 40 small letters, digits and "
            "hyphens, and is not yunet, nor begins with native- or mtcnn-, nor ends with -int8"
        )
    if path.stem in MODELS:
        raise WrongModelFile(f"{path}: there is a model {path.stem} already; rename the file")
    try:
        found = _ModelFile.model_validate(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise WrongModelFile(f"{path} can't be read: {error}") from None
    except ValidationError as error:
        raise WrongModelFile(f"{path}: {'; '.join(_problems(error))}") from None
    return Model(
        net=path.stem,
        line=ThresholdLine(**found.line.model_dump()),
        files=_files(path, found),
        **found.model_dump(exclude={"file", "sha256", "line"}),
    )


def _files(path: Path, found: _ModelFile) -> tuple[WeightsFile, ...]:
    if Path(found.file).name != found.file or not found.file.endswith(ENDINGS):
        raise WrongModelFile(
            f"{path}: file must name a file beside it that ends with {' or '.join(ENDINGS)}"
        )
    files = [WeightsFile(filename=found.file, sha256=found.sha256)]
    if found.file.endswith(".xml"):
        files.append(WeightsFile(filename=f"{Path(found.file).stem}.bin"))
    return tuple(files)


def _problems(error: ValidationError) -> list[str]:
    """Each wrong entry by its name: what it is, and what it should be."""
    return [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg'].lower()}"
        for problem in error.errors()
    ]
