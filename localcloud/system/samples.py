"""The two sample people: public-domain pictures that come inside installed packages."""

from pathlib import Path

PEOPLE = {"eileen_collins.jpg": "Eileen Collins", "grace_hopper.jpg": "Grace Hopper"}
"""File name -> person. NASA's portrait of Eileen Collins is scikit-image's `astronaut`; the US
Navy's portrait of Grace Hopper is matplotlib's `grace_hopper.jpg`."""


def write_samples(folder: Path) -> dict[Path, str]:
    """Write the sample pictures into a folder, once. Returns file -> person."""
    folder.mkdir(parents=True, exist_ok=True)
    for filename in PEOPLE:
        path = folder / filename
        if not path.exists():
            _write(filename, path)
    return {folder / filename: person for filename, person in PEOPLE.items()}


def _write(filename: str, path: Path) -> None:
    if filename == "eileen_collins.jpg":
        from PIL import Image
        from skimage import data

        Image.fromarray(data.astronaut()).save(path, quality=92)
    else:
        from matplotlib import cbook

        source = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
        path.write_bytes(Path(str(source)).read_bytes())
