"""What this system keeps on a machine (pictures, names, keys) is its own user's alone."""

import os
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o077
"""The umask under which files get the mode 0600 and folders 0700."""


def keep_private(var_dir: Path) -> None:
    """Make all files that this process and its children write private, and close `var_dir`.

    A folder that was made before, by a version that did not, is closed with all that is in it.
    """
    os.umask(OWNER_ONLY)
    with suppress(OSError):  # another user's folder, or none: its maker decides
        if var_dir.stat().st_mode & OWNER_ONLY:
            var_dir.chmod(0o700)
