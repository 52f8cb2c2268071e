"""Gets the models before anything needs them, and refuses a model that the gallery was not made by.

The first start downloads or exports for seconds to minutes; that is done here, as a step of the
start, and not in an instance that a first picture waits for. Its output is in a log.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY, Settings
from recognition.errors import EngineUnavailable, GalleryError, ModelError
from recognition.native.compiling import library_in
from recognition.native.widths import widths_here, widths_of_machine
from recognition.registry.exported import NetRuntime, missing_nets, nets_of
from recognition.registry.model_choice import DEFAULT
from recognition.registry.models import model_named
from workers.gallery_model import gallery_model


class StartRefused(Exception):
    """The system can't be started here; the text is one line that says why."""


def prepare_models(
    settings: Settings, environment: Mapping[str, str], log_file: Path
) -> str | None:
    """Have the model's files on this machine. Returns what a person should know of the choice.

    Raises StartRefused.
    """
    try:
        of_gallery = gallery_model(settings)
    except GalleryError as error:
        raise StartRefused(f"The gallery can't be used: {error}") from None
    model = model_wanted(settings.recognition_model, of_gallery)
    if model and _is_here(model, settings):
        return None
    command = [
        sys.executable, "-m", "recognition.export", "--weights", str(settings.weights_directory),
        "--precision", settings.recognition_precision, *(["--model", model] if model else []),
    ]  # fmt: skip
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w") as log:
        ended = subprocess.run(  # noqa: S603
            command, cwd=PROJECT_DIRECTORY, env=environment, stdout=log, stderr=log, check=False
        )
    printed = log_file.read_text().splitlines()
    if ended.returncode:
        raise StartRefused(refusal_of(printed, settings, log_file))
    return " ".join(meanings_of(printed, settings, model)) or None


def _is_here(model: str, settings: Settings) -> bool:
    """Whether nets and engine were made by an earlier start."""
    folder, precision = settings.weights_directory, settings.recognition_precision
    runtimes: tuple[NetRuntime, ...] = ("native", "onnx")
    try:
        nets = [net for runtime in runtimes for net in nets_of(model, precision, runtime)]
        made = all(library_in(folder, width).exists() for width in widths_of_machine())
        return made and not missing_nets(nets, folder)
    except (ModelError, EngineUnavailable):  # said by the export, which knows a user's own models
        return False


def refusal_of(printed: Sequence[str], settings: Settings, log_file: Path) -> str:
    """Why there is no model, in a sentence. `said`: the export's own lines."""
    reason = printed[-1].removeprefix("recognition.export: ") if printed else "it gave no reason"
    if "can't be fetched" not in reason:
        return f"The model can't be prepared: {reason}"
    file = reason.split()[0]
    return (
        f"The model's file {file} can't be fetched: is there a network, or a proxy (HTTPS_PROXY) "
        f"to name? Or put the file into {settings.weights_directory}. The log: {log_file}"
    )


def meanings_of(printed: Sequence[str], settings: Settings, model: str | None) -> Iterator[str]:
    """What a person should know of the export. `said`: its own lines."""
    chosen = next((line.split()[-1] for line in printed if line.startswith("model ")), DEFAULT)
    if not model and chosen != DEFAULT:
        file = settings.weights_directory / model_named(DEFAULT).files[0].filename
        yield (
            f"The best free model, {DEFAULT}, can't be fetched from here, so names come from "
            f"{chosen}. To use it, put the file at {file} and start with an empty gallery."
        )
    if any("no C compiler" in line for line in printed) and _engine_would_run():
        yield (
            "No C compiler is installed, so the nets run on ONNX Runtime, at two thirds of the "
            "speed. To use the engine, install gcc and start again."
        )


def _engine_would_run() -> bool:
    try:
        return bool(widths_here())
    except EngineUnavailable:
        return False


def model_wanted(configured: str | None, of_gallery: str | None) -> str | None:
    """The model that workers will load, or None where they choose. Raises StartRefused."""
    if configured and of_gallery and configured != of_gallery:
        raise StartRefused(
            f"The gallery was made by {of_gallery}, but RECOGNITION_MODEL is {configured}: "
            f"unset it, or enrol everybody again with {configured}"
        )
    return configured or of_gallery
