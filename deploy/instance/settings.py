"""Settings from SSM Parameter Store, laid over those that are there already.

`python -m deploy.instance.settings FILE` writes the web tier's as an environment file, for units
that read one; secrets among them, so it belongs into /run.
"""

import argparse
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import structlog

from deploy.instance.attach import until_done
from deploy.instance.metadata import Metadata, MetadataUnseen
from foundation import aws, logs
from foundation.aws.typed import SSMClient
from foundation.config import get_settings

log = structlog.get_logger()

TEXT = "environment"
"""The parameter that holds several settings, a line each; every other one is a single setting."""

NAME = re.compile(r"[A-Z][A-Z0-9_]*")

HOSTS = "ALLOWED_HOSTS"

PAUSE_SECONDS = 5.0
METADATA_ATTEMPTS = 12


def fetched(ssm: SSMClient, faceweb_id: str, tier: str) -> dict[str, str]:
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


def with_own_names(settings: dict[str, str], own_names: Iterable[str]) -> dict[str, str]:
    """The settings with ALLOWED_HOSTS: the configured names, this instance's, and this machine."""
    configured = (name.strip() for name in settings.get(HOSTS, "").split(","))
    names = dict.fromkeys([*configured, *own_names, "localhost", "127.0.0.1"])
    return {**settings, HOSTS: ",".join(name for name in names if name)}


def with_database(settings: dict[str, str]) -> dict[str, str]:
    """The settings with DATABASE_URL, where the stack has a database and somebody set no other.

    While a system is moving to it, it is only what `manage.py movedatabase` moves to.
    """
    password, host = settings.get("DATABASE_PASSWORD"), settings.get("DATABASE_HOST")
    if not password or not host:
        return settings
    url = f"postgres://faceweb:{quote(password, safe='')}@{host}:5432/faceweb?sslmode=require"
    name = "DATABASE_URL" if settings.get("DATABASE_IN_USE") else "MOVE_TO_DATABASE_URL"
    return {name: url, **settings}


def own_names_at_last(
    metadata: Metadata, sleep: Callable[[float], None] = time.sleep
) -> Iterable[str]:
    """The name of this instance. Nothing, where no metadata service says it for a minute."""
    for _ in range(METADATA_ATTEMPTS):
        try:
            return metadata.own_names()
        except MetadataUnseen as error:
            log.warning("own_names_not_read", error=str(error))
            sleep(PAUSE_SECONDS)
    return ()


def as_file(settings: dict[str, str]) -> str:
    """As systemd reads it: quoted, no line within a value."""
    lines = []
    for name, value in sorted(settings.items()):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        lines.append(f'{name}="{quoted}"\n')
    return "".join(lines)


def main() -> None:
    """Write the web tier's settings to the file that is named."""
    parser = argparse.ArgumentParser(description="Writes the web tier's settings to a file.")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    settings = get_settings()
    logs.configure(settings)
    ssm = aws.client("ssm", settings)
    # Units that need the settings wait for them, however long AWS takes. A failure would be theirs
    # for good, and without a setting they would be another system.
    found = with_database(until_done(lambda: fetched(ssm, settings.faceweb_id, "web")))
    found = with_own_names(found, own_names_at_last(Metadata()))
    text = as_file(found)
    descriptor = os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main()
