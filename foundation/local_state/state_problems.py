"""What goes wrong with the folder of the state (VAR_DIR), in a sentence for people."""

import errno
import shutil
from pathlib import Path

LEAST_FREE_BYTES = 8 << 20
"""With less, what fails does so for want of room."""

REFUSALS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}


def full_disk(var_dir: Path) -> str | None:
    """A sentence where the state's disk has no room left."""
    existing = next(each for each in (var_dir, *var_dir.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free >= LEAST_FREE_BYTES:
        return None
    return (
        f"The disk is full: {free >> 10} KiB are free for {var_dir}. "
        "Make room, or set VAR_DIR to a folder on another disk."
    )


def state_problem(error: BaseException, var_dir: Path) -> str | None:
    """A sentence where an error comes of the state's folder; None where it has another cause."""
    if isinstance(error, OSError) and error.errno in REFUSALS and _is_within(error, var_dir):
        return f"{var_dir} can't be written to ({error.strerror}): set VAR_DIR to another folder."
    return full_disk(var_dir)


def _is_within(error: OSError, var_dir: Path) -> bool:
    return isinstance(error.filename, str) and Path(error.filename).is_relative_to(var_dir)
