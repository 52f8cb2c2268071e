"""Where models' weights come from: files that are here, or fetched ones that are checked."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from recognition.errors import WeightsCorrupt
from recognition.registry.weights_file import FromPackage, WeightsFile
from recognition.weights.fetching import Announce, fetch, wrong_hash


def find_files(
    files: Sequence[WeightsFile], weights_dir: Path, announce: Announce
) -> tuple[Path, ...]:
    """Files of weights, fetched on first need.

    Raises WeightsMissing when one is neither here nor to be had, WeightsCorrupt when its SHA-256
    is not the published one.
    """
    return tuple(_find(file, weights_dir, announce) for file in files)


def _find(file: WeightsFile, weights_dir: Path, announce: Announce) -> Path:
    path = cached_file(file, weights_dir)
    if path is None:
        return fetch(file, weights_dir, announce)
    _check_hash(path, file)
    return path


def cached_files(files: Sequence[WeightsFile], weights_dir: Path) -> tuple[Path, ...] | None:
    """Files of weights where all are on this machine; hashes are not looked at."""
    paths = [cached_file(file, weights_dir) for file in files]
    found = tuple(path for path in paths if path is not None)
    return found if found and len(found) == len(paths) else None


def cached_file(file: WeightsFile, weights_dir: Path) -> Path | None:
    """A file where it is on this machine: in the weights folder, torch's cache or a package."""
    places = [weights_dir / file.filename]
    places.append(Path.home() / ".cache/torch/hub/checkpoints" / file.filename)
    for source in file.sources:
        if isinstance(source, FromPackage) and (folder := package_folder(source.package)):
            places.append(folder / source.member)
    return next((place for place in places if place.exists()), None)


def package_folder(package: str) -> Path | None:
    """An installed package's folder. It is not imported: some can't be, and need not be."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _check_hash(path: Path, file: WeightsFile) -> None:
    if wrong := wrong_hash(path, file.sha256):
        raise WeightsCorrupt(f"{path} {wrong}: delete it")
