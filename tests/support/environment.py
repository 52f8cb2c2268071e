"""What must be in the environment before Django's settings are read: loaded as a pytest plugin.

State goes to a folder of this run's own, and neither a system that runs on this machine nor
somebody's AWS account is within reach. With TEST_DATABASE=postgresql the database is a PostgreSQL
server of this run's own. Where pytest-xdist runs the tests in several processes, each has a folder
and a separate database, and all of them that one server.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.postgresql import PostgresqlServer, find_binaries
from tests.support.prepared_weights import FOLDER_VARIABLE

is_worker = "PYTEST_XDIST_WORKER" in os.environ
_server_url = os.environ.pop("TEST_DATABASE_URL", None)
# What pytest has rewritten of 600 files is kept: to do so again takes 13 s in each process.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
var_dir = tempfile.mkdtemp(prefix="faces-test-")
for name in ("DATABASE_URL", "FACEWEB_ID", "PORT", "AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS"):
    os.environ.pop(name, None)
os.environ |= {
    "VAR_DIR": var_dir,
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # the discard port: nobody answers
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "OMP_NUM_THREADS": "1",
}

if not is_worker:
    os.environ[FOLDER_VARIABLE] = str(Path(var_dir) / "prepared-weights")
_postgresql: PostgresqlServer | None = None
if is_worker and _server_url:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"] = _server_url
elif os.environ.get("TEST_DATABASE") == "postgresql":
    if find_binaries() is None:
        pytest.exit("PostgreSQL is not installed: the database tests ran on SQLite only.", 0)
    _postgresql = PostgresqlServer()
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"] = _postgresql.start()


def pytest_configure() -> None:
    """Make the folder again, where one process runs the tests several times, as mutmut's does."""
    Path(var_dir).mkdir(parents=True, exist_ok=True)


def pytest_report_header() -> str:
    return f"database: {'PostgreSQL' if _postgresql else 'SQLite'}, state in {var_dir}"


def pytest_unconfigure() -> None:
    if _postgresql:
        _postgresql.stop()
    forget()


def forget() -> None:
    """Delete this run's state."""
    shutil.rmtree(var_dir, ignore_errors=True)
