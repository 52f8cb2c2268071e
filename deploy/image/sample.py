"""`python -m deploy.image.sample FILE`: a picture with one face, from an installed package."""

import sys
from pathlib import Path

from PIL import Image
from skimage.data import astronaut


def main(path: Path) -> None:
    """Write Eileen Collins's portrait (NASA, public domain)."""
    Image.fromarray(astronaut()).save(path, "JPEG", quality=92)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
