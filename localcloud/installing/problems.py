"""What a failed installation means, in a sentence."""

import shutil
from pathlib import Path

LEAST_FREE_MB = 500
"""With less, installing would fail after minutes."""

PROBLEMS = (
    (("No space left on device", "Errno 28"), "the disk is full: about 1 GB is needed here"),
    (("Permission denied", "Errno 13", "Read-only file system"), "this folder can't be written to"),
    (
        ("NewConnectionError", "ConnectTimeoutError", "Failed to establish a new connection",
         "Temporary failure in name resolution", "ProxyError", "ReadTimeoutError"),
        "the package index can't be reached: look for a network, or name a proxy (HTTPS_PROXY)",
    ),
    (("ensurepip", "No module named venv"),
     "this Python has no venv: on Debian and Ubuntu, apt install python3-venv"),
    (("Could not find a version", "No matching distribution"),
     "a package has no version for this Python on the package index"),
    (("DO NOT MATCH THE HASHES",), "a download was damaged: run it again"),
)  # fmt: skip


def too_little_room(folder: Path) -> str | None:
    """A sentence where a new environment does not fit on the folder's disk."""
    free = _free_mb(folder)
    if free >= LEAST_FREE_MB:
        return None
    return f"the disk has {free} MB left for {folder.absolute()}: about 1 GB is needed here"


def in_words(log: str, log_file: Path) -> str:
    """The first cause that the log names; else its last line. A full disk takes no log."""
    if _free_mb(log_file) < 1:
        log += "No space left on device"
    for signs, meaning in PROBLEMS:
        if any(sign in log for sign in signs):
            return f"{meaning}. The log: {log_file}"
    lines = [line for line in log.splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'no reason was given'}. The log: {log_file}"


def _free_mb(path: Path) -> int:
    existing = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    return shutil.disk_usage(existing).free // 1_000_000
