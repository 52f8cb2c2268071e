"""`faces backup` and `faces restore`: what they do, in order."""

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import transaction

from faceweb.backup import archive, objects, tables
from faceweb.backup.archive import BackupRefused, Writer
from faceweb.models import ApiKey, Job, Subject, Video
from foundation.config import Settings

KEPT_FILE = "webhook_secret"
SPOOL_BYTES = 32 << 20

Report = Callable[[str, int], None]
"""Told a table and how many rows of it were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a backup holds."""

    rows: int
    objects: int


def back_up(settings: Settings, path: Path) -> Counts:
    """Write everything into a new file; the system may serve meanwhile.

    Rows come first: an object that comes later has no row, which nobody misses. Raises
    BackupRefused, LeaseTaken, botocore's errors, DatabaseError.
    """
    migrations = tables.applied_migrations()
    about = {
        "format": archive.FORMAT, "made": datetime.now(UTC).isoformat(), "migrations": migrations,
    }  # fmt: skip
    with archive.written(path) as writer:
        writer.add_json(archive.ABOUT, about)
        rows = write_tables(writer)
        stored = objects.write(settings, writer)
        secret = settings.var_dir / KEPT_FILE
        if settings.webhook_secret is None and secret.exists():
            data = secret.read_bytes()
            writer.add(KEPT_FILE, io.BytesIO(data), len(data))
    return Counts(rows=rows, objects=stored)


def write_tables(writer: Writer) -> int:
    """Write the rows of all tables, of one moment. Returns how many."""
    count = 0
    with tables.snapshot():
        for name, model in tables.tables().items():
            with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as lines:
                count += tables.write_rows(model, lines)
                size = lines.tell()
                lines.seek(0)
                writer.add(name, lines, size)
    return count


def restore(settings: Settings, path: Path, replace: bool) -> Counts:
    """Make the system what a backup holds. Nothing may serve meanwhile.

    The file is read whole before anything is changed. Database rows change all at once, then
    objects; running it again mends what was interrupted. Raises BackupRefused, botocore's
    errors, DatabaseError.
    """
    restoring = objects.Restoring(settings)
    about = archive.checked(path, restoring.check)
    loading = tables.Loading(about["migrations"])
    loading.prepare()
    if not replace and (held := _held(settings)):
        raise BackupRefused(
            f"This system is not empty: it has {held}. --replace gives them up for the backup's"
        )
    rows = read_tables(loading, path)
    with archive.opened(path) as entries:
        for entry in entries:
            if entry.folder == "objects":
                restoring.put(entry)
            elif entry.name == KEPT_FILE:
                _keep_secret(settings, entry.file.read(1024))
    restoring.remove_others()
    call_command("migrate", verbosity=0, interactive=False)
    return Counts(rows=rows, objects=restoring.count)


def read_tables(loading: tables.Loading, path: Path, report: Report | None = None) -> int:
    """Fill a database with a backup's rows, all or none. Returns how many."""
    rows = 0
    with transaction.atomic(), archive.opened(path) as entries:
        loading.clear()
        for entry in entries:
            if entry.folder == "tables":
                count = loading.read(entry)
                if report is not None:
                    report(entry.name.removeprefix("tables/"), count)
                rows += count
        loading.finish()
    return rows


def _held(settings: Settings) -> str:
    """What would be lost, in words."""
    counts = {
        "people": Subject.objects.count(),
        "pictures": Job.objects.count(),
        "videos": Video.objects.count(),
        "API keys": ApiKey.objects.count(),
        "buckets with objects": objects.used_buckets(settings),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _keep_secret(settings: Settings, secret: bytes) -> None:
    path = settings.var_dir / KEPT_FILE
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(secret)
