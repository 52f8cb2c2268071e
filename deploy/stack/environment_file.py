"""The web tier's settings as a file, made from what the stack says."""

from __future__ import annotations

import os
from pathlib import Path

from foundation import aws
from foundation.config import Settings

MODE = 0o640
"""Settings, no secrets; but nobody else's business."""


def web_environment(parameter: str, settings: Settings) -> str:
    """The text of the environment file, from SSM. Lines without a value are left out."""
    ssm = aws.client("ssm", settings)
    text = str(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line.partition("=")[2])


def write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "w") as file:
        file.write(text)
    fresh.replace(path)
