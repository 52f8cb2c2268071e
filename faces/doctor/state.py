"""What is kept on this machine: folder, disk, model files, engine, database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from faces.doctor.finding import Finding, fine, problem, warning

if TYPE_CHECKING:
    from foundation.config import Settings

LITTLE_BYTES = 1 << 30


def folder(var_dir: Path) -> Finding:
    """Whether the state can be written, by us alone."""
    existing = next(each for each in (var_dir, *var_dir.parents) if each.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return problem("state", f"{var_dir} can't be written to", "set VAR_DIR to another folder")
    if existing == var_dir and var_dir.stat().st_mode & 0o077:
        return warning("state", f"others may read {var_dir}", f"chmod go-rwx {var_dir}")
    return fine("state", str(var_dir))


def disk(var_dir: Path, free: int | None = None) -> Finding:
    """Whether there is room."""
    existing = next(each for each in (var_dir, *var_dir.parents) if each.exists())
    free = shutil.disk_usage(existing).free if free is None else free
    text = f"{free / 1e9:.1f} GB free for {var_dir}"
    if free >= LITTLE_BYTES:
        return fine("disk", text)
    from foundation.local_state.state_problems import LEAST_FREE_BYTES

    found = problem if free < LEAST_FREE_BYTES else warning
    return found("disk", text, "make room, or set VAR_DIR to a folder on another disk")


def model(settings: Settings, of_gallery: str | None) -> Finding:
    """Whether the nets of the model that workers load are here and sound."""
    from recognition.registry.model_choice import DEFAULT, OTHERS, is_at_hand

    wanted = of_gallery or settings.recognition_model
    at_hand = [
        name for name in ([wanted] if wanted else (DEFAULT, *OTHERS))
        if is_at_hand(name, settings.weights_directory)
    ]  # fmt: skip
    if at_hand:
        return fine("model", f"{at_hand[0]} is here")
    name = wanted or DEFAULT
    return warning(
        "model", f"{name} is not in {settings.weights_directory}",
        f"the next start fetches it, or now: faces models --fetch {name}",
    )  # fmt: skip


def engine(settings: Settings) -> Finding:
    """What runs the nets."""
    from recognition.errors import EngineUnavailable
    from recognition.native import building, compiling
    from recognition.native.widths import widths_here

    try:
        width = widths_here()[0]
    except EngineUnavailable as error:
        return fine("engine", f"ONNX Runtime ({error})")
    if not compiling.library_in(settings.weights_directory, width).exists():
        if any(map(shutil.which, building.COMPILERS)):
            return fine("engine", "is compiled by the first start of a model that needs it")
        return warning("engine", "ONNX Runtime", "it is faster compiled: install gcc or clang")
    try:
        compiling.load_engine(settings.weights_directory, lambda _line: None)
    except EngineUnavailable as error:
        return warning("engine", "ONNX Runtime", str(error))
    return fine("engine", f"compiled, for {width.name}")


def database(settings: Settings) -> Iterator[Finding]:
    """Whether the database answers, and has today's tables."""
    from django.core.checks import ERROR, run_checks
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    for found in run_checks():
        if found.level >= ERROR:
            yield problem("settings", found.msg, found.hint or "see `faces config`")
    if not settings.database_url and not Path(connection.settings_dict["NAME"]).exists():
        yield fine("database", "is made by the first start")
        return
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        text = str(error).strip().splitlines()[0]
        yield problem("database", text, "is it running, and is DATABASE_URL right?")
        return
    if missing:
        advice = "the next `make run` does it; elsewhere: manage.py migrate"
        yield problem("database", f"{len(missing)} migrations are not applied", advice)
    else:
        yield fine("database", connection.vendor)
