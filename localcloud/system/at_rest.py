"""A local system's storage while the system does not run: for backups, and for restoring one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from foundation.aws.provisioning import provision
from foundation.config import Settings, get_settings
from localcloud.emulator.emulator_process import KEPT_FOLDER, emulator_with_process
from localcloud.system.local_system import lock_state


@contextmanager
def storage_at_rest(settings: Settings) -> Iterator[Settings]:
    """Settings that reach what is kept under VAR_DIR. No system can start there meanwhile.

    Raises StartRefused where one runs, ChildGivenUp.
    """
    log, kept = settings.var_dir / "log", settings.var_dir / KEPT_FOLDER
    with lock_state(settings), emulator_with_process(settings, log, kept):
        provision(get_settings())
        yield get_settings()
