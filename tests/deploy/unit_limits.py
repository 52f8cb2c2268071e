"""A program under the limits of its systemd unit, where no systemd is: a namespace and strace.

The root is read-only but for named folders, /proc is as the unit says, and every system call that
the unit's filter refuses fails with EPERM, as it would there. Another user, and capabilities, are
not tried.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from foundation.config import PROJECT_DIRECTORY

UNITS = PROJECT_DIRECTORY / "deploy" / "systemd"
TOOLS = ("systemd-analyze", "strace", "unshare", "mount", "setpriv")

SETTLE = """
mount --make-rprivate / || exit 97
{proc}
{writable}
mount -o remount,bind,ro / || exit 97
exec setpriv --no-new-privs strace -D -f -qq --seccomp-bpf -e signal=none -o {log} \
  -e trace={calls} -e inject={calls}:error=EPERM "$@"
"""


def why_not() -> str:
    """Why programs can't be limited here; empty when they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not here"
    tried = subprocess.run(
        ["unshare", "--mount", "strace", "-qq", "-e", "trace=none", "true"], capture_output=True
    )
    return "" if tried.returncode == 0 else "no namespaces, or no tracing, here"


def call_sets() -> dict[str, set[str]]:
    """systemd's sets of system calls, by name; a set may hold others."""
    said = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    sets: dict[str, set[str]] = {}
    for line in said.stdout.splitlines():
        word = line.strip()
        if line.startswith("@"):
            sets[word] = members = set()
        elif word and not word.startswith("#"):
            members.add(word)
    return sets


def members(name: str, sets: dict[str, set[str]]) -> set[str]:
    """The calls of a set, those of the sets in it included; a call's own name is itself."""
    if not name.startswith("@"):
        return {name}
    return {call for inner in sets[name] for call in members(inner, sets)}


def refused(unit: str, sets: dict[str, set[str]]) -> set[str]:
    """What a unit's SystemCallFilter lines refuse, of all calls that systemd knows."""
    allowed = members("@default", sets)
    for line in re.findall("^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        takes_away = line.startswith("~")
        for name in line.removeprefix("~").split():
            calls = members(name, sets)
            allowed = allowed - calls if takes_away else allowed | calls
    return members("@known", sets) - allowed


def limited(unit: Path, writable: list[Path], log: Path) -> list[str]:
    """What stands before a command, so that it runs as the unit would have it. Signals reach it."""
    common = unit.parent / "faceweb-.service.d" / "common.conf"
    text = unit.read_text() + common.read_text()
    options = "subset=pid," if re.search("^ProcSubset=pid", text, re.MULTILINE) else ""
    script = SETTLE.format(
        proc=f"mount -t proc -o {options}hidepid=invisible proc /proc || exit 97",
        writable="\n".join(f"mount --bind {one} {one} || exit 97" for one in writable),
        log=log,
        # strace refuses names that its own table has not.
        calls=",".join(f"?{call}" for call in sorted(refused(text, call_sets()))),
    )
    return ["unshare", "--mount", "sh", "-c", script, "sh"]
