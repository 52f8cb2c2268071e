"""`python -m benchmarks.web.database`: how long a database works for the rows of one picture.

It writes jobs and replies as the web tier does, in a database that is dropped afterwards: SQLite in
a separate folder, or with DATABASE_URL a new one on that server of PostgreSQL. For SQLite it
prints this process's time, the statements' Python included; PostgreSQL tells its own.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from pathlib import Path

import django

from foundation import logs
from foundation.aws.storage import Bucket
from foundation.config import get_settings

ROUNDS, ANSWERS_AT_ONCE = 200, 10


def main() -> int:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory(prefix="database-benchmark-") as folder:
        os.environ |= {"VAR_DIR": folder, "LOG_LEVEL": "WARNING"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "faceweb.settings"
        django.setup()
        logs.configure(get_settings())
        kind, milliseconds = _measured(Path(folder))
    sys.stdout.write(f"{kind}: {milliseconds:.2f} ms a picture\n")
    return 0


def _measured(folder: Path) -> tuple[str, float]:
    from django.db import connection

    is_file = connection.vendor == "sqlite"
    connection.settings_dict["TEST"]["NAME"] = str(folder / "rows.sqlite3") if is_file else None
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        before, began = 0.0 if is_file else _active_milliseconds(), time.process_time()
        for _ in range(ROUNDS):
            _write_pictures()
        took = 1000 * (time.process_time() - began)
        took = took if is_file else _active_milliseconds() - before
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    return connection.vendor, took / ROUNDS / ANSWERS_AT_ONCE


def _active_milliseconds() -> float:
    """The time that PostgreSQL has worked for this database. Each process reports when its session
    ends."""
    from django.db import connection

    connection.close()
    time.sleep(1.0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT active_time FROM pg_stat_database WHERE datname = current_database()"
        )
        return float(cursor.fetchone()[0])


def _write_pictures() -> None:
    """Ten pictures come, each by itself, and their replies together."""
    from benchmarks.web.quick_aws import reply_to
    from faceweb.intake.submission import submit
    from faceweb.intake.uploads import Upload
    from faceweb.replies.responses import record_replies

    ids = [uuid.uuid4() for _ in range(ANSWERS_AT_ONCE)]
    for one in ids:
        upload = Upload(
            filename=f"{one}.jpg", content=one.bytes, content_type="image/jpeg", width=720,
            height=540,
        )  # fmt: skip
        submit(upload, one, _bucket(), lambda *_: None)
    record_replies([reply_to(one) for one in ids])


def _bucket() -> Bucket:
    class Nowhere(Bucket):
        """Takes every picture, and keeps none."""

        def put_new(self, *_: object) -> None:
            """Take the picture."""

    return Nowhere("nowhere", get_settings())


if __name__ == "__main__":
    sys.exit(main())
