"""Settings from SSM Parameter Store, laid over those that are there already.

`python -m deploy.instance.settings web FILE` writes them as an environment file, for units that
read one; secrets among them, so it belongs into /run.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from foundation import aws, logs
from foundation.config import get_settings

log = structlog.get_logger()

TEXT = "environment"
"""The parameter that holds several settings, a line each; every other one is a single setting."""

NAME = re.compile(r"[A-Z][A-Z0-9_]*")

PAUSE_SECONDS = 5.0


def fetched(ssm: Any, faceweb_id: str, tier: str) -> dict[str, str]:
    """The settings under `/<ID>/<tier>/`, decrypted. Raises botocore's errors."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"/{faceweb_id}/{tier}/", WithDecryption=True
    )
    found = {
        parameter["Name"].rpartition("/")[2]: str(parameter["Value"])
        for page in pages
        for parameter in page["Parameters"]
    }
    lines = (line.partition("=") for line in found.pop(TEXT, "").splitlines())
    settings = {name.strip(): value.strip() for name, equals, value in lines if equals}
    # A single one wins: it is what somebody changed by hand.
    return {
        name: value
        for name, value in {**settings, **found}.items()
        if value and NAME.fullmatch(name)
    }


def fetched_at_last(
    ssm: Any, faceweb_id: str, tier: str, sleep: Callable[[float], None] = time.sleep
) -> dict[str, str]:
    """The same, however long AWS takes to answer. The units that need the settings wait for it: a
    failure would be theirs, too, for good, and without a setting they would be another system."""
    while True:
        try:
            return fetched(ssm, faceweb_id, tier)
        except (BotoCoreError, ClientError) as error:
            log.warning("settings_not_read", path=f"/{faceweb_id}/{tier}/", error=str(error))
            sleep(PAUSE_SECONDS)


def as_file(settings: dict[str, str]) -> str:
    """As systemd reads it: quoted, no line within a value."""
    lines = []
    for name, value in sorted(settings.items()):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes settings from SSM to a file.")
    parser.add_argument("tier", choices=["web", "app"])
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    settings = get_settings()
    logs.configure(settings)
    ssm = aws.client("ssm", settings)
    text = as_file(fetched_at_last(ssm, settings.faceweb_id, arguments.tier))
    descriptor = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
