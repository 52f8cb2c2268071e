"""Gets the models before anything needs them, and refuses a model that the gallery was not made by.

The first start downloads or exports for seconds to minutes; that is seen here, on the terminal,
and not in the log of an instance that a first picture waits for.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from recognition.errors import GalleryError
from workers.config import PROJECT_DIRECTORY, Settings
from workers.gallery_model import gallery_model


class StartRefused(Exception):
    """The system can't be started here; the text is one line that says why."""


def prepare_models(settings: Settings, environment: Mapping[str, str]) -> None:
    """Have the model's files on this machine. Raises StartRefused."""
    try:
        of_gallery = gallery_model(settings)
    except GalleryError as error:
        raise StartRefused(f"The gallery can't be used: {error}") from None
    model = model_wanted(settings.recognition_model, of_gallery)
    if settings.recognition_runtime == "torch":
        return  # which downloads for itself
    command = [
        sys.executable, "-m", "recognition.export", "--weights", str(settings.weights_directory),
        "--precision", settings.recognition_precision, *(["--model", model] if model else []),
    ]  # fmt: skip
    ended = subprocess.run(command, cwd=PROJECT_DIRECTORY, env=environment, check=False)  # noqa: S603
    if ended.returncode:
        raise StartRefused("The models can't be prepared, as said above.")


def model_wanted(configured: str | None, of_gallery: str | None) -> str | None:
    """The model that workers will load, or None where they choose. Raises StartRefused."""
    if configured and of_gallery and configured != of_gallery:
        raise StartRefused(
            f"The gallery was made by {of_gallery}, but RECOGNITION_MODEL is {configured}: "
            f"unset it, or enrol everybody again with {configured}"
        )
    return configured or of_gallery
